// SPDX-License-Identifier: MIT
//
// Numbers of bits on AVX-512: bytes compressed under the word.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/isa/avx512_zeros.hpp>
#include <lacuna/simd/word_places.hpp>

#if defined(__AVX512VBMI2__) && defined(__AVX512BW__)

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// 0, 1, ... 63.
alignas(64) inline constexpr auto avx512_byte_numbers = [] {
  std::array<std::uint8_t, 64> numbers{};
  for (std::uint8_t n = 0; n != 64; ++n) numbers[n] = n;
  return numbers;
}();

/// Sixteen at a time: none behind the first where there are none, but two or none behind these, for half of all words
/// of half density have more than 32 ones, and nobody knows which.
template <avx512 Arch>
struct word_places<Arch> {
  LACUNA_INLINE static void store(std::uint32_t* to, std::uint64_t word, std::uint32_t first) noexcept {
    auto const numbers = _mm512_load_si512(avx512_byte_numbers.data());
    auto const packed = _mm512_mask_compress_epi8(avx512_zeros(), word, numbers);
    auto const base = _mm512_set1_epi32(static_cast<int>(first));
    auto const ones = std::popcount(word);
    put(to, _mm512_castsi512_si128(packed), base);
    if (ones <= 16) return;
    put(to + 16, _mm512_extracti32x4_epi32(packed, 1), base);
    put(to + 32, _mm512_extracti32x4_epi32(packed, 2), base);
    if (ones > 48) put(to + 48, _mm512_extracti32x4_epi32(packed, 3), base);
  }

 private:
  LACUNA_INLINE static void put(std::uint32_t* to, __m128i places, __m512i base) noexcept {
    _mm512_storeu_si512(to, _mm512_add_epi32(_mm512_cvtepu8_epi32(places), base));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
