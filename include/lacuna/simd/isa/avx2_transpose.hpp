// SPDX-License-Identifier: MIT
//
// Transposed blocks on AVX2.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/transpose.hpp>
#include <lacuna/simd/unroll.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

namespace lacuna::simd::inline LACUNA_ISA {

/// Loads halves of registers, which needs no shuffle: 16 of them for 8x8 floats instead of 24, and 4 for 4x4 doubles
/// instead of 8.
template <avx2 Arch>
struct transpose<Arch, float> {
  using batch_type = batch<float, Arch>;
  static constexpr int lanes = 8;

  LACUNA_INLINE static void run(batch_type (&block)[8]) noexcept { xsimd::transpose(block, block + 8); }
  LACUNA_INLINE static void load(float const* p, index stride, batch_type (&block)[8]) noexcept {
    unroll<2>([&](auto g) LACUNA_INLINE_LAMBDA {
      batch_type four[4];
      load_columns(p + 4 * g, stride, four);
      unroll<4>([&](auto i) LACUNA_INLINE_LAMBDA { block[4 * g + i] = four[i]; });
    });
  }
  static constexpr int columns = 4;
  LACUNA_INLINE static void load_columns(float const* p, index stride, batch_type (&block)[4]) noexcept {
    __m256d t[4];  // rows i and i + 4
    unroll<2>([&](auto i) LACUNA_INLINE_LAMBDA {
      auto const a = load_halves(p + 2 * i * stride, 4 * stride);
      auto const b = load_halves(p + (2 * i + 1) * stride, 4 * stride);
      t[i] = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
      t[2 + i] = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
    });
    unroll<2>([&](auto i) LACUNA_INLINE_LAMBDA {
      block[2 * i] = _mm256_castpd_ps(_mm256_unpacklo_pd(t[2 * i], t[2 * i + 1]));
      block[2 * i + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(t[2 * i], t[2 * i + 1]));
    });
  }

 private:
  [[nodiscard]] LACUNA_INLINE static __m256 load_halves(float const* p, index step) noexcept {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(p + step), 1);
  }
};

template <avx2 Arch>
struct transpose<Arch, double> {
  using batch_type = batch<double, Arch>;
  static constexpr int lanes = 4;

  LACUNA_INLINE static void run(batch_type (&block)[4]) noexcept { xsimd::transpose(block, block + 4); }
  LACUNA_INLINE static void load(double const* p, index stride, batch_type (&block)[4]) noexcept {
    unroll<2>([&](auto g) LACUNA_INLINE_LAMBDA {
      batch_type two[2];
      load_columns(p + 2 * g, stride, two);
      block[2 * g] = two[0];
      block[2 * g + 1] = two[1];
    });
  }
  static constexpr int columns = 2;
  LACUNA_INLINE static void load_columns(double const* p, index stride, batch_type (&block)[2]) noexcept {
    auto const even = load_halves(p, 2 * stride);  // rows i and i + 2
    auto const odd = load_halves(p + stride, 2 * stride);
    block[0] = _mm256_unpacklo_pd(even, odd);
    block[1] = _mm256_unpackhi_pd(even, odd);
  }

 private:
  [[nodiscard]] LACUNA_INLINE static __m256d load_halves(double const* p, index step) noexcept {
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(p)), _mm_loadu_pd(p + step), 1);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
