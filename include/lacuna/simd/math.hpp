// SPDX-License-Identifier: MIT
//
// Functions under one name for a scalar and for a register, so that a formula is written once.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cmath>
#include <concepts>

namespace lacuna::simd::inline LACUNA_ISA {

using std::abs;
using std::erf;
using std::exp;
using std::fma;
using std::nearbyint;
using std::tanh;
using xsimd::abs;
using xsimd::fma;
using xsimd::nearbyint;
using xsimd::reduce_add;

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

namespace math_detail {

/// f(v) with v held within +-limit, beyond which f has reached its final values; NaN passes by. xsimd 13.2 rounds
/// arguments of any size, and NaN, to integers, for double by a cast in C++, which is undefined where they do not fit.
template <class T, class Arch, class F>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> within(T limit, batch<T, Arch> v, F&& f) noexcept {
  using batch_type = batch<T, Arch>;
  auto const number = v == v;
  auto held = choose(v > batch_type(limit), batch_type(limit), v);
  held = choose(held < batch_type(-limit), batch_type(-limit), held);
  return choose(number, f(choose(number, held, batch_type(T{0}))), v);
}

}  // namespace math_detail

template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> exp(batch<T, Arch> v) noexcept {
  return math_detail::within(T{1000}, v, [](auto x) LACUNA_INLINE_LAMBDA { return xsimd::exp(x); });
}
template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> erf(batch<T, Arch> v) noexcept {
  return math_detail::within(T{10}, v, [](auto x) LACUNA_INLINE_LAMBDA { return xsimd::erf(x); });
}
template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> tanh(batch<T, Arch> v) noexcept {
  return math_detail::within(T{30}, v, [](auto x) LACUNA_INLINE_LAMBDA { return xsimd::tanh(x); });
}

}  // namespace lacuna::simd::inline LACUNA_ISA
