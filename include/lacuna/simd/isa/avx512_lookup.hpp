// SPDX-License-Identifier: MIT
//
// Look-ups on AVX-512: a permutation chooses among two registers; wider tables choose among the results by the upper
// bits of the position.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/codes.hpp>
#include <lacuna/simd/isa/avx2_lookup.hpp>
#include <lacuna/simd/isa/avx512_zeros.hpp>
#include <lacuna/simd/lookup.hpp>

#if defined(__AVX512F__)

#include <immintrin.h>

#include <bit>
#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// The first `count` of 16 bytes, zeros behind them.
[[nodiscard]] LACUNA_INLINE __m128i avx512_load_bytes(std::uint8_t const* p, index count) noexcept {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  return _mm_maskz_loadu_epi8(static_cast<__mmask16>(first_lanes(count)), p);
#else
  std::uint8_t bytes[16] = {};
  std::memcpy(bytes, p, static_cast<std::size_t>(count));
  return _mm_loadu_si128(reinterpret_cast<__m128i const*>(bytes));
#endif
}

/// Sixteen positions, as those of eight: see avx2_lookup.hpp. A gather keeps the lanes of its old destination that are
/// masked: given zeros, it does not wait for whatever was in that register before.
template <avx512 Arch>
struct positions<Arch, float> {
  static constexpr int lanes = 16;
  __m512i at;
  std::uint64_t bytes[2] = {};

  positions() = default;
  LACUNA_INLINE positions(__m512i v) noexcept : positions(v, _mm512_cvtepi32_epi8(v)) {}
  LACUNA_INLINE positions(__m512i v, __m128i low) noexcept
      : at(v),
        bytes{static_cast<std::uint64_t>(_mm_cvtsi128_si64(low)),
              static_cast<std::uint64_t>(_mm_extract_epi64(low, 1))} {}

  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p) noexcept {
    auto const low = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
    return {_mm512_cvtepu8_epi32(low), low};
  }
  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p, index count) noexcept {
    auto const low = avx512_load_bytes(p, count);
    return {_mm512_cvtepu8_epi32(low), low};
  }
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> gather(float const* from) const noexcept {
    if constexpr (!fast_gathers<Arch>)
      return _mm512_castpd_ps(
          _mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(avx2_load_lanes(from, bytes[0]))),
                             _mm256_castps_pd(avx2_load_lanes(from, bytes[1])), 1));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"  // without -O gcc has a macro here
    return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), 0xFFFF, at, from, 4);
#pragma GCC diagnostic pop
  }
};

template <avx512 Arch>
struct positions<Arch, double> {
  static constexpr int lanes = 8;
  __m512i at;
  std::uint64_t bytes = 0;

  positions() = default;
  LACUNA_INLINE positions(__m512i v) noexcept : positions(v, _mm512_cvtepi64_epi8(v)) {}
  LACUNA_INLINE positions(__m512i v, __m128i low) noexcept
      : at(v), bytes(static_cast<std::uint64_t>(_mm_cvtsi128_si64(low))) {}

  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p) noexcept {
    auto const low = _mm_loadl_epi64(reinterpret_cast<__m128i const*>(p));
    return {_mm512_cvtepu8_epi64(low), low};
  }
  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p, index count) noexcept {
    auto const low = avx512_load_bytes(p, count);
    return {_mm512_cvtepu8_epi64(low), low};
  }
  [[nodiscard]] LACUNA_INLINE batch<double, Arch> gather(double const* from) const noexcept {
    if constexpr (!fast_gathers<Arch>)
      return _mm512_insertf64x4(_mm512_castpd256_pd512(avx2_load_lanes(from, static_cast<std::uint32_t>(bytes))),
                                avx2_load_lanes(from, static_cast<std::uint32_t>(bytes >> 32)), 1);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
    return _mm512_mask_i64gather_pd(_mm512_setzero_pd(), 0xFF, at, from, 8);
#pragma GCC diagnostic pop
  }
};

