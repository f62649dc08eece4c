// SPDX-License-Identifier: MIT
//
// Tables of 32 floats on AVX2 for eight slots of 1:4 and of 2:8, which would else be gathered: choices by bits of codes
// among registers, all of which are read.
//
// Bound: 1:4, a broadcast and a shift for each lane, an addition, three choices, and the fma. 2:8, a broadcast, two
// shifts, four permutations within halves, three choices, of which two are known when this is compiled, and the fma.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/codes.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// The code of each lane twice: its upper bit is the sign of one, its lower bit that of the other.
struct avx2_two_bits {
  __m256i upper;
  __m256i lower;
};

/// Register j has input j of each of eight groups.
template <avx2 Arch>
struct avx2_table_1_4 {
  __m256 of[4];

  LACUNA_INLINE avx2_table_1_4(float const* from, index) noexcept
      : of{_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8), _mm256_loadu_ps(from + 16), _mm256_loadu_ps(from + 24)} {}
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> operator[](avx2_two_bits code) const noexcept {
    auto const lower = _mm256_castsi256_ps(code.lower);
    return _mm256_blendv_ps(_mm256_blendv_ps(of[0], of[1], lower), _mm256_blendv_ps(of[2], of[3], lower),
                            _mm256_castsi256_ps(code.upper));
  }
};

template <avx2 Arch>
struct code_tables<Arch, float, 1, 4> {
  static constexpr bool available = true;
  static constexpr index bytes = 4;
  using table = avx2_table_1_4<Arch>;

  LACUNA_INLINE static void arrange(float* x) noexcept {
    float groups[32];
    std::memcpy(groups, x, sizeof groups);
    for (int g = 0; g != 8; ++g)
      for (int j = 0; j != 4; ++j) x[8 * j + g] = groups[4 * g + j];
  }
  [[nodiscard]] LACUNA_INLINE static avx2_two_bits load(std::uint8_t const* p) noexcept {
    int word;
    std::memcpy(&word, p, sizeof word);
    auto const to_the_top = _mm256_setr_epi32(30, 28, 26, 24, 22, 20, 18, 16);
    auto const upper = _mm256_sllv_epi32(_mm256_set1_epi32(word), to_the_top);
    return {upper, _mm256_add_epi32(upper, upper)};
  }
};

/// Two bits for a permutation within halves, the lowest, and the third as a sign.
struct avx2_three_bits {
  __m256i lower;
  __m256i upper;
};

/// The lower halves of groups 0 and 2, 1 and 3, then the upper ones.
template <avx2 Arch>
struct avx2_table_2_8 {
  __m256 of[4];

  LACUNA_INLINE avx2_table_2_8(float const* from, index) noexcept
      : of{_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8), _mm256_loadu_ps(from + 16), _mm256_loadu_ps(from + 24)} {}
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> operator[](avx2_three_bits code) const noexcept {
    auto const half = [&](int h) LACUNA_INLINE_LAMBDA {
      return _mm256_blend_ps(_mm256_permutevar_ps(of[h], code.lower), _mm256_permutevar_ps(of[h + 1], code.lower),
                             0xCC);
    };
    return _mm256_blendv_ps(half(0), half(2), _mm256_castsi256_ps(code.upper));
  }
};

template <avx2 Arch>
struct code_tables<Arch, float, 2, 8> {
  static constexpr bool available = true;
  static constexpr index bytes = 4;
  using table = avx2_table_2_8<Arch>;

  LACUNA_INLINE static void arrange(float* x) noexcept {
    float quads[32];
    std::memcpy(quads, x, sizeof quads);
    for (int g = 0; g != 4; ++g)
      for (int half = 0; half != 2; ++half)
        std::memcpy(x + 16 * half + 8 * (g % 2) + 4 * (g / 2), quads + 8 * g + 4 * half, 4 * sizeof(float));
  }
  [[nodiscard]] LACUNA_INLINE static avx2_three_bits load(std::uint8_t const* p) noexcept {
    int word;
    std::memcpy(&word, p, sizeof word);
    auto const to_the_bottom = _mm256_setr_epi32(0, 3, 6, 9, 12, 15, 18, 21);
    auto const code = _mm256_srlv_epi32(_mm256_set1_epi32(word), to_the_bottom);
    return {code, _mm256_slli_epi32(code, 29)};
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
