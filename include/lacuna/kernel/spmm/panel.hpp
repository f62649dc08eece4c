// SPDX-License-Identifier: MIT
//
// A X with A a panel matrix: strips of rows in step, a slice of X in L1, sums of a block in L2.
//
// Bound, for a pair of rows and 8 registers: a shared step is 16 fma, 8 loads of X, 2 of values, 1 of a column: 11
// loads at two a cycle hide behind 8 cycles of fma. An own step is 16 fma and 16 + 2 + 2 loads: 10 cycles, 80 % of the
// peak. With c columns of the tile in a row, each pair reads and writes 16 registers of sums in L2 for 16 c fma.
// Strips of four rows: own steps of 16 fma and 21 loads in four registers each, 76 %; of 8 and 13 in two, 61 %. Of
// eight rows: own steps of 16 fma and 23 loads in two registers each, 70 %.
//
// Reached with AVX-512 by 2048x512, pruned layers, of the peak in the same rounds (docs/panel_choice.md has others):
// 71 % at 50 % sparsity, 63 at 70, 58 at 80, 50 at 90, 40 at 95 with 128 columns; 68, 61, 55, 46, 36 with 512.
// AVX2, pairs of rows in four registers each, of 8 for sums: a shared step is 8 fma and 7 loads, two own ones are 16
// and 18, 89 % of the peak. Zen 3, all in L1 and calm: shared steps 99 %, own steps 70 where each loads its values.
// Reached there by 23 pruned layers, 128 columns, in the mean of the fastest rounds of one run: 74, 64, 58, 40, 40 % at
// 50, 70, 80, 90, 95 %; a quarter less in the medians, for in some minutes a core starts 1.5 of these loads a cycle.
//
// Bound with 512 columns, 2048x512, where Y, 4 MB, leaves L2: the same loops reach 75, 62, 56, 46 % (50, 80, 90, 95 %
// sparsity) where X is packed beforehand and Y's stores go to one row, the best of 30 choices of strips, tiles,
// registers and blocks. Writing those 4 MB alone, in pieces of 128 to 512 bytes, takes 210 us (20 GB/s), 155 us in one
// go, 175 past the caches; half of it overlaps with the sums (690 us of sums at 95 % take 790 with Y). Packing X, 1 MB
// from L3 because Y pushed it there, takes 50 to 80 us more. Thin and short layers wait for X alone: 128x1152 at 95 %
// reads 2.3 MB from L3, 70 us of 200.
// Bound of the sums at 90 and 95 %: loads of X that miss L1 come from L2 at 50 bytes a cycle. With all columns folded
// into 32, and so X in L1, tiles of 256 columns in four registers reach 67 and 59 % instead of 51 and 45; tiles of 128
// are held by their visits to the sums, 61 and 49 instead of 57 and 45. Exits of loops cost little: rows that all have
// the same count reach 2 to 4 % of the peak more. docs/dead_ends.md says what was tried.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/panel.hpp>
#include <lacuna/kernel/finish_row.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/tile.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct spmm<panel_layout, Arch> {
  static constexpr std::string_view name = "panel/strips";
  static constexpr int registers = 8;
  static constexpr bool finishes_rows = true;
  static constexpr bool spreads = true;
  static constexpr bool serves_vectors = true;  // a lookup of each row in each tile costs visit_row far more
  /// Sums that registers hold beside the operands: 16 of 32, 8 of 16.
  static constexpr int sums_held = simd::register_count<Arch> >= 32 ? 16 : 8;
  /// A multiplication for each column is free where its port has no multiply-add to start: with registers of 512 bits,
  /// and on Arm. On AVX2 it costs 3 to 5 % of the time, so that X that is packed has loops of its own.
  static constexpr bool any_pitch = simd::register_count<Arch> >= 32;
  static constexpr bool takes_pitch = any_pitch || simd::avx2<Arch>;
  /// Whether values are loaded by four and spread: where loads are two a cycle, all of them together, and a port that
  /// permutes has no multiply-add to start.
  template <class S>
  static constexpr bool spreads_weights = simd::avx2<Arch> && simd::register_count<Arch> < 32 && sizeof(S) == 4;

  template <class View, class S>
  static constexpr bool accepts = widenable<Arch, typename View::value_type, S>;

  /// As many registers as the strip leaves, and as keep the slice of X, tile x width, within 64 KB, or 256 where each
  /// row of X is read by few pairs: 512x512 at 98 %, 128 tokens, reaches 38 % of the peak instead of 28.
  template <class View>
  [[nodiscard]] static int widest(View const& a) noexcept {
    constexpr index line = sizeof(typename simd::batch<accumulator_t<typename View::value_type>, Arch>);
    auto const rows = a.strip_height() < 2 ? index{2} : a.strip_height();
    auto const tile = a.tile() < a.cols() ? a.tile() : a.cols();
    index const most = rows == 2 && a.stored() <= 48 * a.cols() ? 262144 : 65536;
    int n = registers;
    while (n > 1 && (n * rows > sums_held || n * line * tile > most)) n /= 2;
    return n;
  }
  template <class View>
  [[nodiscard]] static index block(View const& a) noexcept {
    return a.block();
  }
  /// Rows of X that are read together: it may be packed so many at a time.
  template <class View>
  [[nodiscard]] static index tile(View const& a) noexcept {
    return a.tile() < a.cols() ? a.tile() : a.cols();
  }

  /// How often a row of X is read, or -1 where it must not stand apart from the next. Only strips of two rows have
  /// loops for that on AVX2: others are for few tokens, where a copy is small.
  template <class View>
  [[nodiscard]] static index reads(View const& a) noexcept {
    auto const cols = a.cols() < 1 ? 1 : a.cols();
    if (any_pitch) return a.stored() / cols;
    return takes_pitch && a.strip_height() == 2 ? (a.stored() + cols - 1) / cols : -1;
  }

  /// As row_tile's, for one block that starts at `first`, N at most `widest`. Sums of tiles before the last are kept in
  /// `sums`, where one more row than the block has is written to; final ones go to `done`. The columns of a must not be
  /// 0: there is no last tile then.
  template <int N, class T, class S, class Done>
    requires(!takes_pitch)
  static void run(panel_view<T> a, S const* x, S* sums, index first, index, Done done) noexcept {
    run_at<N>(a, x, std::integral_constant<index, width_of<N, S>>{}, sums, first, done);
  }
  template <int N, class T, class S, class Done>
    requires takes_pitch
  static void run(panel_view<T> a, S const* x, index pitch, S* sums, index first, index, Done done) noexcept {
    LACUNA_ASSERT((pitch == width_of<N, S> || reads(a) >= 0));
    if constexpr (any_pitch)
      run_at<N>(a, x, pitch, sums, first, done);
    else if (pitch == width_of<N, S>)
      run_at<N>(a, x, std::integral_constant<index, width_of<N, S>>{}, sums, first, done);
    else
      run_block<2, N>(a, x, pitch, sums, first / a.block(), done);
  }

 private:
  template <int N, class S>
  static constexpr index width_of = index{N} * static_cast<index>(simd::batch<S, Arch>::size);

  /// Pitch: an index, or one that is known when this is compiled.
  template <int N, class T, class S, class Pitch, class Done>
  LACUNA_INLINE static void run_at(panel_view<T> a, S const* x, Pitch pitch, S* sums, index first, Done done) noexcept {
    LACUNA_ASSERT(a.cols() != 0 && N <= widest(a));
    switch (a.strip_height()) {
      case 1:
        return run_block<1, N>(a, x, pitch, sums, first / a.block(), done);
      case 2:
        return run_block<2, N>(a, x, pitch, sums, first / a.block(), done);
      case 4:
        return run_block<4, N>(a, x, pitch, sums, first / a.block(), done);
      default:
        return run_block<8, N>(a, x, pitch, sums, first / a.block(), done);
    }
  }

  /// What is left of a block: strips, slots, columns and weights that have not been multiplied yet.
  template <class T, class S>
  struct cursor {
    panel_strip const* strip;
    panel_slot const* slot;
    std::uint16_t const* column;
    weight_reader<Arch, T, S> weights;
  };
  template <int H, int N, class T, class S, class Pitch, class Done>
  static void run_block(panel_view<T> a, S const* x, Pitch pitch, S* sums, index b, Done done) noexcept {
    if constexpr (H == 1 || H * N <= sums_held) {
      constexpr index width = width_of<N, S>;
      auto const& grid = a.grid();
      auto const strips = grid.strips(b), height = grid.height(b), first = grid.first_strip(b, 0);
      auto const* const strip = a.strips().data() + first;
      typename weight_reader<Arch, T, S>::memory widened_weights;
      cursor<T, S> at{strip, a.slots().data() + first * H, a.columns().data() + strip->column,
                      weight_reader<Arch, T, S>(a.values().data() + strip->value, a.values().data() + a.values().size(),
                                                widened_weights)};
      row_places<S> const kept{sums, width};
      // Past `done`, which saves a pass through L1: 4 % of the time at 95 % sparsity, 9 % at 98.
      auto const place = places_of<S>(done, height);
      if constexpr (requires { done.some(); }) done.spread(grid.tiles() * strips);
      for (index t = 0; t != grid.tiles(); ++t) {
        auto const* slice = x + t * grid.tile * pitch;
        if constexpr (requires { done.packing(); })
          if (auto const* const tiles = done.packing(); tiles != nullptr) [[unlikely]]
            slice = tiles->rows(t * grid.tile, t * grid.tile + grid.width(t));
        bool const final = t == grid.tiles() - 1;
        bool const hands_over = final && place.data == nullptr;
        auto const together = hands_over || waits(done) ? index{1} : strips;
        for (index s = 0; s != strips; s += together) {
          auto const* const slot = at.slot;
          add_strips<H, N>(at, together, slice, pitch, t == 0, kept, final && !hands_over ? place : kept, height);
          if (hands_over)
            for (int h = 0; h != H; ++h)
              if (slot[h].row != panel_layout::no_row) done(sums + slot[h].row * width, slot[h].row);
          if constexpr (requires { done.some(); })
            if (together == 1) done.some();
        }
      }
    }
  }

  /// So many strips in one tile: adds to the rows of `from`, or to zeros if `fresh`, and writes those of `to`. A place
  /// without a row has row `spare` of `from`. Not inlined: among what a block needs, gcc 12 finds no register for the
  /// place in X and the ends of the loops, nor for columns that were just loaded.
  template <int H, int N, class T, class S, class Pitch>
  LACUNA_NOINLINE static void add_strips(cursor<T, S>& at, index strips, S const* x, Pitch pitch, bool fresh,
                                         row_places<S> from, row_places<S> to, index spare) noexcept {
    using batch = simd::batch<S, Arch>;
    constexpr index lanes = static_cast<index>(batch::size);
    auto weights = at.weights;
    auto const* column = at.column;
    auto const* slot = at.slot;
    auto const* const end = at.strip + strips;
    for (auto const* strip = at.strip; strip != end; ++strip, slot += H) {
      batch sum[std::size_t{H}][std::size_t{N}];
      simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
        auto const* const line = line_of(slot[h], from, from, spare);
        simd::unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA {
          sum[h][r] = fresh ? batch(S{0}) : batch::load_unaligned(line + r * lanes);
        });
      });
      if constexpr (H > 1)
        for (int e = strip->shared; e != 0; --e, column += H / 2)
          add_shared<H, N>(sum, x, pitch, column, weights.template take<H>());
      int own = strip->own;
      if constexpr (H == 2 && spreads_weights<S>)
        for (; own > 1; own -= 2, column += 4) add_own_twice<N>(sum, x, pitch, column, weights.template take<4>());
      for (; own != 0; --own, column += H) add_own<H, N>(sum, x, pitch, column, weights.template take<H>());
      simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
        for (int e = slot[h].rest; e != 0; --e)
          add<N>(sum[h], x + index{*column++} * pitch, batch(*weights.template take<1>()));
      });
      simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
        auto* const line = line_of(slot[h], to, from, spare);
        simd::unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA { sum[h][r].store_unaligned(line + r * lanes); });
      });
    }
    at = {end, slot, column, weights};
  }

  template <class S>
  [[nodiscard]] LACUNA_INLINE static S* line_of(panel_slot slot, row_places<S> rows, row_places<S> none,
                                                index spare) noexcept {
    return slot.row == panel_layout::no_row ? none.data + spare * none.pitch : rows.data + slot.row * rows.pitch;
  }

  /// Whether `done` wants to be told about each strip.
  template <class Done>
  [[nodiscard]] LACUNA_INLINE static bool waits([[maybe_unused]] Done const& done) noexcept {
    if constexpr (requires { done.waits(); })
      return done.waits();
    else
      return requires { done.some(); };
  }

  /// A column for each pair of rows.
  template <int H, int N, class Batch, class S, class Pitch>
  LACUNA_INLINE static void add_shared(Batch (&sum)[std::size_t{H}][std::size_t{N}], S const* x, Pitch pitch,
                                       std::uint16_t const* column, S const* value) noexcept {
    constexpr index lanes = static_cast<index>(Batch::size);
    columns_of<H / 2> const at(column);
    simd::unroll<H / 2>([&](auto p) LACUNA_INLINE_LAMBDA {
      auto const* const from = x + at[p] * pitch;
      Batch const w0(value[2 * p]);
      Batch const w1(value[2 * p + 1]);
      simd::unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA {
        auto v = Batch::load_unaligned(from + r * lanes);
        simd::pin(v);
        sum[2 * p][r] = simd::fma(w0, v, sum[2 * p][r]);
        sum[2 * p + 1][r] = simd::fma(w1, v, sum[2 * p + 1][r]);
      });
    });
  }

  /// A column for each row. With AVX2 four rows take their values from one load. With AVX-512, of eight rows of two
  /// registers four take their values from one load, spread by the port that permutes: 21 loads instead of 24 for 16
  /// multiply-adds, 5 to 8 % of the time. Four rows of two or four registers gain nothing by it, eight of one lose 7 %.
  template <int H, int N, class Batch, class S, class Pitch>
  LACUNA_INLINE static void add_own(Batch (&sum)[std::size_t{H}][std::size_t{N}], S const* x, Pitch pitch,
                                    std::uint16_t const* column, S const* value) noexcept {
    constexpr int spread = spreads_weights<S> ? H / 4 * 4 : H == 8 && N == 2 && simd::avx512<Arch> ? 4 : 0;
    columns_of<H> const at(column);
    simd::unroll<spread / 4>([&](auto q) LACUNA_INLINE_LAMBDA {
      auto const four = four_of(value + 4 * q);
      simd::unroll<4>([&](auto h) LACUNA_INLINE_LAMBDA {
        add<N>(sum[4 * q + h], x + at[4 * q + h] * pitch, simd::spread<Arch, S, decltype(h)::value>::run(four));
      });
    });
    simd::unroll<H - spread>([&](auto k) LACUNA_INLINE_LAMBDA {
      constexpr int h = decltype(k)::value + spread;
      add<N>(sum[h], x + at[h] * pitch, Batch(value[h]));
    });
  }

  /// Two steps of two rows, by one load of columns and one of values.
  template <int N, class Batch, class S, class Pitch>
  LACUNA_INLINE static void add_own_twice(Batch (&sum)[2][std::size_t{N}], S const* x, Pitch pitch,
                                          std::uint16_t const* column, S const* value) noexcept {
    columns_of<4> const at(column);
    auto const four = four_of(value);
    simd::unroll<4>([&](auto k) LACUNA_INLINE_LAMBDA {
      add<N>(sum[k % 2], x + at[k] * pitch, simd::spread<Arch, S, decltype(k)::value>::run(four));
    });
  }

  /// Four values in a register, over and over.
  template <class S>
  [[nodiscard]] LACUNA_INLINE static simd::batch<S, Arch> four_of(S const* value) noexcept {
    auto four = simd::repeat<Arch, S, 4>::load(value);
    simd::pin(four);
    return four;
  }

  /// A column of one row, times its weight in all lanes.
  template <int N, class Batch, class S>
  LACUNA_INLINE static void add(Batch (&sum)[std::size_t{N}], S const* x, Batch w) noexcept {
    simd::unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA {
      sum[r] = simd::fma(w, Batch::load_unaligned(x + r * static_cast<index>(Batch::size)), sum[r]);
    });
  }

  /// N columns, two bytes each, by one load for each four: the load ports are what own steps wait for.
  template <int N>
  struct columns_of {
    std::uint64_t word[std::size_t{(N + 3) / 4}] = {};

    LACUNA_INLINE explicit columns_of(std::uint16_t const* column) noexcept {
      std::memcpy(word, column, 2 * static_cast<std::size_t>(N));
    }
    [[nodiscard]] LACUNA_INLINE index operator[](int n) const noexcept {
      auto const place = std::endian::native == std::endian::little ? n % 4 : 3 - n % 4;
      return static_cast<index>(word[n / 4] >> (16 * place) & 0xFFFFu);
    }
  };
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