/// f(l) in every lane of 32 bits.
template <class F>
[[nodiscard]] LACUNA_INLINE __m512i avx512_each_lane(F&& f) noexcept {
  return _mm512_setr_epi32(f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10), f(11), f(12), f(13),
                           f(14), f(15));
}

/// Eight codes of up to four bits are in 32 bits, which a load repeats in as many lanes; a shift for each lane.
template <avx512 Arch, int Bits, int Keep, int M>
struct codes<Arch, float, Bits, Keep, M> {
  static_assert(Bits <= 4 && 16 / Keep * M <= 256 && 16 % Keep == 0);

  template <int Part = 0>
  [[nodiscard]] LACUNA_INLINE static positions<Arch, float> load(std::uint8_t const* p) noexcept {
    static_assert(Part == 0);
    int low, high;
    std::memcpy(&low, p, sizeof low);
    std::memcpy(&high, p + Bits, sizeof high);
    constexpr bool one = Bits <= 2;
    auto const word = one ? _mm512_set1_epi32(low) : _mm512_mask_set1_epi32(_mm512_set1_epi32(low), 0xFF00, high);
    auto const shift = avx512_each_lane([](int l) LACUNA_INLINE_LAMBDA { return (one ? l : l % 8) * Bits; });
    auto const group = avx512_each_lane([](int l) LACUNA_INLINE_LAMBDA { return l / Keep * M; });
    auto const code = _mm512_and_si512(_mm512_srlv_epi32(word, shift), _mm512_set1_epi32((1 << Bits) - 1));
    if constexpr ((M & (M - 1)) == 0) return {_mm512_or_si512(code, group)};  // one operation with the and
    return {_mm512_add_epi32(code, group)};
  }
};

template <avx512 Arch, int Bits, int Keep, int M>
struct codes<Arch, double, Bits, Keep, M> {
  static_assert(8 % Keep == 0);

  template <int Part = 0>
  [[nodiscard]] LACUNA_INLINE static positions<Arch, double> load(std::uint8_t const* p) noexcept {
    static_assert(Part == 0);
    long long word;
    std::memcpy(&word, p, sizeof word);
    auto const shift = _mm512_setr_epi64(0, Bits, 2 * Bits, 3 * Bits, 4 * Bits, 5 * Bits, 6 * Bits, 7 * Bits);
    constexpr auto at = [](int l) { return l / Keep * M; };
    auto const group = _mm512_setr_epi64(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
    auto const code =
        _mm512_and_si512(_mm512_srlv_epi64(_mm512_set1_epi64(word), shift), _mm512_set1_epi64((1 << Bits) - 1));
    return {_mm512_add_epi64(code, group)};
  }
};

/// Two lanes for each group of four bits, which choose the first or the second position among those of 16 masks.
template <avx512 Arch>
struct mask_codes<Arch, float, 2, 4> {
  static constexpr bool available = true;
  static constexpr index bytes = 4;

  [[nodiscard]] LACUNA_INLINE static positions<Arch, float> load(std::uint8_t const* p) noexcept {
    int word;
    std::memcpy(&word, p, sizeof word);
    auto const shift = avx512_each_lane([](int l) LACUNA_INLINE_LAMBDA { return l / 2 * 4; });
    auto const second = avx512_each_lane([](int l) LACUNA_INLINE_LAMBDA { return l % 2 * 16; });
    auto const low =
        avx512_each_lane([](int m) LACUNA_INLINE_LAMBDA { return std::countr_zero(static_cast<unsigned>(m)); });
    auto const high = avx512_each_lane(
        [](int m) LACUNA_INLINE_LAMBDA { return static_cast<int>(std::bit_width(static_cast<unsigned>(m))) - 1; });
    auto const mask = _mm512_and_si512(_mm512_srlv_epi32(_mm512_set1_epi32(word), shift), _mm512_set1_epi32(15));
    return {_mm512_or_si512(_mm512_permutex2var_epi32(low, _mm512_or_si512(mask, second), high), shift)};
  }
};

#if defined(__AVX512VBMI2__) && defined(__AVX512VL__)

/// The numbers of bits, as bytes, packed under the mask.
template <avx512 Arch, class T, int Keep, int M>
  requires(batch<T, Arch>::size % Keep == 0 && batch<T, Arch>::size / Keep * M <= 32)
struct mask_codes<Arch, T, Keep, M> {
  static constexpr bool available = true;
  static constexpr index bytes = 4;

