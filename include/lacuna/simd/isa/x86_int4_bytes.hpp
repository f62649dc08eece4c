// SPDX-License-Identifier: MIT
//
// int4_bytes on x86: halves of bytes get places of their own by a load or one permutation, a shift of every other place
// and a mask make 16 times the integers.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/int4_bytes.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#if defined(__AVX__)
#include <immintrin.h>
#else
#include <emmintrin.h>  // a third of the lines
#endif

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// What does not depend on the width of registers.
template <class Arch, int Run>
struct x86_int4_bytes {
  using codes_type = batch<std::int8_t, Arch>;
  using bytes_type = batch<std::uint8_t, Arch>;
  using sums_type = batch<std::int32_t, Arch>;
  static constexpr int size = static_cast<int>(codes_type::size);
  static constexpr int runs = size / (2 * Run);
  static constexpr int unit = 16;
  static constexpr int links = 8;
  using chain_type = sums_type;

  [[nodiscard]] LACUNA_INLINE static sums_type add(sums_type sum, bytes_type x, codes_type w) noexcept {
    return dot4<Arch, std::uint8_t>::add(sum, x, w);
  }
  [[nodiscard]] LACUNA_INLINE static chain_type open(sums_type sum) noexcept { return sum; }
  [[nodiscard]] LACUNA_INLINE static chain_type link(chain_type chain, bytes_type x, codes_type w) noexcept {
    return add(chain, x, w);
  }
  [[nodiscard]] LACUNA_INLINE static sums_type close(sums_type, chain_type chain) noexcept { return chain; }
};

template <sse2 Arch>
struct int4_bytes<Arch, 8> : x86_int4_bytes<Arch, 8> {
  using base = x86_int4_bytes<Arch, 8>;

  [[nodiscard]] LACUNA_INLINE static typename base::codes_type load(std::uint8_t const* p) noexcept {
    auto const eight = _mm_loadl_epi64(reinterpret_cast<__m128i const*>(p));
    return _mm_and_si128(_mm_unpacklo_epi64(_mm_slli_epi16(eight, 4), eight), _mm_set1_epi8(static_cast<char>(0xF0)));
  }
  [[nodiscard]] LACUNA_INLINE static typename base::bytes_type inputs(std::uint8_t const* const (&p)[1]) noexcept {
    return _mm_loadu_si128(reinterpret_cast<__m128i const*>(p[0]));
  }
  [[nodiscard]] LACUNA_INLINE static typename base::sums_type totals(
      typename base::sums_type const (&dot)[4]) noexcept {
    auto const two = [](__m128i a, __m128i b) LACUNA_INLINE_LAMBDA {
      return _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
    };
    auto const low = two(dot[0], dot[1]), high = two(dot[2], dot[3]);
    return _mm_add_epi32(_mm_unpacklo_epi64(low, high), _mm_unpackhi_epi64(low, high));
  }
};

#if defined(__AVX2__)

/// Without vpdpbusd the integers themselves, looked up: two products with bytes of x fit 16 bits, which vpmaddubsw
/// takes at once, where 16 times them would saturate.
template <avx2 Arch, int Run>
  requires(Run == 16 || Run == 8)
struct int4_bytes<Arch, Run> : x86_int4_bytes<Arch, Run> {
  using base = x86_int4_bytes<Arch, Run>;
  static constexpr int unit = avxvnni<Arch> ? 16 : 1;

