// SPDX-License-Identifier: MIT
//
// A X with A a panel matrix: strips of rows in step, a slice of X in L1, sums of a block in L2.
//
// Bound: the steps (kernel/panel_steps.hpp), and sums: with c columns of the tile in a row, each pair of rows in 8
// registers reads and writes 16 of them in L2 for 16 c fma.
//
// Reached with AVX-512 by 2048x512, pruned layers, of the peak in the same rounds (docs/panel_choice.md has others):
// 71 % at 50 % sparsity, 63 at 70, 58 at 80, 50 at 90, 40 at 95 with 128 columns; 68, 61, 55, 46, 36 with 512.
// By 23 pruned layers on Zen 3, AVX2, 128 columns, in the mean of the fastest rounds of one run: 74, 64, 58, 40, 40 %
// at 50, 70, 80, 90, 95 %; a quarter less in the medians, for in some minutes a core starts 1.5 of these loads a cycle.
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
#include <lacuna/kernel/panel_steps.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/tile.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
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

  /// What values of T are read in.
  template <class T, class S>
  using value_t = typename panel_steps<Arch, 1, 1, S>::template value_t<T>;

  /// What is left of a block: strips, slots, columns and weights that have not been multiplied yet.
  template <class T, class S>
  struct cursor {
    panel_strip const* strip;
    panel_slot const* slot;
    std::uint16_t const* column;
    weight_reader<Arch, T, value_t<T, S>> weights;
  };
  template <int H, int N, class T, class S, class Pitch, class Done>
  static void run_block(panel_view<T> a, S const* x, Pitch pitch, S* sums, index b, Done done) noexcept {
    if constexpr (H == 1 || H * N <= sums_held) {
      constexpr index width = width_of<N, S>;
      auto const& grid = a.grid();
      auto const strips = grid.strips(b), height = grid.height(b), first = grid.first_strip(b, 0);
      auto const* const strip = a.strips().data() + first;
      using reader = weight_reader<Arch, T, value_t<T, S>>;
      typename reader::memory widened_weights;
      cursor<T, S> at{strip, a.slots().data() + first * H, a.columns().data() + strip->column,
                      reader(a.values().data() + strip->value, a.values().data() + a.values().size(), widened_weights)};
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
    using steps = panel_steps<Arch, H, N, S>;
    using batch = typename steps::batch;
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
          steps::add_shared(sum, x, pitch, column, weights.template take<H>());
      int own = strip->own;
      if constexpr (steps::two_at_once)
        for (; own > 1; own -= 2, column += 4) steps::add_own_twice(sum, x, pitch, column, weights.template take<4>());
      for (; own != 0; --own, column += H) steps::add_own(sum, x, pitch, column, weights.template take<H>());
      simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
        for (int e = slot[h].rest; e != 0; --e)
          steps::add(sum[h], x + index{*column++} * pitch,
                     simd::broadcast<Arch, S, value_t<T, S>>::one(weights.template take<1>()));
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
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
