// SPDX-License-Identifier: MIT
//
// Seam operations on AVX-512: a mask register does what the portable bodies do lane by lane.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/masked.hpp>

#if defined(__AVX512F__)

#include <immintrin.h>

namespace lacuna::simd::inline LACUNA_ISA {

template <avx512 Arch>
struct masked<Arch, float> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* p, lane_bits bits) noexcept {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>(bits), p);
  }
  LACUNA_INLINE static void store(float* p, batch<float, Arch> value, lane_bits bits) noexcept {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>(bits), value);
  }
};

template <avx512 Arch>
struct masked<Arch, double> {
  [[nodiscard]] LACUNA_INLINE static batch<double, Arch> load(double const* p, lane_bits bits) noexcept {
    return _mm512_maskz_loadu_pd(static_cast<__mmask8>(bits), p);
  }
  LACUNA_INLINE static void store(double* p, batch<double, Arch> value, lane_bits bits) noexcept {
    _mm512_mask_storeu_pd(p, static_cast<__mmask8>(bits), value);
  }
};

template <avx512 Arch>
struct expand<Arch, float> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* packed, lane_bits bits) noexcept {
    return _mm512_maskz_expandloadu_ps(static_cast<__mmask16>(bits), packed);
  }
};

template <avx512 Arch>
struct expand<Arch, double> {
  [[nodiscard]] LACUNA_INLINE static batch<double, Arch> load(double const* packed, lane_bits bits) noexcept {
    return _mm512_maskz_expandloadu_pd(static_cast<__mmask8>(bits), packed);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
