// SPDX-License-Identifier: MIT
//
// Functions under one name for a scalar and for a register, so that a formula is written once.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>

namespace lacuna::simd::inline LACUNA_ISA {

using std::abs;
using std::erf;
using std::exp;
using std::fma;
using std::nearbyint;
using std::tanh;
using xsimd::abs;
using xsimd::all;
using xsimd::any;
using xsimd::fma;
using xsimd::max;
using xsimd::min;
using xsimd::nearbyint;
using xsimd::nearbyint_as_int;
using xsimd::reduce_add;
using xsimd::reduce_max;
using xsimd::reduce_min;

namespace math_detail {

template <class V>
struct lane {
  using type = V;
};
template <class T, class Arch>
struct lane<batch<T, Arch>> {
  using type = T;
};

}  // namespace math_detail

/// The type of one lane of a scalar or a register.
template <class V>
using lane_t = typename math_detail::lane<V>::type;

/// A number in every lane of V, rounded to its type.
template <class V, class T>
[[nodiscard]] LACUNA_INLINE V splat(T number) noexcept {
  return V(static_cast<lane_t<V>>(number));
}

/// A register of int32 or float in T, one of the two, each lane rounded to nearest.
template <class T, class U, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> converted(batch<U, Arch> v) noexcept {
  if constexpr (std::same_as<T, U>)
    return v;
  else
    return xsimd::to_float(v);
}

/// condition ? a : b, lane by lane.
template <std::floating_point V>
[[nodiscard]] LACUNA_INLINE V choose(bool condition, V a, V b) noexcept {
  return condition ? a : b;
}
template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> choose(xsimd::batch_bool<T, Arch> condition, batch<T, Arch> a,
                                                  batch<T, Arch> b) noexcept {
  return xsimd::select(condition, a, b);
}

/// The lesser and the greater of two numbers.
template <std::floating_point V>
[[nodiscard]] LACUNA_INLINE V min(V a, V b) noexcept {
  return b < a ? b : a;
}
template <std::floating_point V>
[[nodiscard]] LACUNA_INLINE V max(V a, V b) noexcept {
  return a < b ? b : a;
}

/// v between the numbers that, with `zero` added, become the least and the greatest Int, which are whole and of few
/// bits: so that it may be rounded to int32. 0 for NaN.
template <class Int, class V>
[[nodiscard]] LACUNA_INLINE V held_for(V v, std::int32_t zero) noexcept {
  auto const number = choose(v == v, v, splat<V>(0));
  return min(max(number, splat<V>(std::int32_t{std::numeric_limits<Int>::min()} - zero)),
             splat<V>(std::int32_t{std::numeric_limits<Int>::max()} - zero));
}

namespace math_detail {

/// f(v) with v held between low and high, beyond which f has reached its final values; NaN passes by. xsimd 13.2 rounds
/// arguments of any size, and NaN, to integers, for double by a cast in C++, which is undefined where they do not fit.
template <class T, class Arch, class F>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> within(T low, T high, batch<T, Arch> v, F&& f) noexcept {
  using batch_type = batch<T, Arch>;
  auto const number = v == v;
  auto held = choose(v > batch_type(high), batch_type(high), v);
  held = choose(held < batch_type(low), batch_type(low), held);
  return choose(number, f(choose(number, held, batch_type(T{0}))), v);
}

}  // namespace math_detail

template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> exp(batch<T, Arch> v) noexcept {
  // Below `least`, where results would be subnormal numbers, at 70 ns a register, they are 0.
  constexpr T least = sizeof(T) == 4 ? T(-87.33) : T(-708.39);
  constexpr T most = sizeof(T) == 4 ? T(89) : T(710);
  auto const result = math_detail::within(least, most, v, [](auto x) LACUNA_INLINE_LAMBDA { return xsimd::exp(x); });
  return choose(v < batch<T, Arch>(least), batch<T, Arch>(T{0}), result);
}
template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> erf(batch<T, Arch> v) noexcept {
  constexpr T one = sizeof(T) == 4 ? 4 : 6;  // erf is 1 to the last bit; farther out it would compute subnormal numbers
  return math_detail::within(-one, one, v, [](auto x) LACUNA_INLINE_LAMBDA { return xsimd::erf(x); });
}
template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> tanh(batch<T, Arch> v) noexcept {
  return math_detail::within(T{-30}, T{30}, v, [](auto x) LACUNA_INLINE_LAMBDA { return xsimd::tanh(x); });
}

/// Phi(v), the normal distribution function, by the error function: for double within 42 units of roundoff, absolutely.
/// NaN: any number or NaN. For registers of float: simd/normal_cdf.hpp.
template <class V>
[[nodiscard]] LACUNA_INLINE V normal_cdf(V v) noexcept {
  return splat<V>(0.5) * (splat<V>(1) + simd::erf(v * splat<V>(0.70710678118654752440)));
}
}  // namespace lacuna::simd::inline LACUNA_ISA
