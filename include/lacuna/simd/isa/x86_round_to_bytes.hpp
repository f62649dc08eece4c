// SPDX-License-Identifier: MIT
//
// Floats to bytes on x86: packs that saturate, twice.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>
#include <lacuna/simd/round_to_bytes.hpp>
#include <lacuna/simd/unroll.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#if defined(__AVX__)
#include <immintrin.h>
#else
#include <emmintrin.h>  // a third of the lines
#endif

#include <concepts>
#include <cstdint>
#include <limits>

namespace lacuna::simd::inline LACUNA_ISA {

/// What registers of all widths do alike, with Op's instructions.
template <class Arch, byte Int, class Op>
struct x86_round_to_bytes {
  using floats = batch<float, Arch>;
  using integers = typename batch<std::int32_t, Arch>::register_type;

  [[nodiscard]] LACUNA_INLINE static batch<Int, Arch> run(floats const (&v)[4], std::int32_t zero) noexcept {
    integers low = Op::pack(Op::round(v[0]), Op::round(v[1])), high = Op::pack(Op::round(v[2]), Op::round(v[3]));
    if (Op::any_least(low, high)) [[unlikely]] {
      floats some[4] = {v[0], v[1], v[2], v[3]};
      hold(some, zero);
      low = Op::pack(Op::round(some[0]), Op::round(some[1]));
      high = Op::pack(Op::round(some[2]), Op::round(some[3]));
    }
    auto const words = Op::repeat(static_cast<short>(zero));
    return Op::in_order(Op::template bytes<std::same_as<Int, std::uint8_t>>(Op::add(low, words), Op::add(high, words)));
  }

 private:
  // Not inlined: seldom called, and what it would cost where it is not.
  static void hold(floats (&v)[4], std::int32_t zero) noexcept {
    unroll<4>([&](auto k) LACUNA_INLINE_LAMBDA { v[k] = held_for<Int>(v[k], zero); });
  }
};

/// What x86_round_to_bytes is made of, in registers of 128 bits.
struct sse2_rounding {
  LACUNA_INLINE static __m128i round(__m128 v) noexcept { return _mm_cvtps_epi32(v); }
  LACUNA_INLINE static __m128i pack(__m128i a, __m128i b) noexcept { return _mm_packs_epi32(a, b); }
  LACUNA_INLINE static __m128i repeat(short word) noexcept { return _mm_set1_epi16(word); }
  LACUNA_INLINE static __m128i add(__m128i a, __m128i b) noexcept { return _mm_adds_epi16(a, b); }
  LACUNA_INLINE static bool any_least(__m128i a, __m128i b) noexcept {
    return _mm_movemask_epi8(_mm_cmpeq_epi16(_mm_min_epi16(a, b), repeat(std::numeric_limits<short>::min()))) != 0;
  }
  template <bool Unsigned>
  LACUNA_INLINE static __m128i bytes(__m128i a, __m128i b) noexcept {
    return Unsigned ? _mm_packus_epi16(a, b) : _mm_packs_epi16(a, b);
  }
  LACUNA_INLINE static __m128i in_order(__m128i v) noexcept { return v; }
};

template <sse2 Arch, byte Int>
  requires(batch<float, Arch>::size == 4)
struct round_to_bytes<Arch, Int> : x86_round_to_bytes<Arch, Int, sse2_rounding> {};

#if defined(__AVX2__)

/// The same in registers of 256 bits.
struct avx2_rounding {
  LACUNA_INLINE static __m256i round(__m256 v) noexcept { return _mm256_cvtps_epi32(v); }
  LACUNA_INLINE static __m256i pack(__m256i a, __m256i b) noexcept { return _mm256_packs_epi32(a, b); }
  LACUNA_INLINE static __m256i repeat(short word) noexcept { return _mm256_set1_epi16(word); }
  LACUNA_INLINE static __m256i add(__m256i a, __m256i b) noexcept { return _mm256_adds_epi16(a, b); }
  LACUNA_INLINE static bool any_least(__m256i a, __m256i b) noexcept {
    auto const least = repeat(std::numeric_limits<short>::min());
    return _mm256_movemask_epi8(_mm256_cmpeq_epi16(_mm256_min_epi16(a, b), least)) != 0;
  }
  template <bool Unsigned>
  LACUNA_INLINE static __m256i bytes(__m256i a, __m256i b) noexcept {
    return Unsigned ? _mm256_packus_epi16(a, b) : _mm256_packs_epi16(a, b);
  }
  /// Packs leave 16 bytes of each half: four of each register.
  LACUNA_INLINE static __m256i in_order(__m256i v) noexcept {
    return _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  }
};

template <avx2 Arch, byte Int>
struct round_to_bytes<Arch, Int> : x86_round_to_bytes<Arch, Int, avx2_rounding> {};

#endif

#if defined(__AVX512BW__)

/// The same in registers of 512 bits.
struct avx512_rounding {
  LACUNA_INLINE static __m512i round(__m512 v) noexcept { return _mm512_cvtps_epi32(v); }
  LACUNA_INLINE static __m512i pack(__m512i a, __m512i b) noexcept { return _mm512_packs_epi32(a, b); }
  LACUNA_INLINE static __m512i repeat(short word) noexcept { return _mm512_set1_epi16(word); }
  LACUNA_INLINE static __m512i add(__m512i a, __m512i b) noexcept { return _mm512_adds_epi16(a, b); }
  LACUNA_INLINE static bool any_least(__m512i a, __m512i b) noexcept {
    return _mm512_cmpeq_epi16_mask(_mm512_min_epi16(a, b), repeat(std::numeric_limits<short>::min())) != 0;
  }
  template <bool Unsigned>
  LACUNA_INLINE static __m512i bytes(__m512i a, __m512i b) noexcept {
    return Unsigned ? _mm512_packus_epi16(a, b) : _mm512_packs_epi16(a, b);
  }
  LACUNA_INLINE static __m512i in_order(__m512i v) noexcept {
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), v);
  }
};

template <avx512 Arch, byte Int>
struct round_to_bytes<Arch, Int> : x86_round_to_bytes<Arch, Int, avx512_rounding> {};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
