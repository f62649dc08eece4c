// SPDX-License-Identifier: MIT
//
// 16-bit numbers in 128-bit registers of x86: those of builds for SSE, and the short ones of builds for AVX2 and
// AVX-512.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/widen.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#if defined(__AVX__)
#include <immintrin.h>
#else
#include <emmintrin.h>  // a third of the lines
#endif

namespace lacuna::simd::inline LACUNA_ISA {

/// Zeros below each number: one shuffle.
template <sse2 Arch>
struct widen<Arch, bf16> : widen_lane_by_lane<Arch, bf16> {
  using widen_lane_by_lane<Arch, bf16>::load;
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(bf16 const* p) noexcept {
    auto const halves = _mm_loadl_epi64(reinterpret_cast<__m128i const*>(p));
    return _mm_castsi128_ps(_mm_unpacklo_epi16(_mm_setzero_si128(), halves));
  }
};

#if defined(__F16C__)

template <sse2 Arch>
struct widen<Arch, f16> : widen_lane_by_lane<Arch, f16> {
  using widen_lane_by_lane<Arch, f16>::load;
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(f16 const* p) noexcept {
    return _mm_cvtph_ps(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(p)));
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
