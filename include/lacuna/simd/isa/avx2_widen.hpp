// SPDX-License-Identifier: MIT
//
// 16-bit values on AVX2, which has no masked loads or stores of 16-bit lanes.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/widen.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <bit>
#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// The first `count` 16-bit elements, by pairs and the last one by itself; 0 behind them.
[[nodiscard]] LACUNA_INLINE __m128i avx2_load_halves(void const* p, int count) noexcept {
  if (count == 0) return _mm_setzero_si128();
  std::uint16_t last;
  std::memcpy(&last, static_cast<std::uint16_t const*>(p) + (count - 1), sizeof last);
  auto const whole = _mm_cmpgt_epi32(_mm_set1_epi32(count / 2), _mm_setr_epi32(0, 1, 2, 3));
  auto const at =
      _mm_cmpeq_epi16(_mm_set1_epi16(static_cast<short>(count - 1)), _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7));
  auto const pairs = _mm_maskload_epi32(static_cast<int const*>(p), whole);
  return _mm_blendv_epi8(pairs, _mm_set1_epi16(static_cast<short>(last)), at);
}

/// The 16-bit elements whose bits are set, 0 for the others, which are not read.
[[nodiscard]] LACUNA_INLINE __m128i avx2_load_some_halves(void const* p, lane_bits bits) noexcept {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  return _mm_maskz_loadu_epi16(static_cast<__mmask8>(bits), p);
#else
  auto const some = bits & 0xFFu;
  if ((some & (some + 1)) == 0) return avx2_load_halves(p, std::popcount(some));  // the first ones
  alignas(16) std::uint16_t lane[8] = {};
  for (int l = 0; l != 8; ++l)
    if (((some >> l) & 1u) != 0) std::memcpy(lane + l, static_cast<std::uint16_t const*>(p) + l, sizeof *lane);
  return _mm_load_si128(reinterpret_cast<__m128i const*>(lane));
#endif
}

/// 16-bit lanes have no masked stores: some lanes go one by one, as in the portable body.
template <avx2 Arch>
struct widen<Arch, bf16> {
  using batch_type = batch<float, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type from(__m128i halves) noexcept {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(bf16 const* p) noexcept {
    return from(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p)));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(bf16 const* p, lane_bits bits) noexcept {
    return from(avx2_load_some_halves(p, bits));
  }
  LACUNA_INLINE static void store(bf16* p, batch_type value) noexcept {
    auto const bits = _mm256_castps_si256(value);
    auto const magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF));
    auto const nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7F800000));
    auto const kept = _mm256_srli_epi32(bits, 16);
    auto const odd = _mm256_and_si256(kept, _mm256_set1_epi32(1));
    auto const half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
    auto const nearest = _mm256_srli_epi32(_mm256_add_epi32(bits, half), 16);
    auto const result = _mm256_blendv_epi8(nearest, _mm256_or_si256(kept, _mm256_set1_epi32(0x40)), nan);
    auto const packed = _mm_packus_epi32(_mm256_castsi256_si128(result), _mm256_extracti128_si256(result, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), packed);
  }
  LACUNA_INLINE static void store(bf16* p, batch_type value, lane_bits bits) noexcept {
    alignas(16) bf16 all[8];
    store(all, value);
    for (int l = 0; l != 8; ++l)
      if (((bits >> l) & 1u) != 0) p[l] = all[l];
  }
};

#if defined(__F16C__)

template <avx2 Arch>
struct widen<Arch, f16> {
  using batch_type = batch<float, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type from(__m128i halves) noexcept { return _mm256_cvtph_ps(halves); }
  [[nodiscard]] LACUNA_INLINE static batch_type load(f16 const* p) noexcept {
    return from(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p)));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(f16 const* p, lane_bits bits) noexcept {
    return from(avx2_load_some_halves(p, bits));
  }
  LACUNA_INLINE static void store(f16* p, batch_type value) noexcept {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT));
  }
  LACUNA_INLINE static void store(f16* p, batch_type value, lane_bits bits) noexcept {
    alignas(16) f16 all[8];
    store(all, value);
    for (int l = 0; l != 8; ++l)
      if (((bits >> l) & 1u) != 0) p[l] = all[l];
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