  [[nodiscard]] LACUNA_INLINE static positions<Arch, T> load(std::uint8_t const* p) noexcept {
    std::uint32_t word;
    std::memcpy(&word, p, sizeof word);
    auto const numbers = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                          22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    auto const zeros = _mm512_castsi512_si256(avx512_zeros());
    auto const packed = _mm256_castsi256_si128(_mm256_mask_compress_epi8(zeros, word, numbers));
    if constexpr (sizeof(T) == 4)
      return {_mm512_cvtepu8_epi32(packed)};
    else
      return {_mm512_cvtepu8_epi64(packed)};
  }
};

#endif

template <avx512 Arch, int N>
  requires(N <= 128)
struct lookup<Arch, float, N> {
  static constexpr int registers = N <= 16 ? 1 : (N + 31) / 32 * 2;
  batch<float, Arch> table[static_cast<std::size_t>(registers)];

  LACUNA_INLINE lookup(float const* from, index count) noexcept { load_table<Arch>(table, from, count); }
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> operator[](positions<Arch, float> p) const noexcept {
    if constexpr (registers == 1)
      return _mm512_permutexvar_ps(p.at, table[0]);
    else if constexpr (registers == 2)
      return pair<0>(p.at);
    else if constexpr (registers == 4)
      return choose<32>(p.at, pair<0>(p.at), pair<2>(p.at));
    else if constexpr (registers == 6)
      return choose<64>(p.at, choose<32>(p.at, pair<0>(p.at), pair<2>(p.at)), pair<4>(p.at));
    else
      return choose<64>(p.at, choose<32>(p.at, pair<0>(p.at), pair<2>(p.at)),
                        choose<32>(p.at, pair<4>(p.at), pair<6>(p.at)));
  }

 private:
  template <int First>
  [[nodiscard]] LACUNA_INLINE __m512 pair(__m512i at) const noexcept {
    return _mm512_permutex2var_ps(table[First], at, table[First + 1]);
  }
  /// a where the bit is clear in the position, b where it is set.
  template <int Bit>
  [[nodiscard]] LACUNA_INLINE static __m512 choose(__m512i at, __m512 a, __m512 b) noexcept {
    return _mm512_mask_blend_ps(_mm512_test_epi32_mask(at, _mm512_set1_epi32(Bit)), a, b);
  }
};

template <avx512 Arch, int N>
  requires(N <= 32)
struct lookup<Arch, double, N> {
  static constexpr int registers = N <= 8 ? 1 : (N + 15) / 16 * 2;
  batch<double, Arch> table[static_cast<std::size_t>(registers)];

  LACUNA_INLINE lookup(double const* from, index count) noexcept { load_table<Arch>(table, from, count); }
  [[nodiscard]] LACUNA_INLINE batch<double, Arch> operator[](positions<Arch, double> p) const noexcept {
    if constexpr (registers == 1) {
      return _mm512_permutexvar_pd(p.at, table[0]);
    } else {
      auto const low = _mm512_permutex2var_pd(table[0], p.at, table[1]);
      if constexpr (registers == 2)
        return low;
      else
        return _mm512_mask_blend_pd(_mm512_test_epi64_mask(p.at, _mm512_set1_epi64(16)), low,
                                    _mm512_permutex2var_pd(table[2], p.at, table[3]));
    }
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
