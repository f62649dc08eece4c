// SPDX-License-Identifier: MIT
//
// A X with A a bitmap as it is: a word of 64 columns of a row is a visit to its sums, and says where its slots are.
//
// X is cut into tiles of columns whose slice stays in L1, and a block of rows is taken tile by tile, as csr does it.
// Bound, per slot and 8 registers: 8 fma, 8 loads of X, one of the value: nine loads at two a cycle, 89 % of the fma
// peak. Where the next slot is takes two operations on a word in a register, which foresee the exit of the loop: it is
// known as early as the word, so that a surprise there is over before the multiply-adds that wait are. The sums, in L2,
// are read and written once a tile. Reached on Zen 5 with 2048x512 and 128 columns, AVX-512: 65, 60, 51, 37 and 29 % at
// .5, .65, .8, .9 and .95 sparsity (row_tile: 24, 26, 33, 34, 27); AVX2, of its peak, 68, 66, 51, 36, 28 (34, 35, 40,
// 32, 22).
//
// Narrower tiles than four registers, and thin matrices, have their columns written out and are multiplied as csr: see
// multiply_decoded. With two registers a slot has two multiply-adds, and exits and sums would cost more than products.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/kernel/bit_columns.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct spmm<bitmap_layout, Arch> {
  static constexpr std::string_view name = "bitmap/words";
  static constexpr int registers = 8;
  static constexpr int narrowest = 4;
  static constexpr bool finishes_rows = true;
  static constexpr bool spreads = true;

  template <class View, class S>
  static constexpr bool accepts = widenable<Arch, typename View::value_type, S>;

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }
  static constexpr index row_step = 16;
  template <class View>
  [[nodiscard]] static constexpr index block(View const& a) noexcept {
    return a.rows() < 1024 ? most_rows / 2 : most_rows;
  }

  /// See multiply_decoded: tiles of eight and of four registers. Not of thin matrices, unless they are so small that
  /// their exits are remembered from one product to the next; with AVX-512, four registers from a density of 0.15 on:
  /// 2048x512 at 90 % sparsity, 64 columns, 28 % of the peak here, 33 as csr (with AVX2 32 columns, 23 and 19).
  template <class View>
  [[nodiscard]] static index own_columns(View const& a, index n) noexcept {
    using S = accumulator_t<typename View::value_type>;
    constexpr auto lanes = static_cast<index>(simd::batch<S, Arch>::size);
    if (thin(a) && a.stored() >= 16384) return 0;
    // Whole rows as csr: Zen 3, DLMC at 90 / 95 / 98 %, 1.1 times as fast with 128 columns, 1.25 with 512, 0.9 with 64.
    if (simd::reads_in_order<Arch> && !simd::avx512<Arch> && n >= 128 && !denser(a, 0.15)) return 0;
    index const rest = n % (registers * lanes);
    if (rest > (registers - 1) * lanes) return n;  // padded, as more than two registers are below
    bool const narrow = rest > narrowest / 2 * lanes && (!simd::avx512<Arch> || thin(a) || denser(a, 0.15));
    return n - rest + (narrow ? std::min(rest, narrowest * lanes) : 0);
  }
  /// Writes the offsets of rows first .. last, and the columns of their slots.
  template <class View>
  static void decode(View const& a, std::uint32_t* offsets, std::uint32_t* columns, index first, index last) noexcept {
    bitmap_columns<Arch>(a, columns, first, last, [offsets](index i, index slot) LACUNA_INLINE_LAMBDA {
      offsets[i] = static_cast<std::uint32_t>(slot);
    });
  }

  /// As row_tile's, for one block. Sums of tiles before the last are kept in `sums`; final ones go to `done`.
  template <int N, class View, class S, class Done>
  static void run(View a, S const* x, S* sums, index first, index last, Done done) noexcept {
    if (first == last) return;
    constexpr index line = index{N} * static_cast<index>(simd::batch<S, Arch>::size);
    auto const words = words_of_tile<N, S>(a);
    block_rows<View> at(a, first, last - first, words);
    if constexpr (requires { done.some(); })
      done.spread(std::max<index>(detail::ceil_div(a.cols(), 64 * words), 1) * (last - first));
    for (index column = 0;; column += 64 * words) {
      bool const final = a.cols() - column <= 64 * words;
      at.take_words(column);
      run_tile<N>(at, x + column * line, column == 0 ? nullptr : sums, sums, final, done);
      if (final) break;
    }
    if (place_of<S>(done, 0) != nullptr) return;  // where they are
    for (index r = 0; r != last - first; ++r) done(sums + r * line, r);
  }

 private:
  static constexpr index most_rows = 256;
  static constexpr index most_words = 8;
  static constexpr index ahead = 4;  // rows whose weights are asked for
  /// Rows in step: as many sums as hide the latency of an fma, of which there are four or eight to one row.
  template <int N>
  static constexpr int in_step = N < 8 ? 2 : 1;

  template <class View>
  [[nodiscard]] static bool denser(View const& a, double density) noexcept {
    return static_cast<double>(a.stored()) >= density * static_cast<double>(a.rows()) * static_cast<double>(a.cols());
  }
  template <class View>
  [[nodiscard]] static bool thin(View const& a) noexcept {
    return !denser(a, 0.07);
  }
  /// Words of each row in a tile: a slice of X of 32 KB; of 64 KB below a density of 0.15, where visits to the sums
  /// cost more than loads of X that miss L1; of thin rows all, if they have room.
  template <int N, class S, class View>
  [[nodiscard]] static index words_of_tile(View const& a) noexcept {
    constexpr auto word = 64 * index{N} * static_cast<index>(sizeof(simd::batch<S, Arch>));
    if (thin(a)) return most_words;
    return std::clamp<index>((denser(a, 0.15) ? 32768 : 65536) / word, 1, most_words);
  }

  /// Where each row of a block is, and its words in the tile at hand.
  template <class View>
  struct block_rows {
    using value_type = typename View::value_type;
    View a;
    index first;
    index rows;
    index words;
    value_type const* value[most_rows + ahead];  // the first in the tile
    std::uint16_t count[most_rows];
    std::uint64_t word[most_rows * most_words];

    LACUNA_NOINLINE block_rows(View view, index from, index height, index words_of_row) noexcept
        : a(view), first(from), rows(height), words(words_of_row) {
      auto const* next = a.values().data() + a.row_start(first);
      for (index r = 0; r != rows; ++r) {
        value[r] = next;
        for (index b = 0; b < a.bytes_per_row(); b += 8) next += std::popcount(word_at(r, b));
      }
      for (index r = rows; r != rows + ahead; ++r) value[r] = next;
    }
    LACUNA_NOINLINE void take_words(index column) noexcept {
      for (index r = 0; r != rows; ++r) {
        int n = 0;
        for (index w = 0; w != words; ++w) {
          index const byte = column / 8 + w * 8;
          auto const bits = byte < a.bytes_per_row() ? word_at(r, byte) : 0;
          word[r * words + w] = bits;
          n += std::popcount(bits);
        }
        count[r] = static_cast<std::uint16_t>(n);
      }
    }

   private:
    [[nodiscard]] LACUNA_INLINE std::uint64_t word_at(index r, index byte) const noexcept {
      return lacuna::detail::load_bits(a.row_bits(first + r) + byte, a.bytes_per_row() - byte);
    }
  };

  /// Weights of H rows in the type of the sums: where they stand, or widened a visit ahead (kernel/weights_ahead.hpp
  /// says why).
  template <int H, class T, class S>
  struct weights_ahead {
    static constexpr int together = 32;
    alignas(simd::batch<S, Arch>) S wide[2][std::size_t{H}][std::size_t{64 * most_words}];

    template <class Rows>
    LACUNA_INLINE void prepare(Rows const& at, index r) noexcept {
      auto const* const end = at.a.values().data() + at.a.stored();
      for (int h = 0; h != H; ++h)
        for (index k = 0; k < at.count[r + h]; k += together)
          widen_next<Arch, together>(at.value[r + h] + k, end - at.value[r + h] - k, wide[r / H % 2][h] + k);
    }
    template <class Rows>
    [[nodiscard]] LACUNA_INLINE S const* of(Rows const&, index r, int h) const noexcept {
      return wide[r / H % 2][h];
    }
  };
  template <int H, class S>
  struct weights_ahead<H, S, S> {
    template <class Rows>
    LACUNA_INLINE void prepare(Rows const&, index) noexcept {}
    template <class Rows>
    [[nodiscard]] LACUNA_INLINE S const* of(Rows const& at, index r, int h) const noexcept {
      return at.value[r + h];
    }
  };

  template <int N, class View, class S, class Done>
  static void run_tile(block_rows<View>& at, S const* x, S const* old, S* sums, bool final, Done const& done) noexcept {
    constexpr int height = in_step<N>;
    auto const whole = at.rows / height * height;
    run_rows<height, N>(at, x, old, sums, final, 0, whole, done);
    if constexpr (height > 1) run_rows<1, N>(at, x, old, sums, final, whole, at.rows, done);
  }

  /// Rows from .. to of a tile, H in step.
  template <int H, int N, class View, class S, class Done>
  static void run_rows(block_rows<View>& at, S const* x, S const* old, S* sums, bool final, index from, index to,
                       Done const& done) noexcept {
    constexpr index line = index{N} * static_cast<index>(simd::batch<S, Arch>::size);
    constexpr auto bytes = 32 * static_cast<int>(sizeof(typename View::value_type));
    weights_ahead<H, typename View::value_type, S> weights;
    if (from != to) weights.prepare(at, from);
    bool const straight = final && from != to && place_of<S>(done, from) != nullptr;
    index const pitch = straight && to - from > 1 ? place_of<S>(done, from + 1) - place_of<S>(done, from) : line;
    for (index r = from; r != to; r += H) {
      if (r + H != to) weights.prepare(at, r + H);
      simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA { simd::prefetch_ahead<bytes>(at.value[r + h + ahead], 0); });
      auto* const out = straight ? place_of<S>(done, r) : sums + r * line;
      auto const* const before = old == nullptr ? nullptr : old + r * line;
      auto const* const word = at.word + r * at.words;
      if constexpr (H == 1)
        visit_row<N>(x, word, at.words, weights.of(at, r, 0), before, out);
      else
        visit_pair<N>(x, word, at.words, weights.of(at, r, 0), weights.of(at, r, 1), before, out, pitch);
      for (int h = 0; h != H; ++h) {
        at.value[r + h] += at.count[r + h];
        if constexpr (requires { done.some(); }) done.some();
      }
    }
  }

  // Not inlined: gcc 12 would run out of registers for integers, and load where X starts again for each slot: 52
  // instead of 68 % of the peak at 50 % sparsity.
  template <int N, class S>
  LACUNA_NOINLINE static void visit_row(S const* x, std::uint64_t const* word, index words, S const* weight,
                                        S const* old, S* to) noexcept {
    visit<1, N>(x, word, words, {weight}, old, to, 0);
  }
  template <int N, class S>
  LACUNA_NOINLINE static void visit_pair(S const* x, std::uint64_t const* word, index words, S const* weight,
                                         S const* second_weight, S const* old, S* to, index pitch) noexcept {
    visit<2, N>(x, word, words, {weight, second_weight}, old, to, pitch);
  }
  /// Adds the products of H rows in a tile, each of which has `words` words, to their sums at `old`, or to none, and
  /// writes them to `to`, `pitch` apart.
  template <int H, int N, class S>
  LACUNA_INLINE static void visit(S const* x, std::uint64_t const* next, index words,
                                  std::array<S const*, std::size_t{H}> weight, S const* old, S* to,
                                  index pitch) noexcept {
    using tile = simd::tile<Arch, S, N>;
    constexpr index line = index{N} * tile::lanes;
    tile sum[std::size_t{H}];
    if (old != nullptr)
      simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
        simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
          sum[h].value[n] = tile::batch_type::load_aligned(old + h * line + n * tile::lanes);
        });
      });
    for (auto const* const end = next + words; next != end; ++next, x += 64 * line) {
      std::uint64_t word[std::size_t{H}];
      simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA { word[h] = next[h * words]; });
      auto const add = [&](auto h) LACUNA_INLINE_LAMBDA {
        sum[h].multiply_add(*weight[h]++, x + std::countr_zero(word[h]) * line);
        word[h] &= word[h] - 1;
      };
      if constexpr (H == 2)
        while (word[0] != 0 && word[1] != 0) simd::unroll<H>(add);
      simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
        while (word[h] != 0) add(h);
      });
    }
    simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
      simd::unroll<N>([&](auto n)
                          LACUNA_INLINE_LAMBDA { sum[h].value[n].store_unaligned(to + h * pitch + n * tile::lanes); });
    });
  }

  /// See panel.
  template <class S, class Done>
  [[nodiscard]] LACUNA_INLINE static S* place_of(Done const& done, index row) noexcept {
    if constexpr (requires { done.place(row); })
      return done.place(row);
    else
      return nullptr;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
