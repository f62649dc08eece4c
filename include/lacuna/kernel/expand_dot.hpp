// SPDX-License-Identifier: MIT
//
// Products of rows of bits and packed values with a few columns of X: lanes along the inputs.
//
// 64 inputs a step: the values of a row are expanded to the lanes of their inputs, once for all tokens, and each column
// costs one fma whose x comes from memory. Some rows go side by side, so that a register of x serves them all, and so
// that their sums hide the latency of the fma. With one token, and with up to four of an x that L1 holds, rows come one
// after the other: where those below start is known only when all bits before them have come, which from memory is a
// wait for every four rows.
//
// Bound: values, and one bit an element, once from memory, for all tokens; or 3 cycles a register on AVX-512 (a mask
// move and an expand of two uops share one port), whatever the sparsity; or tokens / 2 cycles for the loads of x. bf16
// is expanded before it is widened, 32 elements in those 3 cycles, which are two registers: those of even and of odd
// inputs, and x stands in the same order. x under the same mask would cost a mask move more for each register, so Inf
// and NaN, which must not meet the zero at a gap, are looked for when x is copied, and then take the slower path.
//
// AVX2, float: for 8 inputs a load of the table, a masked load of two operations and a permutation expand, two count
// the bits and two or three take them from the word: 10 operations with the fma, 1.7 cycles at six a cycle, and 16
// bytes of values at 50 %. Reached with four rows side by side: 2.3 cycles, 25 us for 512x512, 127 for 2048x512 (18 us
// with AVX-512).
//
// Zen 5, n = 1: an expand is one operation there, and 1.5 cycles with its mask; its load, which crosses a line, and
// that of x take as long. 512x512 at 50 %, L2: 10.4 us, 2.5 cycles a register, bf16 7.8 us. 2048x2048 from behind the
// caches: 250 us, 35 GB/s, where four rows side by side take 780; bf16 142.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Some tokens of X in the order of `expanded`.
template <class S>
struct expanded_inputs {
  S const* data;
  index inputs;
  bool finite;  // no Inf or NaN among them
};

/// How the values of 64 inputs become registers of sums' type, and where x has to stand for it.
template <class Arch, class V>
struct expanded {
  using sum_type = accumulator_t<V>;
  using batch_type = simd::batch<sum_type, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  static constexpr bool pairs = simd::expand_pairs<Arch, V>::available;
  static constexpr int registers = pairs ? 2 : 1;  // from one expand
  static constexpr int width = registers * lanes;  // inputs of one expand
  static constexpr int steps = 64 / width;
  /// Elements of the copy of x for so many inputs, of one token.
  [[nodiscard]] LACUNA_INLINE static constexpr index size(index inputs) noexcept { return (inputs + 63) / 64 * 64; }
  /// Where input k of 64 stands among them.
  [[nodiscard]] LACUNA_INLINE static constexpr index place(index k) noexcept {
    return pairs ? k / width * width + k % 2 * lanes + k % width / 2 : k;
  }
  /// Which of the bits of one expand belong to register r.
  [[nodiscard]] LACUNA_INLINE static simd::lane_bits bits_of(simd::lane_bits bits, int r) noexcept {
    if constexpr (!pairs) return bits;
    simd::lane_bits some = 0;
    for (int l = 0; l != lanes; ++l) some |= ((bits >> (2 * l + r)) & 1u) << l;
    return some;
  }
  LACUNA_INLINE static void load(V const* packed, simd::lane_bits bits, batch_type (&w)[2]) noexcept {
    if constexpr (pairs)
      simd::expand_pairs<Arch, V>::load(packed, bits, w[0], w[1]);
    else
      w[0] = simd::expand<Arch, V>::load(packed, bits);
  }
  /// Copies n elements of x, `stride` apart, to their places, and zeros behind them: 64 inputs of each of `tokens`
  /// tokens in turn, so that a step has one address. `to` belongs to the token, 64 elements behind that of the one
  /// before. Returns whether all are finite.
  template <class X>
  static bool copy(X const* x, index stride, index n, index tokens, sum_type* to) noexcept {
    bool finite = true;
    for (index first = 0; first < n; first += 64, to += 64 * tokens) {
      index const count = n - first < 64 ? n - first : 64;
      for (index k = 0; k != count; ++k) {
        auto const value = static_cast<sum_type>(x[(first + k) * stride]);
        finite &= is_finite(value);
        to[place(k)] = value;
      }
      for (index k = count; k != 64; ++k) to[place(k)] = 0;
    }
    return finite;
  }

 private:
  /// By its bits, so that -ffast-math cannot take it for true.
  [[nodiscard]] LACUNA_INLINE static bool is_finite(sum_type value) noexcept {
    if constexpr (sizeof(sum_type) == 4)
      return (std::bit_cast<std::uint32_t>(value) & 0x7F800000u) != 0x7F800000u;
    else
      return (std::bit_cast<std::uint64_t>(value) & 0x7FF0000000000000u) != 0x7FF0000000000000u;
  }
};

