// SPDX-License-Identifier: MIT
//
// Look-ups on AVX2: a permutation of 8 floats for each register of the table, and a choice among the two results by the
// upper bit of the position. A table of more than 16 floats, or of doubles, stays in memory and is gathered from: four
// permutations and three choices take longer (512x512 at 80 %, tiles of 32 floats: 1.6 times dense, gathered 1.5; of 16
// doubles: 2.1, of 32 gathered 1.05).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/codes.hpp>
#include <lacuna/simd/lookup.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// The low bytes of eight numbers of 32 bits below 256.
[[nodiscard]] LACUNA_INLINE std::uint64_t avx2_low_bytes(__m256i v) noexcept {
  auto const words = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_packus_epi16(words, words)));
}

/// Lane l is from[byte l], by a load for each.
[[nodiscard]] LACUNA_INLINE __m256 avx2_load_lanes(float const* from, std::uint64_t bytes) noexcept {
  auto const lane = [&](int l) LACUNA_INLINE_LAMBDA { return from[(bytes >> (8 * l)) & 255u]; };
  return _mm256_setr_ps(lane(0), lane(1), lane(2), lane(3), lane(4), lane(5), lane(6), lane(7));
}
[[nodiscard]] LACUNA_INLINE __m256i avx2_load_lanes(std::int32_t const* from, std::uint64_t bytes) noexcept {
  auto const lane = [&](int l) LACUNA_INLINE_LAMBDA { return from[(bytes >> (8 * l)) & 255u]; };
  return _mm256_setr_epi32(lane(0), lane(1), lane(2), lane(3), lane(4), lane(5), lane(6), lane(7));
}
[[nodiscard]] LACUNA_INLINE __m256d avx2_load_lanes(double const* from, std::uint32_t bytes) noexcept {
  auto const lane = [&](int l) LACUNA_INLINE_LAMBDA { return from[(bytes >> (8 * l)) & 255u]; };
  return _mm256_setr_pd(lane(0), lane(1), lane(2), lane(3));
}

/// Positions as a register, which permutations and gathers want, and as the bytes of a word, for a load each where that
/// is faster than a gather; whichever is not used costs nothing. Eight of 64 floats, Zen 5: 1.3 ns by loads, 3.1 by a
/// gather; 2.0 where the word has to be made from the register.
template <avx2 Arch>
struct positions<Arch, float> {
  static constexpr int lanes = 8;
  __m256i at;
  std::uint64_t bytes = 0;

  positions() = default;
  LACUNA_INLINE positions(__m256i v) noexcept : at(v), bytes(avx2_low_bytes(v)) {}
  LACUNA_INLINE explicit positions(std::uint64_t word) noexcept
      : at(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(word)))), bytes(word) {}

  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p) noexcept { return load(p, 8); }
  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p, index count) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, p, static_cast<std::size_t>(count));
    return positions(word);
  }
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> gather(float const* from) const noexcept {
    if constexpr (fast_gathers<Arch>)
      return _mm256_i32gather_ps(from, at, 4);
    else
      return avx2_load_lanes(from, bytes);
  }
};

template <avx2 Arch>
struct positions<Arch, double> {
  static constexpr int lanes = 4;
  __m128i at;
  std::uint32_t bytes;

  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p) noexcept { return load(p, 4); }
  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p, index count) noexcept {
    std::uint32_t word = 0;
    std::memcpy(&word, p, static_cast<std::size_t>(count));
    return {_mm_cvtepu8_epi32(_mm_cvtsi32_si128(static_cast<int>(word))), word};
  }
  [[nodiscard]] LACUNA_INLINE batch<double, Arch> gather(double const* from) const noexcept {
    if constexpr (fast_gathers<Arch>)
      return _mm256_i32gather_pd(from, at, 8);
    else
      return avx2_load_lanes(from, bytes);
  }
};

/// Eight codes of up to four bits are in 32 bits.
template <avx2 Arch, int Bits, int Keep, int M>
  requires(Bits <= 4)
struct codes<Arch, float, Bits, Keep, M> {
  static_assert(8 % Keep == 0);

  template <int Part = 0>
  [[nodiscard]] LACUNA_INLINE static positions<Arch, float> load(std::uint8_t const* p) noexcept {
    static_assert(Part == 0);
    int word;
    std::memcpy(&word, p, sizeof word);
    auto const shift = _mm256_setr_epi32(0, Bits, 2 * Bits, 3 * Bits, 4 * Bits, 5 * Bits, 6 * Bits, 7 * Bits);
    constexpr auto at = [](int l) { return l / Keep * M; };
    auto const group = _mm256_setr_epi32(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
    auto const code = _mm256_srlv_epi32(_mm256_set1_epi32(word), shift);
    return {_mm256_add_epi32(_mm256_and_si256(code, _mm256_set1_epi32((1 << Bits) - 1)), group)};
  }
};

/// Groups or halves of groups 1 and 2 of 16 inputs change places: permutations work within halves.
LACUNA_INLINE void avx2_swap_quads(float* x) noexcept {
  auto const first = _mm_loadu_ps(x + 4);
  auto const second = _mm_loadu_ps(x + 8);
  _mm_storeu_ps(x + 4, second);
  _mm_storeu_ps(x + 8, first);
}

/// For each byte, the positions of its first four ones: which of four inputs, and as a sign whether of the upper four.
/// Masks of 4:8 have 70 such bytes: no more than these lines of the table are ever in the cache.
[[nodiscard]] constexpr std::array<std::array<std::uint32_t, 4>, 256> avx2_byte_positions() noexcept {
  std::array<std::array<std::uint32_t, 4>, 256> table{};
  for (std::uint32_t bits = 0; bits != 256; ++bits) {
    std::size_t next = 0;
    for (std::uint32_t bit = 0; bit != 8; ++bit)
      if (((bits >> bit) & 1u) != 0 && next != 4) table[bits][next++] = (bit & 3u) | (bit & 4u) << 29;
  }
  return table;
}

alignas(16) inline constexpr auto avx2_byte_position_table = avx2_byte_positions();

/// The positions of eight slots of 4:8 as that table has them.
struct avx2_byte_codes {
  __m256i at;
};

/// Sixteen inputs of 4:8: the lower halves of both groups and the upper ones. A permutation within halves is one
/// operation and twice as fast as one of all lanes on Zen 3, where one token takes half the time so.
template <avx2 Arch>
struct avx2_byte_table {
  __m256 lower;
  __m256 upper;

