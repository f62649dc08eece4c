// SPDX-License-Identifier: MIT
//
// Neighbours of even and of odd number on AVX2, values of bf16 alone: a shift and a mask for two registers, where in
// order they take a shuffle and a shift each.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/even_odd.hpp>
#include <lacuna/simd/isa/avx2_widen.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/pin.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

namespace lacuna::simd::inline LACUNA_ISA {

/// No positions: tables are looked up in order here.
template <avx2 Arch>
struct even_odd<Arch, bf16> {
  static constexpr bool available = true;
  static constexpr int widest_table = 0;
  using batch_type = batch<float, Arch>;

  LACUNA_INLINE static void load(bf16 const* p, batch_type& even, batch_type& odd) noexcept {
    apart(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(p)), even, odd);
  }
  LACUNA_INLINE static void load(bf16 const* p, lane_bits bits, batch_type& even, batch_type& odd) noexcept {
    auto const low =
        (bits & 0xFFu) == 0xFFu ? _mm_loadu_si128(reinterpret_cast<__m128i const*>(p)) : avx2_load_some_halves(p, bits);
    apart(_mm256_set_m128i(avx2_load_some_halves(p + 8, bits >> 8), low), even, odd);
  }
  LACUNA_INLINE static void in_order(batch_type& even, batch_type& odd) noexcept {
    __m256 const low = _mm256_unpacklo_ps(even, odd), high = _mm256_unpackhi_ps(even, odd);
    even = _mm256_permute2f128_ps(low, high, 0x20);
    odd = _mm256_permute2f128_ps(low, high, 0x31);
  }

 private:
  /// Pinned, for gcc 12 reads each line twice: a load for the shift, and one that it folds into the mask.
  LACUNA_INLINE static void apart(__m256i both, batch_type& even, batch_type& odd) noexcept {
    batch_type pinned = _mm256_castsi256_ps(both);
    pin(pinned);
    auto const halves = _mm256_castps_si256(pinned);
    even = _mm256_castsi256_ps(_mm256_slli_epi32(halves, 16));
    odd = _mm256_castsi256_ps(_mm256_and_si256(halves, _mm256_set1_epi32(static_cast<int>(0xFFFF0000u))));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