/// Sums of some rows and `Tokens` tokens at a time.
template <class Arch, class V>
struct expand_dot {
  using form = expanded<Arch, V>;
  using sum_type = typename form::sum_type;
  using batch_type = typename form::batch_type;
  /// Sums in registers; half of the registers there are, so that weights and x find room.
  static constexpr int sums_held = simd::avx512<Arch> || simd::neon64<Arch> ? 16 : 8;
  /// Whether rows come one after the other, as one stream: always with one token (a matrix that stays in L2 loses 15 to
  /// 20 % by it if x does not stay in L1, 8192 inputs and more), and where x stays in L1, for each row reads all of it.
  /// Zen 5, beside four rows side by side: 2 and 4 tokens, 2048x2048 from behind the caches 2.7 and 2 times as fast, of
  /// bf16 1.9 and 1.5 times; 512x512 from L2 1.03 and 0.93, bf16 1 and 0.85. With 64 KB of x, 4 tokens and 4096 inputs,
  /// 0.64.
  static constexpr bool in_turn(index inputs, int tokens) noexcept {
    return tokens == 1 || (tokens <= 4 && inputs * tokens <= index{32768} / static_cast<index>(sizeof(sum_type)));
  }
  /// Rows that share a reduction of their sums, and registers of x if they are not taken in turn.
  static constexpr int together_for(int tokens) noexcept { return sums_held / tokens < 4 ? sums_held / tokens : 4; }
  /// Bytes that are asked for ahead of the values in use: the end of a row is the start of the next. One stream from
  /// memory, Zen 5, 2048x2048: floats 2 KB ahead 31 GB/s, 4 KB 35, 8 KB 35; bf16 2, 4, 6, 8 KB 30, 33, 33, 33.
  static constexpr index ahead(bool one_stream) noexcept {
    constexpr auto bytes = static_cast<index>(sizeof(V));
    if (one_stream && lacuna::detail::tuned_for_zen) return 1024 * (bytes < 4 ? 4 : bytes);
    return one_stream || bytes == 2 ? 1024 * bytes : 512;
  }

  /// sums[r * stride + t] = the product of row r, 0 <= r < rows, and token t, 0 <= t < Tokens.
  template <int Tokens>
  static void run(bit_rows<V> a, expanded_inputs<sum_type> x, index rows, sum_type* sums, index stride) noexcept {
    if constexpr (Tokens <= 4)
      if (in_turn(x.inputs, Tokens)) return blocks<Tokens, true>(a, x, rows, sums, stride);
    if constexpr (Tokens > 1) blocks<Tokens, false>(a, x, rows, sums, stride);
  }

 private:
  template <int Tokens, bool InTurn>
  LACUNA_INLINE static void blocks(bit_rows<V> a, expanded_inputs<sum_type> x, index rows, sum_type* sums,
                                   index stride) noexcept {
    index r = 0;
    auto const* values = a.values;
    if (x.finite) {
      constexpr int height = together_for(Tokens);
      for (; rows - r >= height; r += height)
        block<height, Tokens, true, InTurn>(a, x, r, values, sums + r * stride, stride);
      if constexpr (height > 1)
        for (; r < rows; ++r) block<1, Tokens, true, InTurn>(a, x, r, values, sums + r * stride, stride);
    } else {
      for (; r < rows; ++r) block<1, Tokens, false, InTurn>(a, x, r, values, sums + r * stride, stride);
    }
  }

  /// Expands that are written out; the others are a loop, which on SSE2, with 16 expands in 64 inputs, makes a quarter
  /// of the code.
  static constexpr int together = form::steps < 4 ? form::steps : 4;