  LACUNA_INLINE avx2_byte_table(float const* from, index) noexcept
      : lower(_mm256_loadu_ps(from)), upper(_mm256_loadu_ps(from + 8)) {}
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> operator[](avx2_byte_codes p) const noexcept {
    return _mm256_blendv_ps(_mm256_permutevar_ps(lower, p.at), _mm256_permutevar_ps(upper, p.at),
                            _mm256_castsi256_ps(p.at));
  }
};

/// Masks of which every byte has four ones: two loads of halves of a register.
template <avx2 Arch>
struct mask_codes<Arch, float, 4, 8> {
  static constexpr bool available = true;
  static constexpr index bytes = 2;
  using table = avx2_byte_table<Arch>;

  LACUNA_INLINE static void arrange(float* x) noexcept { avx2_swap_quads(x); }
  [[nodiscard]] LACUNA_INLINE static avx2_byte_codes load(std::uint8_t const* p) noexcept {
    auto const half = [](std::uint8_t byte) LACUNA_INLINE_LAMBDA {
      return _mm_load_si128(reinterpret_cast<__m128i const*>(avx2_byte_position_table.data()[byte].data()));
    };
    return {_mm256_inserti128_si256(_mm256_castsi128_si256(half(p[0])), half(p[1]), 1)};
  }
};

/// Two bits for each of eight slots of 2:4, the lowest of their lanes: which input of its group it is.
struct avx2_group_codes {
  __m256i at;
};

/// Sixteen inputs of 2:4: groups 0 and 2, 1 and 3, for a permutation within halves looks at two bits and no others.
template <avx2 Arch>
struct avx2_group_table {
  __m256 even;
  __m256 odd;

  LACUNA_INLINE avx2_group_table(float const* from, index) noexcept
      : even(_mm256_loadu_ps(from)), odd(_mm256_loadu_ps(from + 8)) {}
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> operator[](avx2_group_codes p) const noexcept {
    return _mm256_blend_ps(_mm256_permutevar_ps(even, p.at), _mm256_permutevar_ps(odd, p.at), 0xCC);
  }
};

/// Masks of 2:4 are rewritten as codes of the same four bits, 64 by six operations; a broadcast and a shift for each
/// lane take them from there. 512x512 from L2 on Zen 5, four rows side by side, nothing else: 8.6 us, with a table of
/// positions for each byte of masks 11.0.
template <avx2 Arch>
struct mask_codes<Arch, float, 2, 4> {
  static constexpr bool available = true;
  static constexpr index bytes = 4;
  static constexpr int parts = 2;
  static constexpr index line = 32;
  using table = avx2_group_table<Arch>;

  LACUNA_INLINE static void arrange(float* x) noexcept { avx2_swap_quads(x); }
  LACUNA_INLINE static void rewrite(std::uint8_t const* masks, std::uint8_t* to) noexcept {
    // The codes of masks 3, 5, 6, 9, 10 and 12, the first slot's lowest.
    auto const code = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 0, 4, 0, 8, 9, 0, 0, 12, 13, 0, 14, 0, 0, 0));
    auto const nibble = _mm256_set1_epi8(15);
    auto const both = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(masks));
    auto const low = _mm256_shuffle_epi8(code, _mm256_and_si256(both, nibble));
    auto const high = _mm256_shuffle_epi8(code, _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_or_si256(low, _mm256_slli_epi16(high, 4)));
  }
  template <int Part>
  [[nodiscard]] LACUNA_INLINE static avx2_group_codes load(std::uint8_t const* p) noexcept {
    constexpr int first = 16 * Part;
    int word;
    std::memcpy(&word, p, sizeof word);
    auto const shift =
        _mm256_setr_epi32(first, first + 2, first + 4, first + 6, first + 8, first + 10, first + 12, first + 14);
    return {_mm256_srlv_epi32(_mm256_set1_epi32(word), shift)};
  }
};

template <avx2 Arch, int N>
  requires(N <= 16)
struct lookup<Arch, float, N> {
  static constexpr int registers = N <= 8 ? 1 : 2;
  batch<float, Arch> table[static_cast<std::size_t>(registers)];

  LACUNA_INLINE lookup(float const* from, index count) noexcept { load_table<Arch>(table, from, count); }
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> operator[](positions<Arch, float> p) const noexcept {
    auto const first = _mm256_permutevar8x32_ps(table[0], p.at);
    if constexpr (registers == 1) {
      return first;
    } else {
      auto const upper = _mm256_castsi256_ps(_mm256_slli_epi32(p.at, 28));  // a blend looks at the sign
      return _mm256_blendv_ps(first, _mm256_permutevar8x32_ps(table[1], p.at), upper);
    }
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
