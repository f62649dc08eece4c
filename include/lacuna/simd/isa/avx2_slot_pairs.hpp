// SPDX-License-Identifier: MIT
//
// slot_pairs on AVX2 without vpdpbusd: bytes of two slots side by side, widened, and vpmaddwd.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>
#include <lacuna/simd/isa/x86_wide_dot4.hpp>
#include <lacuna/simd/slot_pairs.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <concepts>
#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

template <avx2 Arch>
  requires(!avxvnni<Arch>)
struct slot_pairs<Arch, 8> {
  static constexpr bool available = true;
  using sum_type = __m256i;

  [[nodiscard]] LACUNA_INLINE static sum_type zero() noexcept { return _mm256_setzero_si256(); }
  [[nodiscard]] LACUNA_INLINE static sum_type load(std::int32_t const* from) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from));
  }
  LACUNA_INLINE static void store(sum_type sum, std::int32_t* to) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), sum);
  }
  template <byte X = std::uint8_t>
  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, X const* a, X const* b,
                                                  std::int16_t const* pair) noexcept {
    auto const both = _mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(a)),
                                        _mm_loadl_epi64(reinterpret_cast<__m128i const*>(b)));
    auto const w = _mm256_set1_epi32(x86_pair(pair));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(wide<X>(both), w));
  }

 private:
  template <byte X>
  [[nodiscard]] LACUNA_INLINE static __m256i wide(__m128i bytes) noexcept {
    if constexpr (std::same_as<X, std::int8_t>)
      return _mm256_cvtepi8_epi16(bytes);
    else
      return _mm256_cvtepu8_epi16(bytes);
  }
};

template <avx2 Arch>
  requires(!avxvnni<Arch>)
struct slot_pairs<Arch, 4> {
  static constexpr bool available = true;
  using sum_type = __m128i;

  [[nodiscard]] LACUNA_INLINE static sum_type zero() noexcept { return _mm_setzero_si128(); }
  [[nodiscard]] LACUNA_INLINE static sum_type load(std::int32_t const* from) noexcept {
    return _mm_loadu_si128(reinterpret_cast<__m128i const*>(from));
  }
  LACUNA_INLINE static void store(sum_type sum, std::int32_t* to) noexcept {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), sum);
  }
  template <byte X = std::uint8_t>
  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, X const* a, X const* b,
                                                  std::int16_t const* pair) noexcept {
    auto const both = _mm_unpacklo_epi8(four(a), four(b));
    auto const w = _mm_set1_epi32(x86_pair(pair));
    return _mm_add_epi32(sum, _mm_madd_epi16(wide<X>(both), w));
  }

 private:
  template <byte X>
  [[nodiscard]] LACUNA_INLINE static __m128i wide(__m128i bytes) noexcept {
    if constexpr (std::same_as<X, std::int8_t>)
      return _mm_cvtepi8_epi16(bytes);
    else
      return _mm_cvtepu8_epi16(bytes);
  }
  [[nodiscard]] LACUNA_INLINE static __m128i four(void const* p) noexcept {
    int bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    return _mm_cvtsi32_si128(bytes);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
