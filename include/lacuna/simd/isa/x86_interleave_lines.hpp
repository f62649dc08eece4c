// SPDX-License-Identifier: MIT
//
// Bytes of four lines side by side on x86: two steps of unpacking within 16 bytes.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/interleave_lines.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#if defined(__AVX__)
#include <immintrin.h>
#else
#include <emmintrin.h>  // a third of the lines
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

template <sse2 Arch>
struct interleave_lines<Arch> {
  using batch_type = batch<std::uint8_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type order(batch_type line) noexcept { return line; }
  LACUNA_INLINE static void run(batch_type (&line)[4]) noexcept {
    __m128i const a = line[0], b = line[1], c = line[2], d = line[3];
    auto const ab = _mm_unpacklo_epi8(a, b), cd = _mm_unpacklo_epi8(c, d);
    auto const ab_high = _mm_unpackhi_epi8(a, b), cd_high = _mm_unpackhi_epi8(c, d);
    line[0] = _mm_unpacklo_epi16(ab, cd);
    line[1] = _mm_unpackhi_epi16(ab, cd);
    line[2] = _mm_unpacklo_epi16(ab_high, cd_high);
    line[3] = _mm_unpackhi_epi16(ab_high, cd_high);
  }
  LACUNA_INLINE static void undo(batch_type (&quad)[4]) noexcept {
    // The lower and the upper halves of lanes of 32 bits, whose signs let them pass; then of those of 16.
    auto const low = [](__m128i a, __m128i b) LACUNA_INLINE_LAMBDA {
      return _mm_packs_epi32(_mm_srai_epi32(_mm_slli_epi32(a, 16), 16), _mm_srai_epi32(_mm_slli_epi32(b, 16), 16));
    };
    auto const high = [](__m128i a, __m128i b) LACUNA_INLINE_LAMBDA {
      return _mm_packs_epi32(_mm_srai_epi32(a, 16), _mm_srai_epi32(b, 16));
    };
    auto const bytes = [](__m128i a, __m128i b, batch_type& even, batch_type& odd) LACUNA_INLINE_LAMBDA {
      auto const mask = _mm_set1_epi16(0xFF);
      even = _mm_packus_epi16(_mm_and_si128(a, mask), _mm_and_si128(b, mask));
      odd = _mm_packus_epi16(_mm_srli_epi16(a, 8), _mm_srli_epi16(b, 8));
    };
    __m128i const a = quad[0], b = quad[1], c = quad[2], d = quad[3];
    bytes(low(a, b), low(c, d), quad[0], quad[1]);
    bytes(high(a, b), high(c, d), quad[2], quad[3]);
  }
};

#if defined(__AVX2__)

template <avx2 Arch>
struct interleave_lines<Arch> {
  using batch_type = batch<std::uint8_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type order(batch_type line) noexcept {
    return _mm256_permutevar8x32_epi32(line, _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7));
  }
  LACUNA_INLINE static void run(batch_type (&line)[4]) noexcept {
    __m256i const a = line[0], b = line[1], c = line[2], d = line[3];
    auto const ab = _mm256_unpacklo_epi8(a, b), cd = _mm256_unpacklo_epi8(c, d);
    auto const ab_high = _mm256_unpackhi_epi8(a, b), cd_high = _mm256_unpackhi_epi8(c, d);
    line[0] = _mm256_unpacklo_epi16(ab, cd);
    line[1] = _mm256_unpackhi_epi16(ab, cd);
    line[2] = _mm256_unpacklo_epi16(ab_high, cd_high);
    line[3] = _mm256_unpackhi_epi16(ab_high, cd_high);
  }
  LACUNA_INLINE static void undo(batch_type (&quad)[4]) noexcept {
    // The lower and the upper halves of lanes of 32 bits, whose signs let them pass; then of those of 16.
    auto const low = [](__m256i a, __m256i b) LACUNA_INLINE_LAMBDA {
      return _mm256_packs_epi32(_mm256_srai_epi32(_mm256_slli_epi32(a, 16), 16),
                                _mm256_srai_epi32(_mm256_slli_epi32(b, 16), 16));
    };
    auto const high = [](__m256i a, __m256i b) LACUNA_INLINE_LAMBDA {
      return _mm256_packs_epi32(_mm256_srai_epi32(a, 16), _mm256_srai_epi32(b, 16));
    };
    auto const bytes = [](__m256i a, __m256i b, batch_type& even, batch_type& odd) LACUNA_INLINE_LAMBDA {
      auto const mask = _mm256_set1_epi16(0xFF);
      even = _mm256_packus_epi16(_mm256_and_si256(a, mask), _mm256_and_si256(b, mask));
      odd = _mm256_packus_epi16(_mm256_srli_epi16(a, 8), _mm256_srli_epi16(b, 8));
    };
    __m256i const a = quad[0], b = quad[1], c = quad[2], d = quad[3];
    bytes(low(a, b), low(c, d), quad[0], quad[1]);
    bytes(high(a, b), high(c, d), quad[2], quad[3]);
  }
};

