// SPDX-License-Identifier: MIT
//
// bit_weights on AVX2: a shuffle for 16 columns, whose bytes a table gives for each eight.
//
// The values of 16 columns lie on both sides of where the second eight start: one load of 16 bytes has them all, those
// of the first eight at the end of its lower half, those of the others from the start of its upper half. So 16 columns
// take one load of values and one count, where eight took both. Parallel deposit (pdep) of the bytes of eight columns,
// one a cycle on Intel and Zen 3, is no faster, and takes 18 cycles and more on Zen 1 and 2.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/bit_weights.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

namespace lacuna::simd::inline LACUNA_ISA {

/// For each mask of eight columns which byte of 16 each of them takes, 128, which shuffles turn into 0, for none: those
/// before byte 8, of which the last value is byte 7, or those from byte 8 on.
[[nodiscard]] constexpr std::array<std::array<std::uint8_t, 8>, 256> avx2_bit_places(bool before) noexcept {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (unsigned bits = 0; bits != 256; ++bits) {
    auto next = static_cast<std::uint8_t>(before ? 8 - std::popcount(bits) : 8);
    for (unsigned column = 0; column != 8; ++column)
      table[bits][column] = ((bits >> column) & 1u) != 0 ? next++ : std::uint8_t{128};
  }
  return table;
}
alignas(64) inline constexpr auto avx2_places_before = avx2_bit_places(true);
alignas(64) inline constexpr auto avx2_places_behind = avx2_bit_places(false);

template <avx2 Arch>
  requires(!avxvnni<Arch>)
struct bit_weights<Arch> {
  static constexpr bool available = true;
  static constexpr index before = 8;
  static constexpr index behind = 8;
  using sum_type = batch<std::int32_t, Arch>;
  struct pairs {
    __m256i even;
    __m256i odd;
  };

  /// Pairs of even bytes stand before those of odd ones.
  [[nodiscard]] static constexpr index place(index column) noexcept {
    return column / 32 * 32 + column % 2 * 16 + column % 32 / 2;
  }

  template <class F>
  LACUNA_INLINE static void spread(std::int8_t const*& values, std::uint64_t previous, std::uint64_t word,
                                   F&& f) noexcept {
    auto const byte = [word](int b) LACUNA_INLINE_LAMBDA { return static_cast<std::size_t>(word >> (8 * b) & 0xFFu); };
    auto const count = [word](int b) LACUNA_INLINE_LAMBDA { return std::popcount(word >> (8 * b) & 0xFFFFu); };
    auto const* const second = values + count(0);
    auto const* const third = second + count(2);
    auto const* const fourth = third + count(4);
    f(std::integral_constant<int, 0>{}, sixteens(values, previous, byte(0), second, byte(1), byte(2)));
    f(std::integral_constant<int, 1>{}, sixteens(third, byte(3), byte(4), fourth, byte(5), byte(6)));
    values = fourth + count(6);
  }

  /// A one is the second of its four if one below it is set: no table, and no look at more than four bits.
  [[nodiscard]] LACUNA_INLINE static __m256i spread_twos(std::int8_t const* values, std::uint32_t bits) noexcept {
    auto const each = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,  //
                                       2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    auto const own = _mm256_set1_epi64x(static_cast<long long>(0x8040201008040201));
    auto const below = _mm256_set1_epi64x(0x7030100007030100);
    auto const second = _mm256_setr_epi8(1, 1, 1, 1, 3, 3, 3, 3, 5, 5, 5, 5, 7, 7, 7, 7,  //
                                         9, 9, 9, 9, 11, 11, 11, 11, 13, 13, 13, 13, 15, 15, 15, 15);
    auto const zero = _mm256_setzero_si256();
    auto const mask = _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(bits)), each);
    auto const first = _mm256_cmpeq_epi8(_mm256_and_si256(mask, below), zero);  // -1
    auto const none = _mm256_cmpeq_epi8(_mm256_and_si256(mask, own), zero);
    auto const packed = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<__m128i const*>(values)));
    return _mm256_shuffle_epi8(packed, _mm256_or_si256(_mm256_add_epi8(second, first), none));
  }

  [[nodiscard]] LACUNA_INLINE static pairs widen(__m256i w) noexcept {
    return {_mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8), _mm256_srai_epi16(w, 8)};
  }
  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, pairs const& w, std::int16_t const* x) noexcept {
    auto const* const in = reinterpret_cast<__m256i const*>(x);
    auto const more = _mm256_add_epi32(sum, _mm256_madd_epi16(w.even, _mm256_loadu_si256(in)));
    return _mm256_add_epi32(more, _mm256_madd_epi16(w.odd, _mm256_loadu_si256(in + 1)));
  }

 private:
  /// The weights of two times 16 columns, each by the bits of two eights, around where the values of the second start.
  [[nodiscard]] LACUNA_INLINE static __m256i sixteens(std::int8_t const* low, std::size_t a, std::size_t b,
                                                      std::int8_t const* high, std::size_t c, std::size_t d) noexcept {
    return _mm256_shuffle_epi8(both(around(low), around(high)), both(places(a, b), places(c, d)));
  }
  [[nodiscard]] LACUNA_INLINE static __m128i around(std::int8_t const* p) noexcept {
    return _mm_loadu_si128(reinterpret_cast<__m128i const*>(p - before));
  }
  [[nodiscard]] LACUNA_INLINE static __m128i places(std::size_t first, std::size_t second) noexcept {
    auto const* const low = reinterpret_cast<__m128i const*>(avx2_places_before[first].data());
    auto const* const high = reinterpret_cast<__m64 const*>(avx2_places_behind[second].data());
    return _mm_castps_si128(_mm_loadh_pi(_mm_castsi128_ps(_mm_loadl_epi64(low)), high));
  }
  [[nodiscard]] LACUNA_INLINE static __m256i both(__m128i low, __m128i high) noexcept {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
