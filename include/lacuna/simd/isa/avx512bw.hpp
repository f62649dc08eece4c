// SPDX-License-Identifier: MIT
//
// Seam operations on AVX-512 with 16-bit lanes (BW) and masks for shorter registers (VL).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/isa/avx512_zeros.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/widen.hpp>

#if defined(__AVX512BW__) && defined(__AVX512VL__)

#include <immintrin.h>

#include <bit>
#include <concepts>

namespace lacuna::simd::inline LACUNA_ISA {

/// Rounds in integers: vcvtneps2bf16 takes subnormal numbers for zero.
template <avx512 Arch>
struct widen<Arch, bf16> {
  using batch_type = batch<float, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type load(bf16 const* p) noexcept {
    return upper_halves(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(p)));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(bf16 const* p, lane_bits bits) noexcept {
    return upper_halves(_mm256_maskz_loadu_epi16(static_cast<__mmask16>(bits), p));
  }
  LACUNA_INLINE static void store(bf16* p, batch_type value) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), rounded(value));
  }
  LACUNA_INLINE static void store(bf16* p, batch_type value, lane_bits bits) noexcept {
    _mm256_mask_storeu_epi16(p, static_cast<__mmask16>(bits), rounded(value));
  }

 private:
  [[nodiscard]] LACUNA_INLINE static batch_type upper_halves(__m256i halves) noexcept {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
  }
  [[nodiscard]] LACUNA_INLINE static __m256i rounded(__m512 value) noexcept {
    auto const bits = _mm512_castps_si512(value);
    auto const magnitude = _mm512_and_si512(bits, _mm512_set1_epi32(0x7FFFFFFF));
    auto const nan = _mm512_cmpgt_epi32_mask(magnitude, _mm512_set1_epi32(0x7F800000));
    auto const kept = _mm512_srli_epi32(bits, 16);
    auto const odd = _mm512_and_si512(kept, _mm512_set1_epi32(1));
    auto const half = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF));
    auto const nearest = _mm512_srli_epi32(_mm512_add_epi32(bits, half), 16);
    return _mm512_cvtepi32_epi16(_mm512_mask_or_epi32(nearest, nan, kept, _mm512_set1_epi32(0x40)));
  }
};

template <avx512 Arch>
struct widen<Arch, f16> {
  using batch_type = batch<float, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type load(f16 const* p) noexcept {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(p)));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(f16 const* p, lane_bits bits) noexcept {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(static_cast<__mmask16>(bits), p));
  }
  LACUNA_INLINE static void store(f16* p, batch_type value) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), rounded(value));
  }
  LACUNA_INLINE static void store(f16* p, batch_type value, lane_bits bits) noexcept {
    _mm256_mask_storeu_epi16(p, static_cast<__mmask16>(bits), rounded(value));
  }

 private:
  [[nodiscard]] LACUNA_INLINE static __m256i rounded(__m512 value) noexcept {
    return _mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT);
  }
};

/// Spread as 16-bit lanes and then widened (VBMI2), or the other way round.
template <avx512 Arch, half Half>
struct expand<Arch, Half> {
  using batch_type = batch<float, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type load(Half const* packed, lane_bits bits) noexcept {
    auto const mask = static_cast<__mmask16>(bits);
#if defined(__AVX512VBMI2__)
    auto const halves = _mm512_castsi512_si256(_mm512_mask_expandloadu_epi16(avx512_zeros(), mask, packed));
    if constexpr (std::same_as<Half, f16>)
      return _mm512_cvtph_ps(halves);
    else
      return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
#else
    auto const values = widen<Arch, Half>::load(packed, first_lanes(std::popcount(bits & 0xFFFFu)));
    return _mm512_mask_expand_ps(_mm512_castsi512_ps(avx512_zeros()), mask, values);
#endif
  }
};

#if defined(__AVX512VBMI2__)

template <avx512 Arch>
struct expand_pairs<Arch, bf16> {
  static constexpr bool available = true;
  using batch_type = batch<float, Arch>;

  LACUNA_INLINE static void load(bf16 const* packed, lane_bits bits, batch_type& even, batch_type& odd) noexcept {
    auto const halves = _mm512_mask_expandloadu_epi16(avx512_zeros(), static_cast<__mmask32>(bits), packed);
    even = _mm512_castsi512_ps(_mm512_slli_epi32(halves, 16));
    odd = _mm512_castsi512_ps(_mm512_and_si512(halves, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u))));
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