#endif

#if defined(__AVX512BW__)

template <avx512 Arch>
struct interleave_lines<Arch> {
  using batch_type = batch<std::uint8_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type order(batch_type line) noexcept {
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), line);
  }
  LACUNA_INLINE static void run(batch_type (&line)[4]) noexcept {
    __m512i const a = line[0], b = line[1], c = line[2], d = line[3];
    auto const ab = _mm512_unpacklo_epi8(a, b), cd = _mm512_unpacklo_epi8(c, d);
    auto const ab_high = _mm512_unpackhi_epi8(a, b), cd_high = _mm512_unpackhi_epi8(c, d);
    line[0] = _mm512_unpacklo_epi16(ab, cd);
    line[1] = _mm512_unpackhi_epi16(ab, cd);
    line[2] = _mm512_unpacklo_epi16(ab_high, cd_high);
    line[3] = _mm512_unpackhi_epi16(ab_high, cd_high);
  }
  LACUNA_INLINE static void undo(batch_type (&quad)[4]) noexcept {
    // The lower and the upper halves of lanes of 32 bits, whose signs let them pass; then of those of 16.
    auto const low = [](__m512i a, __m512i b) LACUNA_INLINE_LAMBDA {
      return _mm512_packs_epi32(_mm512_srai_epi32(_mm512_slli_epi32(a, 16), 16),
                                _mm512_srai_epi32(_mm512_slli_epi32(b, 16), 16));
    };
    auto const high = [](__m512i a, __m512i b) LACUNA_INLINE_LAMBDA {
      return _mm512_packs_epi32(_mm512_srai_epi32(a, 16), _mm512_srai_epi32(b, 16));
    };
    auto const bytes = [](__m512i a, __m512i b, batch_type& even, batch_type& odd) LACUNA_INLINE_LAMBDA {
      auto const mask = _mm512_set1_epi16(0xFF);
      even = _mm512_packus_epi16(_mm512_and_si512(a, mask), _mm512_and_si512(b, mask));
      odd = _mm512_packus_epi16(_mm512_srli_epi16(a, 8), _mm512_srli_epi16(b, 8));
    };
    __m512i const a = quad[0], b = quad[1], c = quad[2], d = quad[3];
    bytes(low(a, b), low(c, d), quad[0], quad[1]);
    bytes(high(a, b), high(c, d), quad[2], quad[3]);
  }
};

/// Lines 0 and 2 in one register, 1 and 3 in another, are unpacked once; then one permutation of words brings columns 0
/// and 1 of a quad, in the lower half, to 2 and 3, in the upper. Lines whose second and third eight bytes have changed
/// places make it the words of 16 neighbours.
template <avx512 Arch>
struct interleave_half_lines<Arch> {
  using batch_type = batch<std::uint8_t, Arch>;
  static constexpr bool pays = true;
  static constexpr int bytes = 32;

  LACUNA_INLINE static void order(std::uint8_t const* from, std::uint8_t flip, std::uint8_t* to) noexcept {
    auto const line = _mm256_xor_si256(load(from), _mm256_set1_epi8(static_cast<char>(flip)));
    store(to, _mm256_permute4x64_epi64(line, 0xD8));
  }
  LACUNA_INLINE static void run(std::uint8_t const* const (&line)[4], batch_type (&quad)[2]) noexcept {
    auto const even = _mm512_inserti64x4(_mm512_castsi256_si512(load(line[0])), load(line[2]), 1);
    auto const odd = _mm512_inserti64x4(_mm512_castsi256_si512(load(line[1])), load(line[3]), 1);
    quad[0] = words(_mm512_unpacklo_epi8(even, odd), apart.from);
    quad[1] = words(_mm512_unpackhi_epi8(even, odd), apart.from);
  }
  LACUNA_INLINE static void undo(batch_type const (&quad)[2], std::uint8_t* to, index pitch, int count) noexcept {
    __m512i const a = words(quad[0], together.from), b = words(quad[1], together.from);
    auto const mask = _mm512_set1_epi16(0xFF);
    auto const even = _mm512_packus_epi16(_mm512_and_si512(a, mask), _mm512_and_si512(b, mask));
    auto const odd = _mm512_packus_epi16(_mm512_srli_epi16(a, 8), _mm512_srli_epi16(b, 8));
    store(to, _mm512_castsi512_si256(even));
    if (count > 1) store(to + pitch, _mm512_castsi512_si256(odd));
    if (count > 2) store(to + 2 * pitch, _mm512_extracti64x4_epi64(even, 1));
    if (count > 3) store(to + 3 * pitch, _mm512_extracti64x4_epi64(odd, 1));
  }

