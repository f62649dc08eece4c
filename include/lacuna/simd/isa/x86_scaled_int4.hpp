// SPDX-License-Identifier: MIT
//
// Integers of 4 bits on x86: AVX-512 looks them up, AVX2 and SSE2 shift them into the lanes of 32 bits.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/scaled_int4.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#if defined(__AVX__)
#include <immintrin.h>
#else
#include <emmintrin.h>  // a third of the lines
#endif

#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

#if defined(__AVX512F__)

/// Eight bytes are repeated by a load. A permutation reads no more than the lowest four bits of a position, so a shift
/// by 4 k leaves nibble k of four bytes there.
template <avx512 Arch>
struct scaled_int4<Arch> {
  using batch_type = batch<float, Arch>;
  static constexpr int registers = 1;

  __m512 table;

  LACUNA_INLINE explicit scaled_int4(float s) noexcept
      : table(
            _mm512_mul_ps(_mm512_set1_ps(s), _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1))) {}

  [[nodiscard]] LACUNA_INLINE static constexpr int at(int l) noexcept { return l / 2 + l % 2 * 8; }

  LACUNA_INLINE void load(std::uint8_t const* p, batch_type (&w)[registers]) const noexcept {
    long long eight;
    std::memcpy(&eight, p, sizeof eight);
    auto const shift = _mm512_setr_epi32(0, 0, 4, 4, 8, 8, 12, 12, 16, 16, 20, 20, 24, 24, 28, 28);
    w[0] = _mm512_permutexvar_ps(_mm512_srlv_epi32(_mm512_set1_epi64(eight), shift), table);
  }
};

#endif

#if defined(__AVX2__)

/// Four bytes are repeated by a load, nibble k is shifted up to the sign, and down again.
template <avx2 Arch>
struct scaled_int4<Arch> {
  using batch_type = batch<float, Arch>;
  static constexpr int registers = 2;

  __m256 scale;

  LACUNA_INLINE explicit scaled_int4(float s) noexcept : scale(_mm256_set1_ps(s)) {}

  [[nodiscard]] LACUNA_INLINE static constexpr int at(int l) noexcept { return l; }

  LACUNA_INLINE void load(std::uint8_t const* p, batch_type (&w)[registers]) const noexcept {
    for (int r = 0; r != registers; ++r) {
      int four;
      std::memcpy(&four, p + 4 * r, sizeof four);
      auto const up = _mm256_sllv_epi32(_mm256_set1_epi32(four), _mm256_setr_epi32(28, 24, 20, 16, 12, 8, 4, 0));
      w[r] = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_srai_epi32(up, 28)), scale);
    }
  }
};

#endif

/// Bytes become the upper ones of lanes of 32 bits.
template <sse2 Arch>
struct scaled_int4<Arch> {
  using batch_type = batch<float, Arch>;
  static constexpr int registers = 4;

  __m128 scale;

  LACUNA_INLINE explicit scaled_int4(float s) noexcept : scale(_mm_set1_ps(s)) {}

  [[nodiscard]] LACUNA_INLINE static constexpr int at(int l) noexcept { return l; }

  LACUNA_INLINE void load(std::uint8_t const* p, batch_type (&w)[registers]) const noexcept {
    auto const eight = _mm_loadl_epi64(reinterpret_cast<__m128i const*>(p));
    auto const upper = _mm_set1_epi8(static_cast<char>(0xF0));
    auto const all = _mm_unpacklo_epi8(_mm_and_si128(_mm_slli_epi16(eight, 4), upper), _mm_and_si128(eight, upper));
    auto const zero = _mm_setzero_si128();
    auto const low = _mm_unpacklo_epi8(zero, all), high = _mm_unpackhi_epi8(zero, all);
    auto const widened = [&](__m128i words) LACUNA_INLINE_LAMBDA {
      return _mm_mul_ps(_mm_cvtepi32_ps(_mm_srai_epi32(words, 28)), scale);
    };
    w[0] = widened(_mm_unpacklo_epi16(zero, low));
    w[1] = widened(_mm_unpackhi_epi16(zero, low));
    w[2] = widened(_mm_unpacklo_epi16(zero, high));
    w[3] = widened(_mm_unpackhi_epi16(zero, high));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
