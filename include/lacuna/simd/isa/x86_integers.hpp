// SPDX-License-Identifier: MIT
//
// Seam operations on integers on x86, from SSE2 to AVX-512.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/dot4.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/isa/avx2_lookup.hpp>
#include <lacuna/simd/isa/avx512_lookup.hpp>
#include <lacuna/simd/isa/avx512_zeros.hpp>
#include <lacuna/simd/lookup.hpp>
#include <lacuna/simd/lookup_bytes.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/short_fma.hpp>
#include <lacuna/simd/transpose.hpp>
#include <lacuna/simd/unroll.hpp>
#include <lacuna/simd/widen.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#if defined(__AVX__)
#include <immintrin.h>
#else
#include <emmintrin.h>  // a third of the lines
#endif

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// In each lane the upper 16 bits of a product of 16-bit pairs are those of two signs: with a weight whose upper half
/// is zero they add nothing.
inline constexpr int x86_low_half = 0xFFFF;

template <class Arch>
  requires(sse2<Arch> && !avx2<Arch> && !avx512<Arch> && batch<std::int32_t, Arch>::size == 4)
struct short_fma<Arch> {
  using batch_type = batch<std::int32_t, Arch>;
  [[nodiscard]] LACUNA_INLINE static batch_type run(batch_type w, batch_type x, batch_type sum) noexcept {
    auto const low = _mm_and_si128(w, _mm_set1_epi32(x86_low_half));
    return _mm_add_epi32(sum, _mm_madd_epi16(low, x));
  }
};

#if defined(__AVX2__)

template <avx2 Arch>
struct short_fma<Arch> {
  using batch_type = batch<std::int32_t, Arch>;
  [[nodiscard]] LACUNA_INLINE static batch_type run(batch_type w, batch_type x, batch_type sum) noexcept {
    auto const low = _mm256_and_si256(w, _mm256_set1_epi32(x86_low_half));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(low, x));
  }
};

template <avx2 Arch, byte Byte>
struct widen<Arch, Byte> {
  using batch_type = batch<std::int32_t, Arch>;
  [[nodiscard]] LACUNA_INLINE static batch_type load(Byte const* p) noexcept {
    auto const bytes = _mm_loadl_epi64(reinterpret_cast<__m128i const*>(p));
    if constexpr (std::same_as<Byte, std::int8_t>)
      return _mm256_cvtepi8_epi32(bytes);
    else
      return _mm256_cvtepu8_epi32(bytes);
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(Byte const* p, lane_bits bits) noexcept {
    alignas(16) Byte some[16] = {};
    for (int l = 0; l != 8; ++l)
      if (((bits >> l) & 1u) != 0) some[l] = p[l];
    return load(some);
  }
};

#endif

#if defined(__AVX512BW__) && defined(__AVX512VL__)

template <avx512 Arch>
struct short_fma<Arch> {
  using batch_type = batch<std::int32_t, Arch>;
  [[nodiscard]] LACUNA_INLINE static batch_type run(batch_type w, batch_type x, batch_type sum) noexcept {
    auto const low = _mm512_and_si512(w, _mm512_set1_epi32(x86_low_half));
#if defined(__AVX512VNNI__)
    return _mm512_dpwssd_epi32(sum, low, x);
#else
    return _mm512_add_epi32(sum, _mm512_madd_epi16(low, x));
#endif
  }
};

template <avx512 Arch, byte Byte>
struct widen<Arch, Byte> {
  using batch_type = batch<std::int32_t, Arch>;
  [[nodiscard]] LACUNA_INLINE static batch_type load(Byte const* p) noexcept {
    return widened(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p)));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(Byte const* p, lane_bits bits) noexcept {
    return widened(_mm_maskz_loadu_epi8(static_cast<__mmask16>(bits), p));
  }

 private:
  [[nodiscard]] LACUNA_INLINE static batch_type widened(__m128i bytes) noexcept {
    if constexpr (std::same_as<Byte, std::int8_t>)
      return _mm512_cvtepi8_epi32(bytes);
    else
      return _mm512_cvtepu8_epi32(bytes);
  }
};

#endif

#if defined(__AVX2__)

/// Each byte by its lower four bits from all tables, then the one that its upper bits name: bit 7 makes vpshufb give 0,
/// the other three choose. 37 operations for a table of 256 bytes, where to compare with each 16 of them took 64.
template <avx2 Arch, byte X, int N>
struct lookup_bytes<Arch, X, N> {
  static constexpr int registers = (N + 15) / 16;
  static constexpr int size = (N + 31) / 32 * 32;
  __m256i table[static_cast<std::size_t>(registers)];

  LACUNA_INLINE explicit lookup_bytes(X const* from) noexcept {
    unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA {
      table[r] = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<__m128i const*>(from + 16 * r)));
    });
  }
  [[nodiscard]] LACUNA_INLINE batch<X, Arch> operator[](batch<std::uint8_t, Arch> at) const noexcept {
    __m256i const lower = _mm256_and_si256(at, _mm256_set1_epi8(static_cast<char>(0x8F)));
    return choose<3, 0>(at, lower, _mm256_xor_si256(lower, _mm256_set1_epi8(-128)));
  }

 private:
  /// From tables First .. First + 2^Bits, and those eight behind these.
  template <int Bits, int First>
  [[nodiscard]] LACUNA_INLINE __m256i choose(__m256i at, __m256i lower, __m256i upper) const noexcept {
    if constexpr (Bits == 0) {
      auto const found = _mm256_shuffle_epi8(table[First], lower);
      if constexpr (First + 8 < registers)
        return _mm256_or_si256(found, _mm256_shuffle_epi8(table[First + 8], upper));
      else
        return found;
    } else {
      constexpr int half = 1 << (Bits - 1);
      auto const first = choose<Bits - 1, First>(at, lower, upper);
      if constexpr (First + half < registers)
        return _mm256_blendv_epi8(first, choose<Bits - 1, First + half>(at, lower, upper),
                                  _mm256_slli_epi16(at, 4 - Bits));
      else
        return first;
    }
  }
};

