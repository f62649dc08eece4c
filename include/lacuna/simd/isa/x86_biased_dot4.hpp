// SPDX-License-Identifier: MIT
//
// biased_dot4 on x86 without vpdpbusd: pmaddubsw, which never saturates where the magnitudes of weights, 0 to 128, meet
// bytes with a sign. Two products are between -32768 and 32512.
//
// A weight w >= 0 meets x - 128, one below 0 meets 127 - x, the complement: |w| (127 - x) = w x - 127 w. Both are x
// with some of its bits flipped.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/biased_dot4.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// What does not depend on the width of registers.
template <class Arch>
struct x86_biased_dot4 {
  using byte = std::uint8_t;
  using sum_type = batch<std::int32_t, Arch>;
  static constexpr bool biased = true;
  struct weights {
    batch<std::uint8_t, Arch> magnitude;
    batch<std::uint8_t, Arch> flip;  // of the bits of x
  };

  [[nodiscard]] static constexpr std::int32_t bias(std::int8_t w) noexcept { return w < 0 ? 127 * w : 128 * w; }
};

template <avx2 Arch>
  requires(!avxvnni<Arch>)
struct biased_dot4<Arch> : x86_biased_dot4<Arch> {
  using typename x86_biased_dot4<Arch>::sum_type;
  using typename x86_biased_dot4<Arch>::weights;

  [[nodiscard]] LACUNA_INLINE static weights split(batch<std::int8_t, Arch> w) noexcept {
    auto const negative = _mm256_cmpgt_epi8(_mm256_setzero_si256(), w);
    return {_mm256_abs_epi8(w), _mm256_xor_si256(negative, _mm256_set1_epi8(-128))};
  }
  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, batch<std::uint8_t, Arch> x,
                                                  weights const& w) noexcept {
    auto const pairs = _mm256_maddubs_epi16(w.magnitude, _mm256_xor_si256(x, w.flip));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

#if defined(__AVX512BW__)

template <avx512 Arch>
  requires(!vnni512<Arch>)
struct biased_dot4<Arch> : x86_biased_dot4<Arch> {
  using typename x86_biased_dot4<Arch>::sum_type;
  using typename x86_biased_dot4<Arch>::weights;

  [[nodiscard]] LACUNA_INLINE static weights split(batch<std::int8_t, Arch> w) noexcept {
    auto const negative = _mm512_movm_epi8(_mm512_movepi8_mask(w));
    return {_mm512_abs_epi8(w), _mm512_xor_si512(negative, _mm512_set1_epi8(-128))};
  }
  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, batch<std::uint8_t, Arch> x,
                                                  weights const& w) noexcept {
    auto const pairs = _mm512_maddubs_epi16(w.magnitude, _mm512_xor_si512(x, w.flip));
    return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
