// SPDX-License-Identifier: MIT
//
// Value types: the two 16-bit storage types, and which type a product accumulates in.
#pragma once

#include <lacuna/core/config.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace lacuna {
namespace detail {

/// The float nearest to d among those with an odd last bit where d is not a float. Rounding it once more, to a type
/// with at least two bits less, gives what rounding d directly would: no double rounding. Source: S. Boldo, G.
/// Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", IEEE Transactions
/// on Computers 57(4), 2008.
/// In integers only, so that neither -ffast-math nor a mode that flushes subnormals changes it.
LACUNA_INLINE constexpr float round_to_odd(double d) noexcept {
  auto const bits = std::bit_cast<std::uint64_t>(d);
  auto const sign = static_cast<std::uint32_t>(bits >> 32) & 0x80000000u;
  auto const magnitude = bits & 0x7FFFFFFFFFFFFFFFu;
  auto const upper = static_cast<std::uint32_t>((magnitude >> 29) & 0x7FFFFFu);  // the significand as a float has it
  if (magnitude > 0x7FF0000000000000u) return std::bit_cast<float>(sign | 0x7FC00000u | upper);  // NaN, made quiet
  if (magnitude == 0x7FF0000000000000u) return std::bit_cast<float>(sign | 0x7F800000u);
  auto const exponent = static_cast<int>(magnitude >> 52) - 1023;
  if (exponent > 127) return std::bit_cast<float>(sign | 0x7F7FFFFFu);  // the largest float; its last bit is 1
  if (exponent >= -126) {
    auto const inexact = static_cast<std::uint32_t>((magnitude & 0x1FFFFFFFu) != 0);
    return std::bit_cast<float>(sign | (static_cast<std::uint32_t>(exponent + 127) << 23) | upper | inexact);
  }
  auto const shift = -126 - exponent + 29;  // a subnormal float: units of 2^-149
  auto const significand = (magnitude & 0xFFFFFFFFFFFFFu) | 0x10000000000000u;
  if (shift > 53) return std::bit_cast<float>(sign | static_cast<std::uint32_t>(magnitude != 0));
  auto const inexact = static_cast<std::uint32_t>((significand & ((std::uint64_t{1} << shift) - 1)) != 0);
  return std::bit_cast<float>(sign | static_cast<std::uint32_t>(significand >> shift) | inexact);
}

/// A double that rounds to any type of at most 40 bits as i does. Integers of 64 bits do not fit a double's 53: what is
/// cut off is gathered in the last bit kept.
template <std::integral I>
LACUNA_INLINE constexpr double integer_to_double(I i) noexcept {
  static_assert(sizeof(I) <= 8);
  if constexpr (sizeof(I) <= 4) {
    return static_cast<double>(i);
  } else {
    auto magnitude = i < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(i) : static_cast<std::uint64_t>(i);
    if (magnitude >> 53 != 0 && (magnitude & 0x7FFu) != 0) magnitude = (magnitude | 0x800u) & ~std::uint64_t{0x7FF};
    auto const d = static_cast<double>(magnitude);
    return i < 0 ? -d : d;
  }
}

LACUNA_INLINE constexpr std::uint16_t float_to_bf16(float f) noexcept {
  auto const bits = std::bit_cast<std::uint32_t>(f);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
    return static_cast<std::uint16_t>((bits >> 16) | 0x40u);  // NaN: keep it quiet
  return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

LACUNA_INLINE constexpr std::uint16_t float_to_f16(float f) noexcept {
  auto const bits = std::bit_cast<std::uint32_t>(f);
  auto const sign = (bits >> 16) & 0x8000u;
  auto const magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u)  // NaN: upper payload bits, made quiet
    return static_cast<std::uint16_t>(sign | 0x7E00u | ((magnitude >> 13) & 0x1FFu));
  if (magnitude >= 0x477FF000u) return static_cast<std::uint16_t>(sign | 0x7C00u);  // >= 65520 rounds to infinity
  if (magnitude < 0x33000001u) return static_cast<std::uint16_t>(sign);             // <= 2^-25 rounds to zero
  auto const exponent = magnitude >> 23;
  if (exponent >= 113) {  // normal half
    auto const rebased = magnitude - (112u << 23);
    return static_cast<std::uint16_t>(sign | ((rebased + 0xFFFu + ((rebased >> 13) & 1u)) >> 13));
  }
  auto const shift = 126u - exponent;  // subnormal half: units of 2^-24
  auto const mantissa = (magnitude & 0x7FFFFFu) | 0x800000u;
  auto const kept = mantissa >> shift;
  auto const rest = mantissa & ((1u << shift) - 1u);
  auto const half = 1u << (shift - 1u);
  auto const up = (rest > half || (rest == half && (kept & 1u) != 0)) ? 1u : 0u;
  return static_cast<std::uint16_t>(sign | (kept + up));
}

LACUNA_INLINE constexpr float f16_to_float(std::uint16_t half) noexcept {
  auto const sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  auto const exponent = (half >> 10) & 0x1Fu;
  auto const mantissa = static_cast<std::uint32_t>(half & 0x3FFu);
  if (exponent == 0x1Fu) return std::bit_cast<float>(sign | 0x7F800000u | (mantissa << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (mantissa << 13));
  auto const tiny = static_cast<float>(mantissa) * 0x1p-24f;  // exact: subnormal halves are multiples of 2^-24
  return sign != 0 ? -tiny : tiny;
}

}  // namespace detail

/// Brain floating point: the upper half of a float (8 exponent bits, 8 significant bits). A storage type: arithmetic
/// converts it to float. Conversions from float, double and integers round to nearest, ties to even, once; NaN stays
/// NaN.
struct bf16 {
  std::uint16_t bits = 0;

