// SPDX-License-Identifier: MIT
//
// Products of rows of bits and packed values with a few columns of X: lanes along the inputs.
//
// 64 inputs a step: the values of a row are expanded to the lanes of their inputs, once for all tokens, and each token
// costs one fma whose x comes from memory. Some rows go side by side, so that a register of x serves them all, and so
// that their sums hide the latency of the fma; with one token they are also streams of their own.
//
// Bound: values, and one bit an element, once from memory, for all tokens; or 3 cycles a register on AVX-512 (a mask
// move and an expand of two uops share one port), whatever the sparsity; or tokens / 2 cycles for the loads of x. bf16
// is expanded before it is widened, 32 elements in those 3 cycles, which are two registers: those of even and of odd
// inputs, and x stands in the same order. x under the same mask would cost a mask move more for each register, so Inf
// and NaN, which must not meet the zero at a gap, are looked for when x is copied, and then take the slower path.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/kernel/along_inputs.hpp>
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <bit>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

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
  /// Where input k of the first token stands: 64 inputs of each of the tokens in turn, so that a step has one address.
  [[nodiscard]] LACUNA_INLINE static constexpr index place(index k, index tokens) noexcept {
    auto const in = k % 64;
    return k / 64 * 64 * tokens + (pairs ? in / width * width + in % 2 * lanes + in % width / 2 : in);
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
  /// Copies n elements of x, `stride` apart, to their places, and zeros behind them; `to` belongs to the token, 64
  /// elements behind that of the one before. Returns whether all are finite.
  template <class X>
  static bool copy(X const* x, index stride, index n, index tokens, sum_type* to) noexcept {
    bool finite = true;
    for (index k = 0; k != n; ++k) {
      auto const value = static_cast<sum_type>(x[k * stride]);
      finite &= is_finite(value);
      to[place(k, tokens)] = value;
    }
    for (index k = n; k != size(n); ++k) to[place(k, tokens)] = 0;
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

/// Sums of `Rows` rows and `Tokens` tokens at a time.
template <class Arch, class V>
struct expand_dot {
  using form = expanded<Arch, V>;
  using sum_type = typename form::sum_type;
  using batch_type = typename form::batch_type;
  /// Sums in registers; half of the registers there are, so that weights and x find room.
  static constexpr int sums = simd::avx512<Arch> || simd::neon64<Arch> ? 16 : 8;
  static constexpr int most_tokens = 8;
  /// Rows side by side. 16-bit values of one token are best read as one stream.
  static constexpr int rows(int tokens) noexcept {
    if (tokens == 1) return sizeof(V) == 2 ? 1 : 4;
    return sums / tokens < 4 ? sums / tokens : 4;
  }
  /// Bytes that are asked for ahead of the values in use: the end of a row is the start of the next.
  static constexpr index ahead = sizeof(V) == 2 ? 2048 : 512;

  /// Calls store(i, t, sum) for rows first .. last and tokens 0 .. Tokens. `a`: bit_rows.
  template <int Tokens, class Rows, class Store>
  static void run(Rows a, column_copy<sum_type> x, index first, index last, Store&& store) noexcept {
    if (first == last) return;
    auto const* packed = a.values(first);
    index i = first;
    if (x.finite) {
      constexpr int side_by_side = rows(Tokens);
      for (; last - i >= side_by_side; i += side_by_side) block<side_by_side, Tokens, true>(a, x, i, packed, store);
      for (; i < last; ++i) block<1, Tokens, true>(a, x, i, packed, store);
    } else {
      for (; i < last; ++i) block<1, Tokens, false>(a, x, i, packed, store);
    }
  }

 private:
  /// Rows i .. i + Rows; `packed`, their values, moves behind them. The sums of a row have the same order in every
  /// block.
  template <int Rows, int Tokens, bool Finite, class A, class Store>
  LACUNA_INLINE static void block(A a, column_copy<sum_type> x, index i, V const*& packed, Store&& store) noexcept {
    constexpr int chains = Tokens == 1 ? 2 : 1;
    batch_type sum[Rows * Tokens * chains];
    simd::unroll<Rows * Tokens * chains>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = batch_type(sum_type{0}); });
    V const* values[Rows];
    values[0] = packed;
    simd::unroll<Rows - 1>([&](auto r) LACUNA_INLINE_LAMBDA { values[r + 1] = a.values(i + r + 1, values[r]); });
    auto const bytes = a.bytes();
    auto const* const bits = a.bits(i);
    for (index byte = 0; 8 * byte < x.inputs; byte += 8) {  // groups may have bits behind the last input
      auto const* const column = x.data + 8 * byte * Tokens;
      simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
        auto const word = detail::load_bits(bits + r * bytes + byte, bytes - byte);
        simd::prefetch<1>(reinterpret_cast<char const*>(values[r]) + ahead);
        simd::unroll<form::steps>([&](auto step) LACUNA_INLINE_LAMBDA {
          constexpr simd::lane_bits all = ~simd::lane_bits{0} >> (64 - form::width);
          auto const before = step == 0 ? 0 : std::popcount(word & ((std::uint64_t{1} << (step * form::width)) - 1));
          auto const here = (word >> (step * form::width)) & all;
          batch_type w[2];
          form::load(values[r] + before, here, w);
          simd::unroll<form::registers>([&](auto half) LACUNA_INLINE_LAMBDA {
            constexpr int place = step * form::width + half * form::lanes;
            constexpr int chain = (step * form::registers + half) % chains;
            auto const kept = Finite ? all : form::bits_of(here, half);
            simd::unroll<Tokens>([&](auto t) LACUNA_INLINE_LAMBDA {
              auto& s = sum[(r * Tokens + t) * chains + chain];
              s = simd::fma(w[half], load_x<Finite>(column + t * 64 + place, kept), s);
            });
          });
        });
        values[r] += std::popcount(word);
      });
    }
    packed = values[Rows - 1];
    simd::unroll<Rows * Tokens>([&](auto n) LACUNA_INLINE_LAMBDA {
      auto const total = chains == 1 ? sum[n] : sum[n * chains] + sum[n * chains + chains - 1];
      store(i + n / Tokens, n % Tokens, simd::reduce_add(total));
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
