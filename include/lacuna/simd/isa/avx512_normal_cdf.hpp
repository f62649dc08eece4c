// SPDX-License-Identifier: MIT
//
// The normal distribution function on AVX-512, by look-ups in registers.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/normal_cdf.hpp>
#include <lacuna/simd/unroll.hpp>

#if defined(__AVX512DQ__)

#include <immintrin.h>

#include <cstddef>

namespace lacuna::simd::inline LACUNA_ISA {

/// 29 pieces of 23/64 around multiples b of it, a polynomial of degree 4 on each, through Phi at the zeros of the
/// Chebyshev polynomial: within 2 units of roundoff, 2.5 with all roundings. Pieces +-15 are 1 and 0. The coefficient
/// of piece b is number b mod 32 of its row. 13 instructions, 5 of them permutations.
template <avx512 Arch>
struct normal_cdf_of<Arch> {
  using batch_type = batch<float, Arch>;

  template <std::size_t K>
  LACUNA_INLINE static void run(batch_type (&v)[K]) noexcept {
    constexpr int count = static_cast<int>(K);
    constexpr float step = 0.359375f;
    constexpr float magic = 12582912.0f;  // 1.5 * 2^23: a float of this size has its whole part in its lowest bits
    __m512 rest[K], sum[K];
    __m512i piece[K];
    unroll<count>([&](auto r) LACUNA_INLINE_LAMBDA {
      auto const held = _mm512_range_ps(v[r], _mm512_set1_ps(15 * step), 2);  // the smaller magnitude, the sign of v
      auto const at = _mm512_fmadd_ps(held, _mm512_set1_ps(1 / step), _mm512_set1_ps(magic));
      rest[r] = _mm512_fnmadd_ps(_mm512_sub_ps(at, _mm512_set1_ps(magic)), _mm512_set1_ps(step), held);
      piece[r] = _mm512_castps_si512(at);
      sum[r] = coefficient(4, piece[r]);
    });
    unroll<4>([&](auto k) LACUNA_INLINE_LAMBDA {
      unroll<count>([&](auto r) LACUNA_INLINE_LAMBDA {
        sum[r] = _mm512_fmadd_ps(sum[r], rest[r], coefficient(3 - k, piece[r]));
      });
    });
    unroll<count>([&](auto r) LACUNA_INLINE_LAMBDA { v[r] = sum[r]; });
  }

 private:
  [[nodiscard]] LACUNA_INLINE static __m512 coefficient(int k, __m512i piece) noexcept {
    return _mm512_permutex2var_ps(_mm512_load_ps(table[k]), piece, _mm512_load_ps(table[k] + 16));
  }

