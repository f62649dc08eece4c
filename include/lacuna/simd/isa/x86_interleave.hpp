// SPDX-License-Identifier: MIT
//
// Interleaving of bytes on x86: registers of 128 bits, whatever the width of the others.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/interleave.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#include <emmintrin.h>

#include <cstdint>

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

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
