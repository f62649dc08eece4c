// SPDX-License-Identifier: MIT
//
// Seam operations on AVX-512: a mask register does what the portable bodies do lane by lane.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/compress.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/isa/avx512_zeros.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/repeat.hpp>
#include <lacuna/simd/shorten.hpp>
#include <lacuna/simd/spread.hpp>
#include <lacuna/simd/sum_lanes.hpp>
#include <lacuna/simd/transpose.hpp>
#include <lacuna/simd/unroll.hpp>

#if defined(__AVX512F__)

#include <immintrin.h>

#include <concepts>
#include <cstdint>

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
struct masked<Arch, std::int32_t> {
  [[nodiscard]] LACUNA_INLINE static batch<std::int32_t, Arch> load(std::int32_t const* p, lane_bits bits) noexcept {
    return _mm512_maskz_loadu_epi32(static_cast<__mmask16>(bits), p);
  }
  LACUNA_INLINE static void store(std::int32_t* p, batch<std::int32_t, Arch> value, lane_bits bits) noexcept {
    _mm512_mask_storeu_epi32(p, static_cast<__mmask16>(bits), value);
  }
};

template <avx512 Arch, std::integral Int>
struct shorten<Arch, Int> {
  using batch_type = batch<std::int32_t, Arch>;
  LACUNA_INLINE static void store(Int* p, batch_type value) noexcept {
    if constexpr (sizeof(Int) == 1)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(value));
    else
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(value));
  }
  LACUNA_INLINE static void store(Int* p, batch_type value, lane_bits bits) noexcept {
    if constexpr (sizeof(Int) == 1)
      _mm512_mask_cvtepi32_storeu_epi8(p, static_cast<__mmask16>(bits), value);
    else
      _mm512_mask_cvtepi32_storeu_epi16(p, static_cast<__mmask16>(bits), value);
  }
};

template <avx512 Arch>
struct expand<Arch, float> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* packed, lane_bits bits) noexcept {
    return _mm512_mask_expandloadu_ps(_mm512_castsi512_ps(avx512_zeros()), static_cast<__mmask16>(bits), packed);
  }
};

template <avx512 Arch>
struct expand<Arch, double> {
  [[nodiscard]] LACUNA_INLINE static batch<double, Arch> load(double const* packed, lane_bits bits) noexcept {
    return _mm512_mask_expandloadu_pd(_mm512_castsi512_pd(avx512_zeros()), static_cast<__mmask8>(bits), packed);
  }
};

/// Four registers of four rows each: transposes the 4x4 blocks of their 128-bit lanes.
LACUNA_INLINE void avx512_transpose_lanes(__m512& a, __m512& b, __m512& c, __m512& d) noexcept {
  auto const ab_low = _mm512_castps_pd(_mm512_unpacklo_ps(a, b));
  auto const ab_high = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
  auto const cd_low = _mm512_castps_pd(_mm512_unpacklo_ps(c, d));
  auto const cd_high = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
  a = _mm512_castpd_ps(_mm512_unpacklo_pd(ab_low, cd_low));
  b = _mm512_castpd_ps(_mm512_unpackhi_pd(ab_low, cd_low));
  c = _mm512_castpd_ps(_mm512_unpacklo_pd(ab_high, cd_high));
  d = _mm512_castpd_ps(_mm512_unpackhi_pd(ab_high, cd_high));
}

/// Transposes the 4x4 matrix of 128-bit lanes.
LACUNA_INLINE void avx512_transpose_quarters(__m512& a, __m512& b, __m512& c, __m512& d) noexcept {
  auto const ab_low = _mm512_shuffle_f32x4(a, b, 0x44);
  auto const ab_high = _mm512_shuffle_f32x4(a, b, 0xEE);
  auto const cd_low = _mm512_shuffle_f32x4(c, d, 0x44);
  auto const cd_high = _mm512_shuffle_f32x4(c, d, 0xEE);
  a = _mm512_shuffle_f32x4(ab_low, cd_low, 0x88);
  b = _mm512_shuffle_f32x4(ab_low, cd_low, 0xDD);
  c = _mm512_shuffle_f32x4(ab_high, cd_high, 0x88);
  d = _mm512_shuffle_f32x4(ab_high, cd_high, 0xDD);
}