  [[nodiscard]] LACUNA_INLINE static typename base::codes_type load(std::uint8_t const* p) noexcept {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
    auto const twice =
        Run == 16 ? _mm256_broadcastsi128_si256(bytes) : _mm256_permute4x64_epi64(_mm256_castsi128_si256(bytes), 0x50);
    if constexpr (unit == 16) {
      auto const shift = Run == 16 ? _mm256_setr_epi64x(4, 4, 0, 0) : _mm256_setr_epi64x(4, 0, 4, 0);
      return _mm256_and_si256(_mm256_sllv_epi64(twice, shift), _mm256_set1_epi8(static_cast<char>(0xF0)));
    } else {
      auto const shift = Run == 16 ? _mm256_setr_epi64x(0, 0, 4, 4) : _mm256_setr_epi64x(0, 4, 0, 4);
      auto const table =
          _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1));
      return _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srlv_epi64(twice, shift), _mm256_set1_epi8(15)));
    }
  }
  [[nodiscard]] LACUNA_INLINE static typename base::bytes_type inputs(
      std::uint8_t const* const (&p)[std::size_t{base::runs}]) noexcept {
    if constexpr (Run == 16)
      return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(p[0]));
    else
      return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p[0]))),
                                     _mm_loadu_si128(reinterpret_cast<__m128i const*>(p[1])), 1);
  }
  [[nodiscard]] LACUNA_INLINE static typename base::sums_type add(typename base::sums_type sum,
                                                                  typename base::bytes_type x,
                                                                  typename base::codes_type w) noexcept {
    if constexpr (unit == 16)
      return base::add(sum, x, w);
    else
      return close(sum, _mm256_maddubs_epi16(x, w));
  }
  /// Eight times two products are between -32640 and 28560: no addition of 16 bits saturates.
  [[nodiscard]] LACUNA_INLINE static typename base::chain_type open(typename base::sums_type sum) noexcept {
    if constexpr (unit == 16)
      return sum;
    else
      return _mm256_setzero_si256();
  }
  [[nodiscard]] LACUNA_INLINE static typename base::chain_type link(typename base::chain_type chain,
                                                                    typename base::bytes_type x,
                                                                    typename base::codes_type w) noexcept {
    if constexpr (unit == 16)
      return base::add(chain, x, w);
    else
      return _mm256_add_epi16(chain, _mm256_maddubs_epi16(x, w));
  }
  [[nodiscard]] LACUNA_INLINE static typename base::sums_type close([[maybe_unused]] typename base::sums_type sum,
                                                                    typename base::chain_type chain) noexcept {
    if constexpr (unit == 16)
      return chain;
    else
      return _mm256_add_epi32(sum, _mm256_madd_epi16(chain, _mm256_set1_epi16(1)));
  }
  [[nodiscard]] LACUNA_INLINE static typename base::sums_type totals(
      typename base::sums_type const (&dot)[std::size_t{8 / base::runs}]) noexcept {
    auto const first = four(dot);
    if constexpr (Run == 16) {
      auto const second = four(dot + 4);
      return _mm256_add_epi32(_mm256_permute2x128_si256(first, second, 0x20),
                              _mm256_permute2x128_si256(first, second, 0x31));
    } else {
      return _mm256_permutevar8x32_epi32(first, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    }
  }

 private:
  /// Sums of the 128 bits of each of four registers: four lanes, twice.
  [[nodiscard]] LACUNA_INLINE static __m256i four(typename base::sums_type const* dot) noexcept {
    auto const two = [](__m256i a, __m256i b) LACUNA_INLINE_LAMBDA {
      return _mm256_add_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    };
    auto const low = two(dot[0], dot[1]), high = two(dot[2], dot[3]);
    return _mm256_add_epi32(_mm256_unpacklo_epi64(low, high), _mm256_unpackhi_epi64(low, high));
  }
};

#endif

#if defined(__AVX512BW__)

/// As on AVX2.
template <avx512 Arch, int Run>
  requires(Run == 32 || Run == 16 || Run == 8)
struct int4_bytes<Arch, Run> : x86_int4_bytes<Arch, Run> {
  using base = x86_int4_bytes<Arch, Run>;
  static constexpr int unit = vnni512<Arch> ? 16 : 1;