#endif

#if defined(__AVX512VBMI__)

template <avx512 Arch, byte X, int N>
struct lookup_bytes<Arch, X, N> {
  static constexpr int registers = (N + 63) / 64;
  static constexpr int size = 64 * registers;
  __m512i table[static_cast<std::size_t>(registers)];

  LACUNA_INLINE explicit lookup_bytes(X const* from) noexcept {
    unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA { table[r] = _mm512_loadu_si512(from + 64 * r); });
  }
  [[nodiscard]] LACUNA_INLINE batch<X, Arch> operator[](batch<std::uint8_t, Arch> at) const noexcept {
    if constexpr (registers == 1) {
      return _mm512_permutexvar_epi8(at, table[0]);
    } else {
      auto const first = _mm512_permutex2var_epi8(table[0], at, table[1]);
      if constexpr (registers == 2) {
        return first;
      } else {
        auto const second = _mm512_permutex2var_epi8(table[2], at, table[registers - 1]);
        return _mm512_mask_mov_epi8(first, _mm512_movepi8_mask(at), second);
      }
    }
  }
};

#endif

#if defined(__AVX512VBMI2__)

template <avx512 Arch, byte Byte>
struct expand<Arch, Byte> {
  [[nodiscard]] LACUNA_INLINE static batch<Byte, Arch> load(Byte const* packed, lane_bits bits) noexcept {
    return _mm512_mask_expandloadu_epi8(avx512_zeros(), static_cast<__mmask64>(bits), packed);
  }
};

#endif

#if defined(__AVX2__)

/// As those of floats.
template <avx2 Arch>
struct positions<Arch, std::int32_t> : positions<Arch, float> {
  using of_floats = positions<Arch, float>;

  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p) noexcept { return {of_floats::load(p)}; }
  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p, index count) noexcept {
    return {of_floats::load(p, count)};
  }
  [[nodiscard]] LACUNA_INLINE batch<std::int32_t, Arch> gather(std::int32_t const* from) const noexcept {
    if constexpr (fast_gathers<Arch>)
      return _mm256_i32gather_epi32(from, this->at, 4);
    else
      return avx2_load_lanes(from, this->bytes);
  }
};

#endif

#if defined(__AVX512F__)

template <avx512 Arch>
struct positions<Arch, std::int32_t> : positions<Arch, float> {
  using of_floats = positions<Arch, float>;

  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p) noexcept { return {of_floats::load(p)}; }
  [[nodiscard]] LACUNA_INLINE static positions load(std::uint8_t const* p, index count) noexcept {
    return {of_floats::load(p, count)};
  }
  [[nodiscard]] LACUNA_INLINE batch<std::int32_t, Arch> gather(std::int32_t const* from) const noexcept {
    if constexpr (!fast_gathers<Arch>)
      return _mm512_inserti64x4(_mm512_castsi256_si512(avx2_load_lanes(from, this->bytes[0])),
                                avx2_load_lanes(from, this->bytes[1]), 1);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"  // without -O gcc has a macro here
    return _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), 0xFFFF, this->at, from, 4);
#pragma GCC diagnostic pop
  }
};

#endif

/// Lanes move as those of floats do. xsimd takes the registers of integers in memory for registers of floats, which
/// gcc, from -O2 on, has not stored yet by then.
template <class Arch>
  requires(sse2<Arch> || avx<Arch> || avx512<Arch>)
struct transpose<Arch, std::int32_t> {
  using batch_type = batch<std::int32_t, Arch>;
  using floats = transpose<Arch, float>;
  static constexpr int lanes = floats::lanes;

  LACUNA_INLINE static void run(batch_type (&block)[std::size_t{lanes}]) noexcept {
    batch<float, Arch> z[std::size_t{lanes}];
    unroll<lanes>([&](auto r) LACUNA_INLINE_LAMBDA { z[r] = bits_as<float>(block[r]); });
    floats::run(z);
    unroll<lanes>([&](auto r) LACUNA_INLINE_LAMBDA { block[r] = bits_as<std::int32_t>(z[r]); });
  }
  LACUNA_INLINE static void load(std::int32_t const* p, index stride,
                                 batch_type (&block)[std::size_t{lanes}]) noexcept {
    batch<float, Arch> z[std::size_t{lanes}];
    floats::load(reinterpret_cast<float const*>(p), stride, z);
    unroll<lanes>([&](auto r) LACUNA_INLINE_LAMBDA { block[r] = bits_as<std::int32_t>(z[r]); });
  }
  static constexpr int columns = floats::columns;
  LACUNA_INLINE static void load_columns(std::int32_t const* p, index stride,
                                         batch_type (&block)[std::size_t{columns}]) noexcept {
    batch<float, Arch> z[std::size_t{columns}];
    floats::load_columns(reinterpret_cast<float const*>(p), stride, z);
    unroll<columns>([&](auto r) LACUNA_INLINE_LAMBDA { block[r] = bits_as<std::int32_t>(z[r]); });
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