/// The 128-bit lanes p[0 ..], p[step ..], p[2 * step ..], p[3 * step ..]: inserts from memory need no shuffle.
[[nodiscard]] LACUNA_INLINE __m512 avx512_load_quarters(float const* p, index step) noexcept {
  auto const first = _mm512_castps128_ps512(_mm_loadu_ps(p));
  auto const second = _mm512_insertf32x4(first, _mm_loadu_ps(p + step), 1);
  auto const third = _mm512_insertf32x4(second, _mm_loadu_ps(p + 2 * step), 2);
  return _mm512_insertf32x4(third, _mm_loadu_ps(p + 3 * step), 3);
}

template <avx512 Arch>
struct transpose<Arch, float> {
  using batch_type = batch<float, Arch>;
  static constexpr int lanes = 16;

  LACUNA_INLINE static void run(batch_type (&block)[16]) noexcept {
    __m512 z[16];
    unroll<16>([&](auto r) LACUNA_INLINE_LAMBDA { z[r] = block[r]; });
    unroll<4>([&](auto g)
                  LACUNA_INLINE_LAMBDA { avx512_transpose_lanes(z[4 * g], z[4 * g + 1], z[4 * g + 2], z[4 * g + 3]); });
    // z[4 g + i] holds columns i, i + 4, i + 8, i + 12 of rows 4 g .. 4 g + 3, one in each lane
    unroll<4>([&](auto i) LACUNA_INLINE_LAMBDA { avx512_transpose_quarters(z[i], z[4 + i], z[8 + i], z[12 + i]); });
    unroll<16>([&](auto c) LACUNA_INLINE_LAMBDA { block[c] = z[c]; });
  }
  LACUNA_INLINE static void load(float const* p, index stride, batch_type (&block)[16]) noexcept {
    unroll<4>([&](auto g) LACUNA_INLINE_LAMBDA {
      batch_type four[4];
      load_columns(p + 4 * g, stride, four);
      unroll<4>([&](auto i) LACUNA_INLINE_LAMBDA { block[4 * g + i] = four[i]; });
    });
  }
  static constexpr int columns = 4;
  LACUNA_INLINE static void load_columns(float const* p, index stride, batch_type (&block)[4]) noexcept {
    __m512 z[4];  // rows i, i + 4, i + 8, i + 12
    unroll<4>([&](auto i) LACUNA_INLINE_LAMBDA { z[i] = avx512_load_quarters(p + i * stride, 4 * stride); });
    avx512_transpose_lanes(z[0], z[1], z[2], z[3]);
    unroll<4>([&](auto i) LACUNA_INLINE_LAMBDA { block[i] = z[i]; });
  }
};

template <avx512 Arch>
struct transpose<Arch, double> {
  using batch_type = batch<double, Arch>;
  static constexpr int lanes = 8;

  LACUNA_INLINE static void run(batch_type (&block)[8]) noexcept {
    __m512 z[8];
    unroll<4>([&](auto g) LACUNA_INLINE_LAMBDA {
      z[2 * g] = _mm512_castpd_ps(_mm512_unpacklo_pd(block[2 * g], block[2 * g + 1]));
      z[2 * g + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(block[2 * g], block[2 * g + 1]));
    });
    // z[2 g + i] holds columns i, i + 2, i + 4, i + 6 of rows 2 g and 2 g + 1, one in each lane
    unroll<2>([&](auto i) LACUNA_INLINE_LAMBDA { avx512_transpose_quarters(z[i], z[2 + i], z[4 + i], z[6 + i]); });
    unroll<8>([&](auto c) LACUNA_INLINE_LAMBDA { block[c] = _mm512_castps_pd(z[c]); });
  }
  LACUNA_INLINE static void load(double const* p, index stride, batch_type (&block)[8]) noexcept {
    unroll<4>([&](auto g) LACUNA_INLINE_LAMBDA {
      batch_type two[2];
      load_columns(p + 2 * g, stride, two);
      block[2 * g] = two[0];
      block[2 * g + 1] = two[1];
    });
  }
  static constexpr int columns = 2;
  LACUNA_INLINE static void load_columns(double const* p, index stride, batch_type (&block)[2]) noexcept {
    auto const even = load_quarters(p, 2 * stride);  // rows i, i + 2, i + 4, i + 6
    auto const odd = load_quarters(p + stride, 2 * stride);
    block[0] = _mm512_unpacklo_pd(even, odd);
    block[1] = _mm512_unpackhi_pd(even, odd);
  }