  [[nodiscard]] LACUNA_INLINE static typename base::codes_type load(std::uint8_t const* p) noexcept {
    auto const bytes = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(p));
    auto const all = twice(bytes);
    if constexpr (unit == 16) {
      return _mm512_and_si512(_mm512_sllv_epi64(all, shifts(4, 0)), _mm512_set1_epi8(static_cast<char>(0xF0)));
    } else {
      auto const table = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, -8, -7, -6, -5, -4, -3, -2, -1));
      return _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srlv_epi64(all, shifts(0, 4)), _mm512_set1_epi8(15)));
    }
  }
  [[nodiscard]] LACUNA_INLINE static typename base::bytes_type inputs(
      std::uint8_t const* const (&p)[std::size_t{base::runs}]) noexcept {
    auto const half = [](std::uint8_t const* from)
                          LACUNA_INLINE_LAMBDA { return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from)); };
    auto const two = [](std::uint8_t const* low, std::uint8_t const* high) LACUNA_INLINE_LAMBDA {
      return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<__m128i const*>(low))),
                                     _mm_loadu_si128(reinterpret_cast<__m128i const*>(high)), 1);
    };
    if constexpr (Run == 32)
      return _mm512_loadu_si512(p[0]);
    else if constexpr (Run == 16)
      return _mm512_inserti64x4(_mm512_castsi256_si512(half(p[0])), half(p[1]), 1);
    else
      return _mm512_inserti64x4(_mm512_castsi256_si512(two(p[0], p[1])), two(p[2], p[3]), 1);
  }
  [[nodiscard]] LACUNA_INLINE static typename base::sums_type add(typename base::sums_type sum,
                                                                  typename base::bytes_type x,
                                                                  typename base::codes_type w) noexcept {
    if constexpr (unit == 16)
      return base::add(sum, x, w);
    else
      return close(sum, _mm512_maddubs_epi16(x, w));
  }
  /// Eight times two products are between -32640 and 28560: no addition of 16 bits saturates.
  [[nodiscard]] LACUNA_INLINE static typename base::chain_type open(typename base::sums_type sum) noexcept {
    if constexpr (unit == 16)
      return sum;
    else
      return _mm512_setzero_si512();
  }
  [[nodiscard]] LACUNA_INLINE static typename base::chain_type link(typename base::chain_type chain,
                                                                    typename base::bytes_type x,
                                                                    typename base::codes_type w) noexcept {
    if constexpr (unit == 16)
      return base::add(chain, x, w);
    else
      return _mm512_add_epi16(chain, _mm512_maddubs_epi16(x, w));
  }
  [[nodiscard]] LACUNA_INLINE static typename base::sums_type close([[maybe_unused]] typename base::sums_type sum,
                                                                    typename base::chain_type chain) noexcept {
    if constexpr (unit == 16)
      return chain;
    else
      return _mm512_add_epi32(sum, _mm512_madd_epi16(chain, _mm512_set1_epi16(1)));
  }
  [[nodiscard]] LACUNA_INLINE static typename base::sums_type totals(
      typename base::sums_type const (&dot)[std::size_t{16 / base::runs}]) noexcept {
    auto const a = four(dot);
    if constexpr (Run == 8) {
      return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), a);
    } else if constexpr (Run == 16) {
      return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15),
                                      two(a, four(dot + 4)));
    } else {
      return two(two(a, four(dot + 4)), two(four(dot + 8), four(dot + 12)));
    }
  }

 private:
  /// Sums of the 128 bits of each of four registers: four lanes, four times.
  [[nodiscard]] LACUNA_INLINE static __m512i four(typename base::sums_type const* dot) noexcept {
    auto const neighbours = [](__m512i a, __m512i b) LACUNA_INLINE_LAMBDA {
      return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    };
    auto const low = neighbours(dot[0], dot[1]), high = neighbours(dot[2], dot[3]);
    return _mm512_add_epi32(_mm512_unpacklo_epi64(low, high), _mm512_unpackhi_epi64(low, high));
  }
  /// Sums of pairs of 128 bits, those of a before those of b.
  [[nodiscard]] LACUNA_INLINE static __m512i two(__m512i a, __m512i b) noexcept {
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xDD));
  }

  [[nodiscard]] LACUNA_INLINE static __m512i twice(__m256i bytes) noexcept {
    if constexpr (Run == 32) return _mm512_broadcast_i64x4(bytes);
    auto const from = Run == 16 ? _mm512_setr_epi64(0, 1, 0, 1, 2, 3, 2, 3) : _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3);
    return _mm512_permutexvar_epi64(from, _mm512_castsi256_si512(bytes));
  }
  [[nodiscard]] LACUNA_INLINE static __m512i shifts(long long lower, long long upper) noexcept {
    if constexpr (Run == 32) return _mm512_setr_epi64(lower, lower, lower, lower, upper, upper, upper, upper);
    if constexpr (Run == 16) return _mm512_setr_epi64(lower, lower, upper, upper, lower, lower, upper, upper);
    return _mm512_setr_epi64(lower, upper, lower, upper, lower, upper, lower, upper);
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
