// SPDX-License-Identifier: MIT
//
// Neighbours of even and of odd number on AVX-512 with lanes of 16 bits (BW).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/even_odd.hpp>
#include <lacuna/simd/isa/avx512_lookup.hpp>
#include <lacuna/simd/masked.hpp>

#if defined(__AVX512BW__) && defined(__AVX512VL__)

#include <immintrin.h>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// Positions keep what stands above their byte: permutations read the lowest bits, choices single ones.
template <avx512 Arch>
struct even_odd<Arch, bf16> {
  static constexpr bool available = true;
  static constexpr int widest_table = 128;
  using batch_type = batch<float, Arch>;
  using positions_type = positions<Arch, float>;

  LACUNA_INLINE static void load(bf16 const* p, batch_type& even, batch_type& odd) noexcept {
    apart(_mm512_loadu_si512(p), even, odd);
  }
  LACUNA_INLINE static void load(bf16 const* p, lane_bits bits, batch_type& even, batch_type& odd) noexcept {
    apart(_mm512_maskz_loadu_epi16(static_cast<__mmask32>(bits), p), even, odd);
  }
  LACUNA_INLINE static void load(std::uint8_t const* p, positions_type& even, positions_type& odd) noexcept {
    apart(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(p)), even, odd);
  }
  LACUNA_INLINE static void load(std::uint8_t const* p, index count, positions_type& even,
                                 positions_type& odd) noexcept {
    apart(_mm256_maskz_loadu_epi8(static_cast<__mmask32>(first_lanes(count)), p), even, odd);
  }
  LACUNA_INLINE static void in_order(batch_type& even, batch_type& odd) noexcept {
    auto const low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    auto const high = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    __m512 const first = _mm512_permutex2var_ps(even, low, odd);
    odd = _mm512_permutex2var_ps(even, high, odd);
    even = first;
  }

 private:
  LACUNA_INLINE static void apart(__m512i halves, batch_type& even, batch_type& odd) noexcept {
    even = _mm512_castsi512_ps(_mm512_slli_epi32(halves, 16));
    odd = _mm512_castsi512_ps(_mm512_and_si512(halves, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u))));
  }
  LACUNA_INLINE static void apart(__m256i bytes, positions_type& even, positions_type& odd) noexcept {
    even.at = _mm512_cvtepu16_epi32(bytes);
    odd.at = _mm512_srli_epi32(even.at, 8);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
