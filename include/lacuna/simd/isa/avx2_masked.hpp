// SPDX-License-Identifier: MIT
//
// Masked loads and stores of 32- and 64-bit lanes on AVX2.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/masked.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// All ones in the 32-bit lanes whose bits are set.
[[nodiscard]] LACUNA_INLINE __m256i avx2_mask32(lane_bits bits) noexcept {
  auto const lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits & 0xFFu)), lane), lane);
}

/// All ones in the 64-bit lanes whose bits are set.
[[nodiscard]] LACUNA_INLINE __m256i avx2_mask64(lane_bits bits) noexcept {
  auto const lane = _mm256_setr_epi64x(1, 2, 4, 8);
  return _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(static_cast<long long>(bits & 0xFu)), lane), lane);
}

/// Whether bits are those of the first lanes, which avx2_store_first stores: on Zen, as Zen 3 takes 7 ns for a masked
/// store and 1 to 2 for two or three others.
[[nodiscard]] LACUNA_INLINE bool avx2_stores_first(lane_bits bits) noexcept {
  return lacuna::detail::tuned_for_zen && (bits & (bits + 1)) == 0;
}

/// Stores the first lanes of 32 bits, whose bits are set, by halves.
LACUNA_INLINE void avx2_store_first(void* to, __m256i value, lane_bits bits) noexcept {
  if (bits > 0x7F) return _mm256_storeu_si256(static_cast<__m256i*>(to), value);
  auto* p = static_cast<unsigned char*>(to);
  auto part = _mm256_castsi256_si128(value);
  if (bits > 0x7) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), part);
    part = _mm256_extracti128_si256(value, 1);
    bits >>= 4;
    p += 16;
  }
  if (bits > 1) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), part);
    part = _mm_unpackhi_epi64(part, part);
    bits >>= 2;
    p += 8;
  }
  if (bits == 0) return;
  int const last = _mm_cvtsi128_si32(part);
  std::memcpy(p, &last, sizeof last);
}

template <avx2 Arch>
struct masked<Arch, float> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* p, lane_bits bits) noexcept {
    return _mm256_maskload_ps(p, avx2_mask32(bits));
  }
  LACUNA_INLINE static void store(float* p, batch<float, Arch> value, lane_bits bits) noexcept {
    bits &= 0xFFu;
    if (avx2_stores_first(bits)) return avx2_store_first(p, _mm256_castps_si256(value), bits);
    _mm256_maskstore_ps(p, avx2_mask32(bits), value);
  }
};

template <avx2 Arch>
struct masked<Arch, double> {
  [[nodiscard]] LACUNA_INLINE static batch<double, Arch> load(double const* p, lane_bits bits) noexcept {
    return _mm256_maskload_pd(p, avx2_mask64(bits));
  }
  LACUNA_INLINE static void store(double* p, batch<double, Arch> value, lane_bits bits) noexcept {
    bits &= 0xFu;
    if (avx2_stores_first(bits)) return avx2_store_first(p, _mm256_castpd_si256(value), bits * bits + 2 * bits);
    _mm256_maskstore_pd(p, avx2_mask64(bits), value);
  }
};

template <avx2 Arch>
struct masked<Arch, std::int32_t> {
  [[nodiscard]] LACUNA_INLINE static batch<std::int32_t, Arch> load(std::int32_t const* p, lane_bits bits) noexcept {
    return _mm256_maskload_epi32(p, avx2_mask32(bits));
  }
  LACUNA_INLINE static void store(std::int32_t* p, batch<std::int32_t, Arch> value, lane_bits bits) noexcept {
    bits &= 0xFFu;
    if (avx2_stores_first(bits)) return avx2_store_first(p, value, bits);
    _mm256_maskstore_epi32(p, avx2_mask32(bits), value);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
