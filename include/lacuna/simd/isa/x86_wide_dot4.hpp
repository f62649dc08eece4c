// SPDX-License-Identifier: MIT
//
// wide_dot4 on x86 without vpdpbusd: pmaddwd.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/wide_dot4.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#if defined(__AVX__)
#include <immintrin.h>
#else
#include <emmintrin.h>  // a third of the lines
#endif

#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

[[nodiscard]] LACUNA_INLINE std::int32_t x86_pair(std::int16_t const* two) noexcept {
  std::int32_t pair;
  std::memcpy(&pair, two, sizeof pair);
  return pair;
}

/// What does not depend on the width of registers.
template <class Arch>
struct x86_wide_dot4 {
  using sum_type = batch<std::int32_t, Arch>;
  static constexpr bool pays = true;
  static constexpr bool turns = false;
  struct halves {
    sum_type even;
    sum_type odd;
  };

  LACUNA_INLINE static void widen(std::int8_t const* from, std::int16_t* to) noexcept {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(from));
    auto const even = _mm_srai_epi16(_mm_slli_epi16(bytes, 8), 8), odd = _mm_srai_epi16(bytes, 8);
    auto* const out = reinterpret_cast<__m128i*>(to);
    _mm_storeu_si128(out, _mm_unpacklo_epi32(even, odd));
    _mm_storeu_si128(out + 1, _mm_unpackhi_epi32(even, odd));
  }
};

template <sse2 Arch>
  requires(!avxvnni128<Arch>)
struct wide_dot4<Arch> : x86_wide_dot4<Arch> {
  using typename x86_wide_dot4<Arch>::sum_type;
  using typename x86_wide_dot4<Arch>::halves;

  [[nodiscard]] LACUNA_INLINE static halves split(batch<std::uint8_t, Arch> x) noexcept {
    return {_mm_and_si128(x, _mm_set1_epi16(0xFF)), _mm_srli_epi16(x, 8)};
  }
  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, halves x, std::int16_t const* four) noexcept {
    auto const w = _mm_loadl_epi64(reinterpret_cast<__m128i const*>(four));
    auto const even = _mm_madd_epi16(x.even, _mm_shuffle_epi32(w, 0x00));
    auto const odd = _mm_madd_epi16(x.odd, _mm_shuffle_epi32(w, 0x55));
    return _mm_add_epi32(_mm_add_epi32(sum, even), odd);
  }
};

#if defined(__AVX2__)

template <avx2 Arch>
  requires(!avxvnni<Arch>)
struct wide_dot4<Arch> : x86_wide_dot4<Arch> {
  using typename x86_wide_dot4<Arch>::sum_type;
  using typename x86_wide_dot4<Arch>::halves;
  static constexpr bool turns = true;

  LACUNA_INLINE static void widen_turned(std::int8_t const* from, std::int16_t* to) noexcept {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(from));
    auto const order = _mm_setr_epi8(0, 8, 4, 12, 1, 9, 5, 13, 2, 10, 6, 14, 3, 11, 7, 15);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_cvtepi8_epi16(_mm_shuffle_epi8(bytes, order)));
  }
  [[nodiscard]] LACUNA_INLINE static halves split(batch<std::uint8_t, Arch> x) noexcept {
    return {_mm256_and_si256(x, _mm256_set1_epi16(0xFF)), _mm256_srli_epi16(x, 8)};
  }
  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, halves x, std::int16_t const* four) noexcept {
    auto const even = _mm256_madd_epi16(x.even, _mm256_set1_epi32(x86_pair(four)));
    auto const odd = _mm256_madd_epi16(x.odd, _mm256_set1_epi32(x86_pair(four + 2)));
    return _mm256_add_epi32(_mm256_add_epi32(sum, even), odd);
  }
};

#endif

#if defined(__AVX512BW__)

template <avx512 Arch>
  requires(!vnni512<Arch>)
struct wide_dot4<Arch> : x86_wide_dot4<Arch> {
  using typename x86_wide_dot4<Arch>::sum_type;
  using typename x86_wide_dot4<Arch>::halves;

  [[nodiscard]] LACUNA_INLINE static halves split(batch<std::uint8_t, Arch> x) noexcept {
    return {_mm512_and_si512(x, _mm512_set1_epi16(0xFF)), _mm512_srli_epi16(x, 8)};
  }
  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, halves x, std::int16_t const* four) noexcept {
    auto const even = _mm512_madd_epi16(x.even, _mm512_set1_epi32(x86_pair(four)));
    auto const odd = _mm512_madd_epi16(x.odd, _mm512_set1_epi32(x86_pair(four + 2)));
    return _mm512_add_epi32(_mm512_add_epi32(sum, even), odd);
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
