// SPDX-License-Identifier: MIT
//
// What AVX-512 expands and compresses into.
#pragma once

#include <lacuna/core/config.hpp>

#if defined(__AVX512F__)

#include <immintrin.h>

namespace lacuna::simd::inline LACUNA_ISA {

/// Zeros that the compiler does not know as such. Zen 5 makes an expand or a compress wait for what its destination
/// held, also where a mask sets all else to zero: 5 cycles each instead of 1 in the one register that gcc 12 takes for
/// all of a loop (512x512, bitmap of floats at 50 %, n = 1: 19.8 us instead of 11.9; 4:8, whose positions are
/// compressed, 32 instead of 6.8). Merged into these, the destination starts as a copy of them, which no port has to
/// make.
[[nodiscard]] LACUNA_INLINE __m512i avx512_zeros() noexcept {
  auto zeros = _mm512_setzero_si512();
#if defined(__GNUC__)
  __asm__("" : "+v"(zeros));
#endif
  return zeros;
}

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