  constexpr bf16() = default;
  LACUNA_INLINE explicit constexpr bf16(float f) noexcept : bits(detail::float_to_bf16(f)) {}
  LACUNA_INLINE explicit constexpr bf16(double d) noexcept : bits(detail::float_to_bf16(detail::round_to_odd(d))) {}
  template <std::integral I>
  LACUNA_INLINE explicit constexpr bf16(I i) noexcept : bf16(detail::integer_to_double(i)) {}
  LACUNA_INLINE constexpr operator float() const noexcept {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  }
  /// The value with exactly these bits.
  LACUNA_INLINE static constexpr bf16 from_bits(std::uint16_t b) noexcept {
    bf16 x;
    x.bits = b;
    return x;
  }
};

/// IEEE 754 binary16 (5 exponent bits, 11 significant bits). A storage type: arithmetic converts it to float.
/// Conversions from float, double and integers round to nearest, ties to even, once, through the subnormals; beyond
/// 65504 they give infinity as IEEE says; NaN stays NaN.
struct f16 {
  std::uint16_t bits = 0;

  constexpr f16() = default;
  LACUNA_INLINE explicit constexpr f16(float f) noexcept : bits(detail::float_to_f16(f)) {}
  LACUNA_INLINE explicit constexpr f16(double d) noexcept : bits(detail::float_to_f16(detail::round_to_odd(d))) {}
  template <std::integral I>
  LACUNA_INLINE explicit constexpr f16(I i) noexcept : f16(detail::integer_to_double(i)) {}
  LACUNA_INLINE constexpr operator float() const noexcept { return detail::f16_to_float(bits); }
  /// The value with exactly these bits.
  LACUNA_INLINE static constexpr f16 from_bits(std::uint16_t b) noexcept {
    f16 x;
    x.bits = b;
    return x;
  }
};

/// What a matrix may hold: a trivially copyable number that turns into double.
template <class T>
concept scalar = std::is_trivially_copyable_v<T> && std::is_convertible_v<T, double> && !std::is_same_v<T, bool>;

namespace detail {

/// The type of sums of products of T.
template <class T>
struct accumulator {
  using type = float;  // bf16, f16, float
};
template <>
struct accumulator<double> {
  using type = double;
};
template <std::integral T>
struct accumulator<T> {
  using type = std::int32_t;
};

}  // namespace detail

/// The type in which products of T are summed: float for bf16, f16 and float; double; int32 for integers.
template <scalar T>
using accumulator_t = typename detail::accumulator<std::remove_cv_t<T>>::type;

namespace detail {

/// Converts one value to T: rounded once to nearest where T is narrower. Between integers only an equal type is taken,
/// and a floating value never becomes an integer in silence: that is quantisation, which needs a scale.
template <scalar T, scalar U>
LACUNA_INLINE constexpr T convert(U value) noexcept {
  static_assert(!std::integral<T> || std::same_as<T, U>,
                "lacuna: integer matrices are made from the same integer type; quantise floating-point values first");
  if constexpr (std::same_as<T, U>)
    return value;
  else if constexpr (std::same_as<U, bf16> || std::same_as<U, f16>)
    return T(static_cast<float>(value));
  else
    return T(value);
}

}  // namespace detail
}  // namespace lacuna
