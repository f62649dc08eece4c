// SPDX-License-Identifier: MIT
//
// The normal distribution function Phi of registers of float.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: v[r] becomes Phi(v[r]) for K registers, a step of each in turn, because
/// each step waits for the one before it. Within 4.5 units of roundoff (2.7e-7), absolutely; exactly 0 and 1 beyond
/// +-5.39, and from where Phi is 1.6 units of roundoff. NaN: any number or NaN.
///
/// 1/2 + w Q(w^2 - 1/2), w = v / 5.2 held within +-1, Q the polynomial of degree 13 with Q(1/2) = 1/2 that minimises
/// the largest error, 1e-7, by Remez's exchange. Powers of w^2 - 1/2 keep all coefficients' sizes even, so that
/// roundings add little; at w = +-1 all steps are exact, with or without fused multiply-adds. 18 instructions, no
/// division.
template <class Arch>
struct normal_cdf_of {
  using batch_type = batch<float, Arch>;

  template <std::size_t K>
  LACUNA_INLINE static void run(batch_type (&v)[K]) noexcept {
    constexpr int count = static_cast<int>(K);
    constexpr float q[] = {0.706939995f, -0.704531848f, 1.04051399f,  -1.66136408f, 2.66131878f,
                           -4.10421371f, 5.98063374f,   -8.46723843f, 11.3455839f,  -11.7308779f,
                           9.79296017f,  -16.4583397f,  26.6979351f,  -16.0309143f};
    batch_type s[K], sum[K];
    unroll<count>([&](auto r) LACUNA_INLINE_LAMBDA {
      v[r] = xsimd::max(xsimd::min(v[r] * batch_type(0.192307696f), batch_type(1.0f)), batch_type(-1.0f));
      s[r] = fma(v[r], v[r], batch_type(-0.5f));
      sum[r] = batch_type(q[13]);
    });
    unroll<13>([&](auto k) LACUNA_INLINE_LAMBDA {
      batch_type const c(q[12 - k]);
      unroll<count>([&](auto r) LACUNA_INLINE_LAMBDA {
        sum[r] = fma(sum[r], s[r], c);
        if constexpr (count > 1) pin(sum[r]);  // in this order: gcc 12 would take one register after the other
      });
    });
    unroll<count>([&](auto r) LACUNA_INLINE_LAMBDA { v[r] = fma(v[r], sum[r], batch_type(0.5f)); });
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
