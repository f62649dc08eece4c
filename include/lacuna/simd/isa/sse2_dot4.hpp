// SPDX-License-Identifier: MIT
//
// dot4 on 128-bit registers of x86: vpdpbusd with AVX-VNNI or AVX-512 VNNI, else lanes of 16 bits.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#if defined(__AVX__)
#include <immintrin.h>
#else
#include <emmintrin.h>  // a third of the lines
#endif

#include <concepts>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// Bytes of even and of odd number as lanes of 16 bits, whose products pmaddwd adds in pairs: exact, where pmaddubsw
/// would saturate from 2 * 130 * 127 on.
template <sse2 Arch, byte X>
struct dot4<Arch, X> {
  using sum_type = batch<std::int32_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, batch<X, Arch> x, batch<std::int8_t, Arch> w) noexcept {
    auto const even = _mm_madd_epi16(even_bytes<X>(x), even_bytes<std::int8_t>(w));
    auto const odd = _mm_madd_epi16(odd_bytes<X>(x), odd_bytes<std::int8_t>(w));
    return _mm_add_epi32(_mm_add_epi32(sum, even), odd);
  }

 private:
  template <byte B>
  [[nodiscard]] LACUNA_INLINE static __m128i even_bytes(__m128i bytes) noexcept {
    if constexpr (std::same_as<B, std::uint8_t>)
      return _mm_and_si128(bytes, _mm_set1_epi16(0xFF));
    else
      return _mm_srai_epi16(_mm_slli_epi16(bytes, 8), 8);
  }
  template <byte B>
  [[nodiscard]] LACUNA_INLINE static __m128i odd_bytes(__m128i bytes) noexcept {
    if constexpr (std::same_as<B, std::uint8_t>)
      return _mm_srli_epi16(bytes, 8);
    else
      return _mm_srai_epi16(bytes, 8);
  }
};

#if defined(__AVXVNNI__) || (defined(__AVX512VNNI__) && defined(__AVX512VL__))

[[nodiscard]] LACUNA_INLINE __m128i sse2_dpbusd(__m128i sum, __m128i x, __m128i w) noexcept {
#if defined(__AVXVNNI__)
  return _mm_dpbusd_avx_epi32(sum, x, w);
#else
  return _mm_dpbusd_epi32(sum, x, w);
#endif
}

template <avxvnni128 Arch>
struct dot4<Arch, std::uint8_t> {
  using sum_type = batch<std::int32_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, batch<std::uint8_t, Arch> x,
                                                  batch<std::int8_t, Arch> w) noexcept {
    return sse2_dpbusd(sum, x, w);
  }
};

/// x + 128 times w, less 128 times w: signs can't be moved from one operand to the other, there is no +128.
template <avxvnni128 Arch>
struct dot4<Arch, std::int8_t> {
  using sum_type = batch<std::int32_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, batch<std::int8_t, Arch> x,
                                                  batch<std::int8_t, Arch> w) noexcept {
    auto const offset = _mm_set1_epi8(-128);
    auto const more = sse2_dpbusd(sum, _mm_xor_si128(x, offset), w);
    return _mm_sub_epi32(more, sse2_dpbusd(_mm_setzero_si128(), offset, w));
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