  /// Rows first .. first + Rows; `packed`, their values, moves behind them. The sums of a row have the same order in
  /// every block.
  template <int Rows, int Tokens, bool Finite, bool InTurn>
  LACUNA_INLINE static void block(bit_rows<V> const& a, expanded_inputs<sum_type> x, index first, V const*& packed,
                                  sum_type* sums, index stride) noexcept {
    batch_type sum[std::size_t{Rows * Tokens}];
    if constexpr (InTurn)
      simd::unroll<Rows>([&](auto r)
                             LACUNA_INLINE_LAMBDA { row<Tokens, Finite>(a, x, first + r, packed, sum + r * Tokens); });
    else
      rows_in_step<Rows, Tokens, Finite>(a, x, first, packed, sum);
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
  /// The lanes of the sums of one row, in four chains: an fma takes four cycles and an expand one or two.
  template <int Tokens, bool Finite>
  LACUNA_INLINE static void row(bit_rows<V> const& a, expanded_inputs<sum_type> x, index r, V const*& packed,
                                batch_type* sums) noexcept {
    constexpr int chains = 4 / Tokens;
    batch_type sum[std::size_t{Tokens * chains}];
    simd::unroll<Tokens * chains>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = batch_type(sum_type{0}); });
    auto const* values = packed;
    auto const* const bits = a.bits + r * a.bytes;
    auto const* column = x.data;
    index byte = 0;
    for (; byte + 8 <= a.bytes && 8 * byte < x.inputs; byte += 8, column += 64 * Tokens) {
      simd::prefetch_ahead<1>(values, ahead(true));
      add_word<1, Tokens, Finite, 0>(lacuna::detail::load_bits(bits + byte, 8), values, column, sum);
    }
    if (8 * byte < x.inputs)  // groups may have bits behind the last input
      add_word<1, Tokens, Finite, 0>(lacuna::detail::load_bits(bits + byte, a.bytes - byte), values, column, sum);
    packed = values;
    simd::unroll<Tokens>([&](auto t) LACUNA_INLINE_LAMBDA {
      constexpr int n = decltype(t)::value * chains;
      if constexpr (chains == 4)
        sums[t] = (sum[n] + sum[n + 1]) + (sum[n + 2] + sum[n + 3]);
      else if constexpr (chains == 2)
        sums[t] = sum[n] + sum[n + 1];
      else
        sums[t] = sum[n];
    });
  }
  /// Rows side by side, each register of x for all of them.
  template <int Rows, int Tokens, bool Finite>
  LACUNA_INLINE static void rows_in_step(bit_rows<V> const& a, expanded_inputs<sum_type> x, index first,
                                         V const*& packed, batch_type (&sum)[std::size_t{Rows * Tokens}]) noexcept {
    simd::unroll<Rows * Tokens>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = batch_type(sum_type{0}); });
    V const* values[std::size_t{Rows}];
    values[0] = packed;
    simd::unroll<Rows - 1>([&](auto r) LACUNA_INLINE_LAMBDA { values[r + 1] = a.next(first + r, values[r]); });
    auto const bytes = a.bytes;
    auto const* const bits = a.bits + first * bytes;
    for (index byte = 0; 8 * byte < x.inputs; byte += 8) {
      auto const* const column = x.data + 8 * byte * Tokens;
      simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
        auto const word = lacuna::detail::load_bits(bits + r * bytes + byte, bytes - byte);
        simd::prefetch_ahead<1>(values[r], ahead(false));
        add_word<Rows, Tokens, Finite, r>(word, values[r], column, sum);
      });
    }
    packed = values[Rows - 1];
  }
  /// add_inputs for 64 inputs; `values` moves behind theirs.
  template <int Rows, int Tokens, bool Finite, int Row, std::size_t Sums>
  LACUNA_INLINE static void add_word(std::uint64_t word, V const*& values, sum_type const* column,
                                     batch_type (&sum)[Sums]) noexcept {
    if constexpr (together == form::steps) {
      add_inputs<Rows, Tokens, Finite, Row>(word, values, column, sum);
      values += std::popcount(word);
    } else {
      constexpr int width = together * form::width;
      for (int k = 0; k != 64; k += width, word >>= width) {
        auto const part = word & (~std::uint64_t{0} >> (64 - width));
        add_inputs<Rows, Tokens, Finite, Row>(part, values, column + k, sum);
        values += std::popcount(part);
      }
    }
  }
  /// Adds the products of the inputs of some expands, whose ones are in `bits` and whose values stand at `values`, to
  /// the sums of row Row.
  template <int Rows, int Tokens, bool Finite, int Row, std::size_t Sums>
  LACUNA_INLINE static void add_inputs(std::uint64_t bits, V const* values, sum_type const* column,
                                       batch_type (&sum)[Sums]) noexcept {
    constexpr int chains = static_cast<int>(Sums) / (Rows * Tokens);
    simd::unroll<together>([&](auto step) LACUNA_INLINE_LAMBDA {
      constexpr simd::lane_bits all = ~simd::lane_bits{0} >> (64 - form::width);
      auto const before = step == 0 ? 0 : std::popcount(bits & ((std::uint64_t{1} << (step * form::width)) - 1));
      auto const here = (bits >> (step * form::width)) & all;
      batch_type w[2];
      form::load(values + before, here, w);
      simd::unroll<form::registers>([&](auto half) LACUNA_INLINE_LAMBDA {
        constexpr int place = step * form::width + half * form::lanes;
        constexpr int chain = (step * form::registers + half) % chains;
        auto const kept = Finite ? all : form::bits_of(here, half);
        simd::unroll<Tokens>([&](auto t) LACUNA_INLINE_LAMBDA {
          auto& s = sum[(Row * Tokens + t) * chains + chain];
          s = simd::fma(w[half], load_x<Finite>(column + t * 64 + place, kept), s);
        });
      });
    });
  }
  template <bool Finite>
  [[nodiscard]] LACUNA_INLINE static batch_type load_x(sum_type const* p, simd::lane_bits bits) noexcept {
    if constexpr (Finite)
      return batch_type::load_unaligned(p);
    else
      return simd::masked<Arch, sum_type>::load(p, bits);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
