// SPDX-License-Identifier: MIT
//
// Seam operations on AVX2, which has masked loads of 32- and 64-bit lanes and a permutation across lanes, but no
// expand.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/masked.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstdint>

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

template <avx2 Arch>
struct masked<Arch, float> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* p, lane_bits bits) noexcept {
    return _mm256_maskload_ps(p, avx2_mask32(bits));
  }
  LACUNA_INLINE static void store(float* p, batch<float, Arch> value, lane_bits bits) noexcept {
    _mm256_maskstore_ps(p, avx2_mask32(bits), value);
  }
};

template <avx2 Arch>
struct masked<Arch, double> {
  [[nodiscard]] LACUNA_INLINE static batch<double, Arch> load(double const* p, lane_bits bits) noexcept {
    return _mm256_maskload_pd(p, avx2_mask64(bits));
  }
  LACUNA_INLINE static void store(double* p, batch<double, Arch> value, lane_bits bits) noexcept {
    _mm256_maskstore_pd(p, avx2_mask64(bits), value);
  }
};

/// For each of the 256 masks of 8 lanes, which packed element each lane takes: 2 KB, resident in L1 while in use.
[[nodiscard]] constexpr std::array<std::uint64_t, 256> expand_indices() noexcept {
  std::array<std::uint64_t, 256> table{};
  for (unsigned bits = 0; bits != 256; ++bits) {
    std::uint64_t next = 0;
    for (unsigned lane = 0; lane != 8; ++lane)
      if (((bits >> lane) & 1u) != 0) table[bits] |= next++ << (8 * lane);
  }
  return table;
}

inline constexpr auto expand_index_table = expand_indices();

template <avx2 Arch>
struct expand<Arch, float> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* packed, lane_bits bits) noexcept {
    auto const byte = bits & 0xFFu;
    auto const values = _mm256_maskload_ps(packed, avx2_mask32(first_lanes(std::popcount(byte))));
    auto const from = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(expand_index_table.data()[byte])));
    return _mm256_and_ps(_mm256_permutevar8x32_ps(values, from), _mm256_castsi256_ps(avx2_mask32(byte)));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
