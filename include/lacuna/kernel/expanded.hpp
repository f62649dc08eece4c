// SPDX-License-Identifier: MIT
//
// Packed values of rows of bits as registers of sums' type, and X in the order that they want.
//
// bf16 is expanded before it is widened, 32 elements by one expand, which are two registers: those of even and of odd
// inputs, and x stands in the same order. x under the same mask as the values would cost a mask move more for each
// register, so Inf and NaN, which must not meet the zero at a gap, are looked for when x is copied, and then take the
// slower path.
//
// Bound: x is read and written once for a product: next to nothing beside A, unless that has few rows.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/stored.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

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
  /// Whether values are expanded in less time where whole registers of them can be read.
  static constexpr bool reads_whole = !pairs && simd::expands_whole<Arch, V>;
  /// Whole: `width` values can be read.
  template <bool Whole = false>
  LACUNA_INLINE static void load(V const* packed, simd::lane_bits bits, batch_type (&w)[2]) noexcept {
    if constexpr (Whole && reads_whole)
      w[0] = simd::expand<Arch, V>::load_whole(packed, bits);
    else if constexpr (pairs)
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
      if constexpr (std::same_as<X, sum_type> && !pairs)
        if (stride == 1 && n - first >= 64) {
          finite &= copy_neighbours(x + first, to);
          continue;
        }
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
  /// Inf and NaN have these bits, others not all of them. By bits, so that -ffast-math cannot take all for finite.
  using bits_type = std::conditional_t<sizeof(sum_type) == 4, std::uint32_t, std::uint64_t>;
  static constexpr auto exponent = static_cast<bits_type>(sizeof(sum_type) == 4 ? 0x7F800000u : 0x7FF0000000000000u);

  [[nodiscard]] LACUNA_INLINE static bool is_finite(sum_type value) noexcept {
    return (std::bit_cast<bits_type>(value) & exponent) != exponent;
  }
  /// copy for 64 of them that stand side by side.
  [[nodiscard]] LACUNA_INLINE static bool copy_neighbours(sum_type const* x, sum_type* to) noexcept {
    using bits_batch = simd::batch<bits_type, Arch>;
    auto wrong = bits_batch(bits_type{0}) != bits_batch(bits_type{0});
    for (int k = 0; k != 64; k += lanes) {
      auto const some = batch_type::load_unaligned(x + k);
      some.store_unaligned(to + k);
      wrong = wrong | ((simd::bits_as<bits_type>(some) & bits_batch(exponent)) == bits_batch(exponent));
    }
    return !simd::any(wrong);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
