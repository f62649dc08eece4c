// SPDX-License-Identifier: MIT
//
// Look-ups of halves on AVX-512 with permutations of bytes and of 16 bits (VBMI).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/lookup.hpp>
#include <lacuna/simd/lookup_halves.hpp>
#include <lacuna/simd/masked.hpp>

#if defined(__AVX512VBMI__) && defined(__AVX512BW__) && defined(__AVX512VL__)

#include <immintrin.h>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// One permutation of two registers looks the lower halves of 32 elements up among 64, another the upper ones, and two
/// unpackings join them: 5 operations with the spreading of positions, where 32 bits at a time take 10. Unpacking takes
/// four halves of each 128 bits for one register and four for the other, so positions are spread in that order. What
/// stands above the six lowest bits of a position is ignored. Zen 5, weight, sum and multiply-add included, all in L1,
/// 16 slots: 1.75 cycles instead of 2.26, bf16 1.74 instead of 2.28.
template <avx512 Arch, int N>
  requires(N > 32 && N <= 64)
struct lookup_halves<Arch, float, N> {
  static constexpr bool available = true;
  using batch_type = batch<float, Arch>;

  LACUNA_INLINE lookup_halves(float const* from, index count) noexcept {
    batch_type table[4];
    load_table<Arch>(table, from, count);
    auto const even = each_half([](int l) LACUNA_INLINE_LAMBDA { return 2 * l; });
    auto const odd = each_half([](int l) LACUNA_INLINE_LAMBDA { return 2 * l + 1; });
    for (int n = 0; n != 2; ++n) {
      auto const first = _mm512_castps_si512(table[2 * n]);
      auto const second = _mm512_castps_si512(table[2 * n + 1]);
      low_[n] = _mm512_permutex2var_epi16(first, even, second);
      high_[n] = _mm512_permutex2var_epi16(first, odd, second);
    }
  }
  LACUNA_INLINE void load(std::uint8_t const* p, batch_type& a, batch_type& b) const noexcept {
    look_up(_mm256_loadu_si256(reinterpret_cast<__m256i const*>(p)), a, b);
  }
  LACUNA_INLINE void load(std::uint8_t const* p, index count, batch_type& a, batch_type& b) const noexcept {
    look_up(_mm256_maskz_loadu_epi8(static_cast<__mmask32>(first_lanes(count)), p), a, b);
  }

 private:
  __m512i low_[2];
  __m512i high_[2];

  /// f(l) in every lane of 16 bits.
  template <class F>
  [[nodiscard]] LACUNA_INLINE static __m512i each_half(F&& f) noexcept {
    auto const two = [&](int l) LACUNA_INLINE_LAMBDA { return f(2 * l) | f(2 * l + 1) << 16; };
    return _mm512_setr_epi32(two(0), two(1), two(2), two(3), two(4), two(5), two(6), two(7), two(8), two(9), two(10),
                             two(11), two(12), two(13), two(14), two(15));
  }
  LACUNA_INLINE void look_up(__m256i positions, batch_type& a, batch_type& b) const noexcept {
    auto const order = each_half([](int l) LACUNA_INLINE_LAMBDA {
      int const quarter = l / 8, k = l % 4, second = l % 8 / 4;
      return 16 * second + 4 * quarter + k;
    });
    auto const at = _mm512_permutexvar_epi8(order, _mm512_castsi256_si512(positions));
    auto const low = _mm512_permutex2var_epi16(low_[0], at, low_[1]);
    auto const high = _mm512_permutex2var_epi16(high_[0], at, high_[1]);
    a = _mm512_castsi512_ps(_mm512_unpacklo_epi16(low, high));
    b = _mm512_castsi512_ps(_mm512_unpackhi_epi16(low, high));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
