// SPDX-License-Identifier: MIT
//
// The normal distribution function on AVX2, by a quotient of polynomials.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/normal_cdf.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/unroll.hpp>

#if defined(__AVX2__) && defined(__FMA__)

#include <cstddef>

namespace lacuna::simd::inline LACUNA_ISA {

/// 1/2 + v P(v^2) / Q(v^2), the fraction held within +-1/2 and v^2 below 5.15^2; P of degree 5, Q of degree 4: within
/// 1.3 units of roundoff, 4.2 with all roundings; exactly 0 and 1 from where Phi is 2.2 units. 16 instructions instead
/// of 18, one of them a division, which runs beside multiply-adds. Zen 3, from L1 to L1, ns a register of bias and
/// gelu: 2.7 instead of 3.5.
template <avx2 Arch>
struct normal_cdf_of<Arch> {
  using batch_type = batch<float, Arch>;

  template <std::size_t K>
  LACUNA_INLINE static void run(batch_type (&v)[K]) noexcept {
    constexpr int count = static_cast<int>(K);
    batch_type s[K], p[K], q[K];
    unroll<count>([&](auto r) LACUNA_INLINE_LAMBDA { s[r] = xsimd::min(v[r] * v[r], batch_type(26.5225f)); });
    polynomial(s, p, above);
    polynomial(s, q, below);
    unroll<count>([&](auto r) LACUNA_INLINE_LAMBDA {
      auto const fraction = v[r] * p[r] / q[r];
      v[r] = xsimd::max(xsimd::min(fraction, batch_type(0.5f)), batch_type(-0.5f)) + batch_type(0.5f);
    });
  }

 private:
  static constexpr float above[] = {0.398941785f,    0.0580553748f,   0.0059270761f,
                                    0.000388214161f, 5.09207666e-06f, -1.55476449e-08f};
  static constexpr float below[] = {1.0f, 0.312182039f, 0.0419020914f, 0.00311583816f, 0.000130304703f};

  /// sum[r] = a[0] + a[1] s[r] + a[2] s[r]^2 + ...
  template <std::size_t K, std::size_t N>
  LACUNA_INLINE static void polynomial(batch_type const (&s)[K], batch_type (&sum)[K], float const (&a)[N]) noexcept {
    constexpr int count = static_cast<int>(K);
    constexpr int degree = static_cast<int>(N) - 1;
    unroll<count>([&](auto r) LACUNA_INLINE_LAMBDA { sum[r] = batch_type(a[degree]); });
    unroll<degree>([&](auto k) LACUNA_INLINE_LAMBDA {
      batch_type const c(a[degree - 1 - k]);
      unroll<count>([&](auto r) LACUNA_INLINE_LAMBDA {
        sum[r] = fma(sum[r], s[r], c);
        if constexpr (count > 1) pin(sum[r]);  // in this order: gcc 12 would take one register after the other
      });
    });
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