 private:
  [[nodiscard]] LACUNA_INLINE static __m512d load_quarters(double const* p, index step) noexcept {
    return _mm512_castps_pd(avx512_load_quarters(reinterpret_cast<float const*>(p), 2 * step));
  }
};

/// Eight registers of sixteen floats: within 128 bits 2 x 2, then 4 x 4 are transposed and added, then the quarters.
template <avx512 Arch>
struct sum_lanes<Arch, float> {
  using batch_type = batch<float, Arch>;

  LACUNA_INLINE static void store(batch_type const (&a)[8], float* to) noexcept {
    auto const low = four(a[0], a[1], a[2], a[3]);
    auto const high = four(a[4], a[5], a[6], a[7]);
    auto const half = _mm512_add_ps(_mm512_shuffle_f32x4(low, high, 0x44), _mm512_shuffle_f32x4(low, high, 0xEE));
    auto const all = _mm512_add_ps(half, _mm512_shuffle_f32x4(half, half, 0xB1));  // quarters 0 and 2 are the sums
    _mm256_storeu_ps(to, _mm512_castps512_ps256(_mm512_shuffle_f32x4(all, all, 0x08)));
  }

 private:
  LACUNA_INLINE static __m512 four(__m512 a, __m512 b, __m512 c, __m512 d) noexcept {
    auto const ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    auto const cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    auto const low = _mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    auto const high = _mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    return _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high));
  }
};

template <avx512 Arch, class T, int Count>
  requires(sizeof(T) * Count == 16 || sizeof(T) * Count == 32)
struct repeat<Arch, T, Count> {
  [[nodiscard]] LACUNA_INLINE static batch<T, Arch> load(T const* p) noexcept {
    if constexpr (std::integral<T>)
      return _mm512_castps_si512(bytes(p));
    else if constexpr (sizeof(T) == 8)
      return _mm512_castps_pd(bytes(p));
    else
      return bytes(p);
  }

 private:
  [[nodiscard]] LACUNA_INLINE static __m512 bytes(void const* p) noexcept {
    if constexpr (sizeof(T) * Count == 16)
      return _mm512_broadcast_f32x4(_mm_loadu_ps(static_cast<float const*>(p)));
    else
      return _mm512_castpd_ps(_mm512_broadcast_f64x4(_mm256_loadu_pd(static_cast<double const*>(p))));
  }
};

template <avx512 Arch, int K>
struct spread<Arch, float, K> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> run(batch<float, Arch> value) noexcept {
    return _mm512_permute_ps(value, K * 0x55);
  }
};

template <avx512 Arch, int K>
struct spread<Arch, double, K> {
  [[nodiscard]] LACUNA_INLINE static batch<double, Arch> run(batch<double, Arch> value) noexcept {
    return _mm512_permutex_pd(value, K * 0x55);
  }
};

template <avx512 Arch>
struct compress<Arch, float> {
  LACUNA_INLINE static void store(float* packed, batch<float, Arch> value, lane_bits bits) noexcept {
    auto const zeros = _mm512_castsi512_ps(avx512_zeros());
    _mm512_storeu_ps(packed, _mm512_mask_compress_ps(zeros, static_cast<__mmask16>(bits), value));
  }
};

template <avx512 Arch>
struct compress<Arch, double> {
  LACUNA_INLINE static void store(double* packed, batch<double, Arch> value, lane_bits bits) noexcept {
    auto const zeros = _mm512_castsi512_pd(avx512_zeros());
    _mm512_storeu_pd(packed, _mm512_mask_compress_pd(zeros, static_cast<__mmask8>(bits), value));
  }
};

template <avx512 Arch>
struct compress<Arch, std::uint32_t> {
  LACUNA_INLINE static void store(std::uint32_t* packed, batch<std::uint32_t, Arch> value, lane_bits bits) noexcept {
    _mm512_storeu_si512(packed, _mm512_mask_compress_epi32(avx512_zeros(), static_cast<__mmask16>(bits), value));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
