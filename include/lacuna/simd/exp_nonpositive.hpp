// SPDX-License-Identifier: MIT
//
// The exponential function of numbers that are not positive: weights of a softmax.
//
// Bound: 11 operations a register (compare, multiply-add, subtract, multiply-add, five multiply-adds, shift, product),
// all on the ports of multiply-adds: 5.5 cycles. xsimd's exp takes 2.3 times as many for the last half unit of its
// error and for arguments of either sign.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/math.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// e^x for x <= 0, in every lane. float: within 3 units of roundoff (2^-24 each) of e^x, relative, down to x = -87.33;
/// below, where results would be subnormal numbers, exactly 0, as it is for -inf. exp(0) is exactly 1; NaN gives NaN.
/// Positive x: undefined beyond 88. double: as xsimd's exp.
/// e^x = 2^n e^r with |r| <= ln(2) / 2; e^r by a polynomial of degree 5 with p(0) = 1, minimax in relative error (1.55
/// units). n is rounded by adding 1.5 * 2^23, which also leaves n + 127 in the lowest bits, to be shifted into place.
template <class Arch>
[[nodiscard]] LACUNA_INLINE batch<float, Arch> exp_nonpositive(batch<float, Arch> x) noexcept {
  using batch_type = batch<float, Arch>;
  batch_type const magic(12582912.0f + 127.0f);
  auto const t = fma(x, batch_type(1.44269504f), magic);
  auto const r = fma(t - magic, batch_type(-0.693147182f), x);
  auto p = fma(batch_type(0.008290229365f), r, batch_type(0.04189838842f));
  p = fma(p, r, batch_type(0.1666764021f));
  p = fma(p, r, batch_type(0.4999914467f));
  p = fma(p, r, batch_type(0.999999702f));
  p = fma(p, r, batch_type(1.0f));
  auto const power = xsimd::bitwise_cast<float>(xsimd::bitwise_cast<std::int32_t>(t) << 23);
  return choose(x < batch_type(-87.33f), batch_type(0.0f), p * power);
}
template <class Arch>
[[nodiscard]] LACUNA_INLINE batch<double, Arch> exp_nonpositive(batch<double, Arch> x) noexcept {
  return simd::exp(x);
}

}  // namespace lacuna::simd::inline LACUNA_ISA