 private:
  /// Bytes of words that stand 16 apart brought side by side, or back.
  struct places {
    alignas(64) std::uint8_t from[64] = {};
    constexpr explicit places(bool back) noexcept {
      for (int i = 0; i != 32; ++i)
        for (int b = 0; b != 2; ++b) {
          int const near = 2 * i + b, far = 2 * (i / 2 + i % 2 * 16) + b;
          from[back ? far : near] = static_cast<std::uint8_t>(back ? near : far);
        }
    }
  };
  static constexpr places apart{false}, together{true};

  [[nodiscard]] LACUNA_INLINE static __m256i load(std::uint8_t const* p) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(p));
  }
  LACUNA_INLINE static void store(std::uint8_t* p, __m256i line) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), line);
  }
  [[nodiscard]] LACUNA_INLINE static __m512i words(__m512i bytes_of, std::uint8_t const* from) noexcept {
    auto const at = _mm512_load_si512(from);
#if defined(__AVX512VBMI__)  // one operation everywhere, vpermw two on some
    return _mm512_permutexvar_epi8(at, bytes_of);
#else
    return _mm512_permutexvar_epi16(_mm512_srli_epi16(at, 9), bytes_of);
#endif
  }
};

#endif

#if defined(__AVX512VBMI__)
inline constexpr bool x86_permutes_bytes = true;
#else
inline constexpr bool x86_permutes_bytes = false;
#endif

/// Whole quads of R rows fill a register of bytes that one instruction permutes.
template <class Arch, int R>
concept turned_by_permuting = avx512<Arch> && x86_permutes_bytes && (R == 4 || R == 8 || R == 16);

template <class Arch, int R>
  requires((sse2<Arch> || avx2<Arch> || avx512<Arch>) && R % 4 == 0 && !turned_by_permuting<Arch, R>)
struct turn_columns<Arch, R> {
  static constexpr int columns = 4;
  static constexpr int rows = R % 16 == 0 ? 16 : R % 8 == 0 ? 8 : 4;

  LACUNA_INLINE static void run(std::int8_t const* p, std::int8_t* to) noexcept {
    for (int r = 0; r != R; r += rows) {
      auto const a = load(p + r), b = load(p + R + r), c = load(p + 2 * R + r), d = load(p + 3 * R + r);
      auto* const out = reinterpret_cast<__m128i*>(to + 4 * r);
      auto const ab = _mm_unpacklo_epi8(a, b), cd = _mm_unpacklo_epi8(c, d);
      _mm_storeu_si128(out, _mm_unpacklo_epi16(ab, cd));
      if constexpr (rows >= 8) _mm_storeu_si128(out + 1, _mm_unpackhi_epi16(ab, cd));
      if constexpr (rows == 16) {
        auto const ab_high = _mm_unpackhi_epi8(a, b), cd_high = _mm_unpackhi_epi8(c, d);
        _mm_storeu_si128(out + 2, _mm_unpacklo_epi16(ab_high, cd_high));
        _mm_storeu_si128(out + 3, _mm_unpackhi_epi16(ab_high, cd_high));
      }
    }
  }
  LACUNA_INLINE static void run(std::int8_t const* p, std::int8_t* to, int count) noexcept {
    std::int8_t some[static_cast<std::size_t>(4 * R)] = {};
    std::memcpy(some, p, static_cast<std::size_t>(count * R));
    run(some, to);
  }

 private:
  [[nodiscard]] LACUNA_INLINE static __m128i load(std::int8_t const* p) noexcept {
    if constexpr (rows == 16) return _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
    if constexpr (rows == 8) return _mm_loadl_epi64(reinterpret_cast<__m128i const*>(p));
    int four;
    std::memcpy(&four, p, sizeof four);
    return _mm_cvtsi32_si128(four);
  }
};

#if defined(__AVX512VBMI__)

template <class Arch, int R>
  requires turned_by_permuting<Arch, R>
struct turn_columns<Arch, R> {
  static constexpr int columns = 64 / R;

  LACUNA_INLINE static void run(std::int8_t const* p, std::int8_t* to) noexcept { turn(_mm512_loadu_si512(p), to); }
  LACUNA_INLINE static void run(std::int8_t const* p, std::int8_t* to, int count) noexcept {
    turn(_mm512_maskz_loadu_epi8(~std::uint64_t{0} >> (64 - count * R), p), to);
  }

 private:
  struct order {
    alignas(64) std::int8_t from[64] = {};
    constexpr order() noexcept {
      for (int q = 0; q != columns / 4; ++q)
        for (int r = 0; r != R; ++r)
          for (int b = 0; b != 4; ++b) from[4 * (q * R + r) + b] = static_cast<std::int8_t>((4 * q + b) * R + r);
    }
  };
  static constexpr order places{};

  LACUNA_INLINE static void turn(__m512i bytes, std::int8_t* to) noexcept {
    _mm512_storeu_si512(to, _mm512_permutexvar_epi8(_mm512_load_si512(places.from), bytes));
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
