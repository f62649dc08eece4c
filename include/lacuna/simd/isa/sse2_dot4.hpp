// SPDX-License-Identifier: MIT
//
// dot4 on 128-bit registers of x86: lanes of 16 bits.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#include <emmintrin.h>

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

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
