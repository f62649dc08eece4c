// SPDX-License-Identifier: MIT
//
// Interleaving of bytes on x86: registers of 128 bits, whatever the width of the others.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/interleave.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

template <class Arch>
  requires(sse2<Arch> || avx2<Arch> || avx512<Arch>)
struct interleave<Arch> {
  LACUNA_INLINE static void run(std::uint8_t const* a, std::uint8_t const* b, std::uint8_t const* c,
                                std::uint8_t const* d, std::uint8_t flip, std::uint8_t* to) noexcept {
    auto const load = [&](std::uint8_t const* p) LACUNA_INLINE_LAMBDA {
      return _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p)),
                           _mm_set1_epi8(static_cast<char>(flip)));
    };
    auto const store = [&](int at, __m128i value)
                           LACUNA_INLINE_LAMBDA { _mm_storeu_si128(reinterpret_cast<__m128i*>(to) + at, value); };
    auto const ra = load(a), rb = load(b), rc = load(c), rd = load(d);
    auto const ab = _mm_unpacklo_epi8(ra, rb), cd = _mm_unpacklo_epi8(rc, rd);
    store(0, _mm_unpacklo_epi16(ab, cd));
    store(1, _mm_unpackhi_epi16(ab, cd));
    auto const ab_high = _mm_unpackhi_epi8(ra, rb), cd_high = _mm_unpackhi_epi8(rc, rd);
    store(2, _mm_unpacklo_epi16(ab_high, cd_high));
    store(3, _mm_unpackhi_epi16(ab_high, cd_high));
  }
};

/// Copies fours of bytes: the part of interleave_lines that needs no body of its own.
template <class Arch>
struct interleave_lines_order {
  static constexpr int lanes = static_cast<int>(batch<std::uint8_t, Arch>::size) / 4;
  LACUNA_INLINE static void order(std::uint8_t const* from, std::uint8_t* to) noexcept {
    for (int part = 0; part != lanes / 4; ++part)
      for (int j = 0; j != 4; ++j) std::memcpy(to + 16 * part + 4 * j, from + lanes * j + 4 * part, 4);
  }
};

template <sse2 Arch>
struct interleave_lines<Arch> : interleave_lines_order<Arch> {
  using batch_type = batch<std::uint8_t, Arch>;

  LACUNA_INLINE static void run(batch_type (&line)[4]) noexcept {
    __m128i const a = line[0], b = line[1], c = line[2], d = line[3];
    auto const ab = _mm_unpacklo_epi8(a, b), cd = _mm_unpacklo_epi8(c, d);
    auto const ab_high = _mm_unpackhi_epi8(a, b), cd_high = _mm_unpackhi_epi8(c, d);
    line[0] = _mm_unpacklo_epi16(ab, cd);
    line[1] = _mm_unpackhi_epi16(ab, cd);
    line[2] = _mm_unpacklo_epi16(ab_high, cd_high);
    line[3] = _mm_unpackhi_epi16(ab_high, cd_high);
  }
};

#if defined(__AVX2__)

template <avx2 Arch>
struct interleave_lines<Arch> : interleave_lines_order<Arch> {
  using batch_type = batch<std::uint8_t, Arch>;

  LACUNA_INLINE static void run(batch_type (&line)[4]) noexcept {
    __m256i const a = line[0], b = line[1], c = line[2], d = line[3];
    auto const ab = _mm256_unpacklo_epi8(a, b), cd = _mm256_unpacklo_epi8(c, d);
    auto const ab_high = _mm256_unpackhi_epi8(a, b), cd_high = _mm256_unpackhi_epi8(c, d);
    line[0] = _mm256_unpacklo_epi16(ab, cd);
    line[1] = _mm256_unpackhi_epi16(ab, cd);
    line[2] = _mm256_unpacklo_epi16(ab_high, cd_high);
    line[3] = _mm256_unpackhi_epi16(ab_high, cd_high);
  }
};

#endif

#if defined(__AVX512BW__)

template <avx512 Arch>
struct interleave_lines<Arch> : interleave_lines_order<Arch> {
  using batch_type = batch<std::uint8_t, Arch>;

  LACUNA_INLINE static void run(batch_type (&line)[4]) noexcept {
    __m512i const a = line[0], b = line[1], c = line[2], d = line[3];
    auto const ab = _mm512_unpacklo_epi8(a, b), cd = _mm512_unpacklo_epi8(c, d);
    auto const ab_high = _mm512_unpackhi_epi8(a, b), cd_high = _mm512_unpackhi_epi8(c, d);
    line[0] = _mm512_unpacklo_epi16(ab, cd);
    line[1] = _mm512_unpackhi_epi16(ab, cd);
    line[2] = _mm512_unpacklo_epi16(ab_high, cd_high);
    line[3] = _mm512_unpackhi_epi16(ab_high, cd_high);
  }
};

#endif

template <class Arch>
  requires(sse2<Arch> || avx2<Arch> || avx512<Arch>)
struct transpose_fours<Arch> {
  LACUNA_INLINE static void run(std::int8_t const* p, index stride, std::int8_t* to) noexcept {
    auto const load = [&](index b) LACUNA_INLINE_LAMBDA {
      int four;
      std::memcpy(&four, p + b * stride, sizeof four);
      return _mm_cvtsi32_si128(four);
    };
    auto const ab = _mm_unpacklo_epi8(load(0), load(1)), cd = _mm_unpacklo_epi8(load(2), load(3));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_unpacklo_epi16(ab, cd));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
