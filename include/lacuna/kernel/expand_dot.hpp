// SPDX-License-Identifier: MIT
//
// Products of rows of bits and packed values with a few columns of X: lanes along the inputs.
//
// 64 inputs a step: the values of a row are expanded to the lanes of their inputs, once for all tokens, and each column
// costs one fma. With several tokens rows go side by side, so that a register of x serves them all, and x tile by tile
// for sixteen rows, so that it comes from L1. With one token rows come one after the other, as one stream: where those
// below start is known only when all bits before them have come, which from memory is a wait for every four rows.
//
// Bound: values, and one bit an element, once from memory, for all tokens; or 3 cycles a register on AVX-512 (a mask
// move and an expand of two uops share one port; of bf16, two registers), whatever the sparsity; or tokens / 2 cycles
// for the loads of x.
//
// AVX2, float: for 8 inputs a load of the table, a masked load of two operations and a permutation expand, two count
// the bits and two or three take them from the word: 10 operations with the fma, 1.7 cycles at six a cycle, and 16
// bytes of values at 50 %. Reached with four rows side by side: 2.3 cycles, 25 us for 512x512, 127 for 2048x512 (18 us
// with AVX-512).
//
// AVX2, 16 bits: a broadcast and a shuffle of bytes, but whole registers of values are read for it, so the last rows of
// a matrix go by masked loads, 18 operations more. Zen 3, 2048x2048 at 50 % from memory and 512x512 from L2: bf16 0.31
// and 0.32, f16 0.39 and 0.40 of the time in which all rows go that way.
//
// Zen 5, n = 1: an expand is one operation there, and 1.5 cycles with its mask; its load, which crosses a line, and
// that of x take as long. 512x512 at 50 %, L2: 10.4 us, 2.5 cycles a register, bf16 7.8 us. 2048x2048 from behind the
// caches: 250 us, 35 GB/s, where four rows side by side take 780; bf16 142.
//
// Zen 5, 2, 4, 8 tokens, 512x512 at 50 %: 13.6, 16.8, 23 us, that is 39, 63, 90 GFLOP/s without the zeros, 75 % of the
// fma peak with them at 8. While each row loaded x for itself, and none was cut into tiles: 14, 20, 36. 2048x2048 from
// behind the caches 300, 390, 580 (290, 490, 1700), bf16 155, 220, 440 (190, 340, 1035), of which the bits and values
// of the next rows, asked for while those before are multiplied, make the most.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/kernel/expanded.hpp>
#include <lacuna/kernel/expanded_products.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Sums of some rows and `Tokens` tokens at a time.
template <class Arch, class V>
struct expand_dot {
  using form = expanded<Arch, V>;
  using sum_type = typename form::sum_type;
  using batch_type = typename form::batch_type;
  using products = expanded_products<Arch, V>;
  /// Sums in registers; half of the registers there are, so that weights and x find room.
  static constexpr int sums_held = simd::avx512<Arch> || simd::neon64<Arch> ? 16 : 8;
  /// Rows that share registers of x, or, with one token, a reduction of their sums.
  static constexpr int together_for(int tokens) noexcept { return sums_held / tokens < 4 ? sums_held / tokens : 4; }
  /// Rows whose sums are kept while one tile of x after the other is in L1.
  static constexpr index most_rows = 16;
  /// Inputs of such a tile, 16 KB of x; up to 32 KB stay one. Zen 5, 8 tokens: 512x2048 117 us, from L2 170; 2048x2048
  /// from behind the caches 580, with 32 KB 650.
  static constexpr index tile_inputs(int tokens) noexcept {
    return 16384 / (tokens * static_cast<index>(sizeof(sum_type)));
  }

  /// sums[r * stride + t] = the product of row r, 0 <= r < rows, and token t, 0 <= t < Tokens.
  template <int Tokens>
  static void run(bit_rows<V> a, expanded_inputs<sum_type> x, index rows, sum_type* sums, index stride) noexcept {
    if constexpr (Tokens == 1) {
      in_turn(a, x, rows, sums, stride);
    } else {
      for (index r = 0; r < rows; r += most_rows) {
        bit_rows<V> const some{a.bits + r * a.bytes, a.bytes, a.values, a.each, a.first, a.last};
        auto const count = rows - r < most_rows ? rows - r : most_rows;
        auto* const to = sums + r * stride;
        a.values = x.finite ? tiles<together_for(Tokens), Tokens, true>(some, x, count, to, stride)
                            : tiles<1, Tokens, false>(some, x, count, to, stride);
      }
    }
  }

