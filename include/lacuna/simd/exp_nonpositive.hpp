// SPDX-License-Identifier: MIT
//
// The exponential function of numbers that are not positive: weights of a softmax.
//
// Bound: 11 operations a register (largest of two, multiply-add, difference, six multiply-adds, shift, product), all on
// the two ports of multiply-adds: 5.5 cycles. One waits for the other, so several registers go side by side, step by
// step: in turn, they fill the scheduler.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// x[i] = e^x[i] for x <= 0, in every lane. float: within 3 + |x| / 20 units of roundoff (2^-24 each) of e^x,
/// relative, down to x = -87.3 (an x that is rounded is off by |x| of them already); exactly 0 below -87.7, as for
/// -inf, so that subnormal numbers, which take 70 ns a register, are rare. exp(0) is exactly 1; NaN gives NaN. Positive
/// x: undefined beyond 88. double: as xsimd's exp. e^x = 2^n e^r with |r| <= ln(2) / 2; e^r by a polynomial of degree 5
/// with p(0) = 1, minimax in relative error (1.55 units). n is rounded by adding 1.5 * 2^23 + 127, which leaves n + 127
/// in the lowest bits, to be shifted into the place of the exponent: for n = -127, where x is held, that is a factor of
/// 0.
template <std::size_t N, class Arch>
LACUNA_INLINE void exp_nonpositive(batch<float, Arch> (&x)[N]) noexcept {
  using batch_type = batch<float, Arch>;
  constexpr int count = static_cast<int>(N);
  batch_type const least(-88.0f), magic(12582912.0f + 127.0f);
  batch_type t[N], r[N], p[N];
  unroll<count>([&](auto i) LACUNA_INLINE_LAMBDA {
    if constexpr (avx512<Arch> || avx2<Arch> || sse2<Arch> || neon64<Arch>)
      x[i] = max(least, x[i]);  // one instruction, which keeps a NaN
    else
      x[i] = choose(x[i] < least, least, x[i]);
  });
  unroll<count>([&](auto i) LACUNA_INLINE_LAMBDA { t[i] = fma(x[i], batch_type(1.44269504f), magic); });
  unroll<count>([&](auto i) LACUNA_INLINE_LAMBDA { r[i] = t[i] - magic; });
  unroll<count>([&](auto i) LACUNA_INLINE_LAMBDA {
    if constexpr (avx512<Arch> || avx2<Arch> || neon64<Arch>)
      r[i] = fma(r[i], batch_type(-0.693147182f), x[i]);
    else  // ln(2) in two parts, of which the first has so few bits that its product with n is exact
      r[i] = fma(r[i], batch_type(2.12194440e-4f), fma(r[i], batch_type(-0.693359375f), x[i]));
  });
  unroll<count>(
      [&](auto i) LACUNA_INLINE_LAMBDA { p[i] = fma(batch_type(0.008290229365f), r[i], batch_type(0.04189838842f)); });
  for (float const c : {0.1666764021f, 0.4999914467f, 0.999999702f, 1.0f})
    unroll<count>([&](auto i) LACUNA_INLINE_LAMBDA { p[i] = fma(p[i], r[i], batch_type(c)); });
  unroll<count>([&](auto i) LACUNA_INLINE_LAMBDA { x[i] = p[i] * bits_as<float>(bits_as<std::int32_t>(t[i]) << 23); });
}
template <std::size_t N, class Arch>
LACUNA_INLINE void exp_nonpositive(batch<double, Arch> (&x)[N]) noexcept {
  unroll<static_cast<int>(N)>([&](auto i) LACUNA_INLINE_LAMBDA { x[i] = simd::exp(x[i]); });
}

}  // namespace lacuna::simd::inline LACUNA_ISA
