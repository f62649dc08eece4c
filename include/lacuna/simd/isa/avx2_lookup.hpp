// SPDX-License-Identifier: MIT
//
// Look-ups on AVX2: a permutation of 8 floats for each register of the table, and a choice among the results by the
// upper bits of the position; a table of more than 32 floats stays in memory and is gathered from.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/lookup.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

template <avx2 Arch>
struct positions<Arch, float> {
  static constexpr int lanes = 8;
  __m256i at;

  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p) noexcept {
    return {_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(p)))};
  }
  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p, index count) noexcept {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, p, static_cast<std::size_t>(count));
    return {_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(bytes)))};
  }
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> gather(float const* from) const noexcept {
    return _mm256_i32gather_ps(from, at, 4);
  }
};

template <avx2 Arch>
struct positions<Arch, double> {
  static constexpr int lanes = 4;
  __m128i at;

  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p) noexcept { return load(p, 4); }
  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p, index count) noexcept {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, p, static_cast<std::size_t>(count));
    return {_mm_cvtepu8_epi32(_mm_cvtsi32_si128(static_cast<int>(bytes)))};
  }
  [[nodiscard]] LACUNA_INLINE batch<double, Arch> gather(double const* from) const noexcept {
    return _mm256_i32gather_pd(from, at, 8);
  }
};

/// Elements of up to four registers of 8 floats, at the positions that the lowest five bits of `at` name.
template <class Arch, int Registers>
[[nodiscard]] LACUNA_INLINE __m256 avx2_lookup(batch<float, Arch> const (&table)[Registers], __m256i at) noexcept {
  auto const element = [&](auto r) LACUNA_INLINE_LAMBDA { return _mm256_permutevar8x32_ps(table[r], at); };
  using std::integral_constant;
  if constexpr (Registers == 1) {
    return element(integral_constant<int, 0>{});
  } else {
    auto const bit3 = _mm256_castsi256_ps(_mm256_slli_epi32(at, 28));  // blends look at the sign
    auto const low = _mm256_blendv_ps(element(integral_constant<int, 0>{}), element(integral_constant<int, 1>{}), bit3);
    if constexpr (Registers == 2) {
      return low;
    } else {
      static_assert(Registers == 4);
      auto const bit4 = _mm256_castsi256_ps(_mm256_slli_epi32(at, 27));
      auto const high =
          _mm256_blendv_ps(element(integral_constant<int, 2>{}), element(integral_constant<int, 3>{}), bit3);
      return _mm256_blendv_ps(low, high, bit4);
    }
  }
}

template <avx2 Arch, int N>
  requires(N <= 32)
struct lookup<Arch, float, N> {
  static constexpr int registers = N <= 8 ? 1 : N <= 16 ? 2 : 4;
  batch<float, Arch> table[registers];

  LACUNA_INLINE lookup(float const* from, index count) noexcept { load_table<Arch>(table, from, count); }
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> operator[](positions<Arch, float> p) const noexcept {
    return avx2_lookup<Arch>(table, p.at);
  }
};

/// A double is a pair of floats to the permutation.
template <avx2 Arch, int N>
  requires(N <= 16)
struct lookup<Arch, double, N> {
  static constexpr int registers = N <= 4 ? 1 : N <= 8 ? 2 : 4;
  batch<float, Arch> table[registers];

  LACUNA_INLINE lookup(double const* from, index count) noexcept {
    batch<double, Arch> loaded[registers];
    load_table<Arch>(loaded, from, count);
    for (int r = 0; r != registers; ++r) table[r] = _mm256_castpd_ps(loaded[r]);
  }
  [[nodiscard]] LACUNA_INLINE batch<double, Arch> operator[](positions<Arch, double> p) const noexcept {
    auto const twice = _mm_slli_epi32(p.at, 1);
    auto const next = _mm_add_epi32(twice, _mm_set1_epi32(1));
    auto const halves = _mm256_set_m128i(_mm_unpackhi_epi32(twice, next), _mm_unpacklo_epi32(twice, next));
    return _mm256_castps_pd(avx2_lookup<Arch>(table, halves));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