 private:
  /// One token: rows one after the other, in four chains, for an fma takes four cycles and an expand one or two.
  static void in_turn(bit_rows<V> const& a, expanded_inputs<sum_type> x, index rows, sum_type* sums,
                      index stride) noexcept {
    auto const* values = a.values;
    index r = 0;
    constexpr int height = together_for(1);
    if (x.finite)
      for (; rows - r >= height; r += height) block<height, true>(a, x, r, values, sums + r * stride, stride);
    for (; r < rows; ++r) {
      if (x.finite)
        block<1, true>(a, x, r, values, sums + r * stride, stride);
      else
        block<1, false>(a, x, r, values, sums + r * stride, stride);
    }
  }
  /// Bytes that are asked for ahead of the values in use: the end of a row is the start of the next. One stream from
  /// memory, Zen 5, 2048x2048: floats 2 KB ahead 31 GB/s, 4 KB 35, 8 KB 35; bf16 2, 4, 6, 8 KB 30, 33, 33, 33.
  static constexpr index stream_ahead() noexcept {
    constexpr auto bytes = static_cast<index>(sizeof(V));
    return 1024 * (lacuna::detail::tuned_for_zen && bytes < 4 ? 4 : bytes);
  }
  /// So many bytes are asked for with each word. With AVX2 on Zen all that half of the inputs take: Zen 3, 2048x2048 of
  /// floats at 50 % from memory, 0.87 of the time with one line, which gains nothing for 16 bits.
  static constexpr int bytes_ahead =
      simd::avx2<Arch> && lacuna::detail::tuned_for_zen ? 32 * static_cast<int>(sizeof(V)) : 1;
  /// Rows first .. first + Rows of one token; `packed`, their values, moves behind them. The sums of a row have the
  /// same order in every block.
  template <int Rows, bool Finite>
  LACUNA_INLINE static void block(bit_rows<V> const& a, expanded_inputs<sum_type> x, index first, V const*& packed,
                                  sum_type* sums, index stride) noexcept {
    batch_type sum[std::size_t{Rows}];
    simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
      auto const* const bits = a.bits + (first + r) * a.bytes;
      if constexpr (Finite && form::reads_whole)
        sum[r] = reads_whole_row(a, x, packed) ? row<Finite, true>(a, x, bits, packed) : last_row(a, x, bits, packed);
      else
        sum[r] = row<Finite, false>(a, x, bits, packed);
    });
    store_totals<Rows, 1>(sum, sums, stride);
  }
  /// Whether 64 values can be read from wherever those of a word of the row at `packed` may start.
  [[nodiscard]] LACUNA_INLINE static bool reads_whole_row(bit_rows<V> const& a, expanded_inputs<sum_type> const& x,
                                                          V const* packed) noexcept {
    return a.last - packed >= x.inputs + 64;
  }
  // Not inlined: one of the last rows of a matrix.
  [[nodiscard]] LACUNA_NOINLINE static batch_type last_row(bit_rows<V> const& a, expanded_inputs<sum_type> const& x,
                                                           std::uint8_t const* bits, V const*& packed) noexcept {
    return row<true, false>(a, x, bits, packed);
  }
  /// The sum of the row at `bits`, in lanes; `packed`, its values, moves behind them.
  template <bool Finite, bool Whole>
  [[nodiscard]] LACUNA_INLINE static batch_type row(bit_rows<V> const& a, expanded_inputs<sum_type> const& x,
                                                    std::uint8_t const* bits, V const*& packed) noexcept {
    constexpr int chains = 4;
    batch_type part[chains];
    for (auto& p : part) p = batch_type(sum_type{0});
    V const* values[1] = {packed};
    auto const add = [&](std::uint64_t ones, index byte) LACUNA_INLINE_LAMBDA {
      std::uint64_t word[1] = {ones};
      simd::prefetch_ahead<bytes_ahead>(values[0], stream_ahead());
      products::template add<1, 1, Finite, Whole>(word, values, x.data + 8 * byte, part);
    };
    index byte = 0;
    for (; byte + 8 <= a.bytes && 8 * byte < x.inputs; byte += 8) add(lacuna::detail::load_bits(bits + byte, 8), byte);
    if (8 * byte < x.inputs) add(last_word(bits + byte, a.bytes - byte), byte);
    packed = values[0];
    return (part[0] + part[1]) + (part[2] + part[3]);
  }

  /// `rows` rows at `a`, at most most_rows, tile by tile of x, Rows of them side by side. Returns where the values of
  /// the row behind them start.
  template <int Rows, int Tokens, bool Finite>
  static V const* tiles(bit_rows<V> const& a, expanded_inputs<sum_type> x, index rows, sum_type* sums,
                        index stride) noexcept {
    V const* values[most_rows + 1];
    values[0] = a.values;
    for (index r = 0; r != rows; ++r) values[r + 1] = a.next(r, values[r]);
    auto const* const end = values[rows];
    auto const size = (end - values[0]) * static_cast<index>(sizeof(V));
    constexpr index tile = tile_inputs(Tokens);
    auto const count = x.inputs <= 2 * tile ? 1 : lacuna::detail::ceil_div(x.inputs, tile);
    auto const visited = count == 1 ? 0 : size / (rows * count);  // bytes of a row in a tile
    batch_type kept[std::size_t{most_rows} * Tokens];
    for (index t = 0; t != count; ++t) {
      part_of_rows const part{t * tile, t + 1 == count ? x.inputs : (t + 1) * tile,
                              count == 1       ? size / rows * Rows
                              : t + 1 == count ? size - (count - 1) * visited
                                               : visited};
      constexpr bool whole = Finite && form::reads_whole;
      index r = 0;
      for (; rows - r >= Rows && (!whole || a.last - values[r + Rows] >= 64); r += Rows)
        visit<Rows, Tokens, Finite, whole>(a, x, part, r, values + r, kept + r * Tokens, sums + r * stride, stride);
      // Rows are at most most_rows: said once more, for gcc 12 with SSE2 warns of 2^59 of them.
      if constexpr (Rows > 1 || whole)
        for (; r < rows && r < most_rows; ++r)
          visit<1, Tokens, Finite, false>(a, x, part, r, values + r, kept + r * Tokens, sums + r * stride, stride);
    }
    return end;
  }
  struct part_of_rows {
    index first;  // inputs
    index last;
    index ahead;  // bytes from the values of a row to those that are asked for
  };
  /// Rows first .. first + Rows and the inputs of one tile; `values` move behind theirs. Sums stay in `kept` from tile
  /// to tile. The sums of a row have the same order, whatever Rows. Whole: 64 values can be read behind each row.
  template <int Rows, int Tokens, bool Finite, bool Whole>
  LACUNA_INLINE static void visit(bit_rows<V> const& a, expanded_inputs<sum_type> x, part_of_rows const& part,
                                  index first, V const** row_values, batch_type* kept, sum_type* sums,
                                  index stride) noexcept {
    constexpr int count = Rows * Tokens;
    batch_type sum[std::size_t{count}];
    simd::unroll<count>([&](auto n)
                            LACUNA_INLINE_LAMBDA { sum[n] = part.first == 0 ? batch_type(sum_type{0}) : kept[n]; });
    V const* values[std::size_t{Rows}];
    simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA { values[r] = row_values[r]; });
    auto const bytes = a.bytes;
    auto const* const bits = a.bits + first * bytes;
    for (auto byte = part.first / 8; 8 * byte < part.last; byte += 8) {  // groups may have bits behind the last input
      std::uint64_t word[std::size_t{Rows}];
      simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
        word[r] = word_at(bits + r * bytes + byte, bytes - byte);
        simd::prefetch_ahead<32 * sizeof(V)>(values[r], part.ahead);
        simd::prefetch_ahead<1>(bits + r * bytes + byte, most_rows * bytes);
      });
      products::template add<Rows, Tokens, Finite, Whole>(word, values, x.data + 8 * byte * Tokens, sum);
    }
    simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA { row_values[r] = values[r]; });
    if (part.last == x.inputs)
      store_totals<Rows, Tokens>(sum, sums, stride);
    else
      simd::unroll<count>([&](auto n) LACUNA_INLINE_LAMBDA { kept[n] = sum[n]; });
  }

  /// Eight bytes of bits, of which `count` are there, or more.
  [[nodiscard]] LACUNA_INLINE static std::uint64_t word_at(std::uint8_t const* bits, index count) noexcept {
    if (count >= 8) [[likely]]
      return lacuna::detail::load_bits(bits, 8);
    return last_word(bits, count);
  }
  // Not inlined: a row has one of them, and each register tile would have several.
  [[nodiscard]] LACUNA_NOINLINE static std::uint64_t last_word(std::uint8_t const* bits, index count) noexcept {
    return lacuna::detail::load_bits(bits, count);
  }

  /// The sums of lanes: sums[r * stride + t] = that of sum[r * Tokens + t].
  template <int Rows, int Tokens>
  LACUNA_INLINE static void store_totals(batch_type const* sum, sum_type* sums, index stride) noexcept {
    constexpr int count = Rows * Tokens;
    simd::unroll<(count + 7) / 8>([&](auto e) LACUNA_INLINE_LAMBDA {
      batch_type eight[8];
      simd::unroll<8>([&](auto g) LACUNA_INLINE_LAMBDA {
        constexpr int n = decltype(e)::value * 8 + decltype(g)::value;
        eight[g] = batch_type(sum_type{0});
        if constexpr (n < count) eight[g] = sum[n];
      });
      sum_type total[8];
      simd::sum_lanes<Arch, sum_type>::store(eight, total);
      simd::unroll<(count < 8 ? count : 8)>([&](auto g) LACUNA_INLINE_LAMBDA {
        constexpr int n = decltype(e)::value * 8 + decltype(g)::value;
        if constexpr (n < count) sums[n / Tokens * stride + n % Tokens] = total[g];
      });
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