  alignas(64) static constexpr float table[5][32] = {{0.5f,
                                                      0.640342712f,
                                                      0.763852537f,
                                                      0.859511018f,
                                                      0.924712002f,
                                                      0.963822246f,
                                                      0.984467924f,
                                                      0.994058907f,
                                                      0.997979879f,
                                                      0.999390483f,
                                                      0.999837041f,
                                                      0.999961436f,
                                                      0.999991953f,
                                                      0.99999851f,
                                                      0.999999762f,
                                                      1.0f,
                                                      0.0f,
                                                      0.0f,
                                                      2.43646127e-07f,
                                                      1.49231289e-06f,
                                                      8.0709442e-06f,
                                                      3.85685562e-05f,
                                                      0.000162976299f,
                                                      0.000609546376f,
                                                      0.00202013738f,
                                                      0.00594107667f,
                                                      0.0155320745f,
                                                      0.0361777321f,
                                                      0.0752879828f,
                                                      0.140488982f,
                                                      0.236147478f,
                                                      0.359657288f},
                                                     {0.398939043f,
                                                      0.373992413f,
                                                      0.308128059f,
                                                      0.223106012f,
                                                      0.141971663f,
                                                      0.0793963969f,
                                                      0.0390217304f,
                                                      0.0168545153f,
                                                      0.00639774464f,
                                                      0.00213419856f,
                                                      0.000625656394f,
                                                      0.000161185279f,
                                                      3.64920379e-05f,
                                                      7.26019425e-06f,
                                                      1.26931468e-06f,
                                                      0.0f,
                                                      0.0f,
                                                      0.0f,
                                                      1.26931468e-06f,
                                                      7.26019425e-06f,
                                                      3.64920379e-05f,
                                                      0.000161185279f,
                                                      0.000625656394f,
                                                      0.00213419856f,
                                                      0.00639774464f,
                                                      0.0168545153f,
                                                      0.0390217304f,
                                                      0.0793963969f,
                                                      0.141971663f,
                                                      0.223106012f,
                                                      0.308128059f,
                                                      0.373992413f},
                                                     {9.62200205e-16f,
                                                      -0.0672013387f,
                                                      -0.11073257f,
                                                      -0.120266721f,
                                                      -0.102040842f,
                                                      -0.0713319927f,
                                                      -0.0420702994f,
                                                      -0.0212002657f,
                                                      -0.00919729285f,
                                                      -0.00345180277f,
                                                      -0.00112445524f,
                                                      -0.000318696519f,
                                                      -7.87245881e-05f,
                                                      -1.69713803e-05f,
                                                      -3.19627839e-06f,
                                                      0.0f,
                                                      0.0f,
                                                      0.0f,
                                                      3.19627839e-06f,
                                                      1.69713803e-05f,
                                                      7.87245881e-05f,
                                                      0.000318696519f,
                                                      0.00112445524f,
                                                      0.00345180277f,
                                                      0.00919729285f,
                                                      0.0212002657f,
                                                      0.0420702994f,
                                                      0.0713319927f,
                                                      0.102040842f,
                                                      0.120266721f,
                                                      0.11073257f,
                                                      0.0672013387f},
                                                     {-0.0660893917f,
                                                      -0.0540011115f,
                                                      -0.0248071011f,
                                                      0.00584121002f,
                                                      0.0249888562f,
                                                      0.0293334443f,
                                                      0.0236908607f,
                                                      0.0149964988f,
                                                      0.00779430661f,
                                                      0.00340142753f,
                                                      0.00126222952f,
                                                      0.000401469821f,
                                                      0.00011003235f,
                                                      2.60843517e-05f,
                                                      5.36338757e-06f,
                                                      0.0f,
                                                      0.0f,
                                                      0.0f,
                                                      5.36338757e-06f,
                                                      2.60843517e-05f,
                                                      0.00011003235f,
                                                      0.000401469821f,
                                                      0.00126222952f,
                                                      0.00340142753f,
                                                      0.00779430661f,
                                                      0.0149964988f,
                                                      0.0236908607f,
                                                      0.0293334443f,
                                                      0.0249888562f,
                                                      0.00584121002f,
                                                      -0.0248071011f,
                                                      -0.0540011115f},
                                                     {-1.6625832e-14f,
                                                      0.0159742683f,
                                                      0.0227913056f,
                                                      0.018353723f,
                                                      0.00795445777f,
                                                      -0.0013051593f,
                                                      -0.00573605672f,
                                                      -0.00586053729f,
                                                      -0.0040364149f,
                                                      -0.00215388509f,
                                                      -0.000935759104f,
                                                      -0.000339067716f,
                                                      -0.000103891871f,
                                                      -2.71551162e-05f,
                                                      -6.0909606e-06f,
                                                      0.0f,
                                                      0.0f,
                                                      0.0f,
                                                      6.09096014e-06f,
                                                      2.71551162e-05f,
                                                      0.000103891871f,
                                                      0.000339067716f,
                                                      0.000935759104f,
                                                      0.00215388509f,
                                                      0.0040364149f,
                                                      0.00586053729f,
                                                      0.00573605672f,
                                                      0.0013051593f,
                                                      -0.00795445777f,
                                                      -0.018353723f,
                                                      -0.0227913056f,
                                                      -0.0159742683f}};
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
