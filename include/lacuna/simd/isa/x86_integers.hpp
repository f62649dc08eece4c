// SPDX-License-Identifier: MIT
//
// Seam operations on integers on x86, from SSE2 to AVX-512.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/short_fma.hpp>
#include <lacuna/simd/transpose.hpp>
#include <lacuna/simd/unroll.hpp>
#include <lacuna/simd/widen.hpp>

#if defined(__SSE2__)

#include <immintrin.h>

#include <concepts>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// In each lane the upper 16 bits of a product of 16-bit pairs are those of two signs: with a weight whose upper half
/// is zero they add nothing.
inline constexpr int x86_low_half = 0xFFFF;

template <class Arch>
  requires(std::derived_from<Arch, xsimd::sse2> && !avx2<Arch> && !avx512<Arch> && batch<std::int32_t, Arch>::size == 4)
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

#if defined(__AVX512F__)

/// Lanes move as those of floats do.
template <avx512 Arch>
struct transpose<Arch, std::int32_t> {
  using batch_type = batch<std::int32_t, Arch>;
  using floats = transpose<Arch, float>;
  static constexpr int lanes = 16;

  LACUNA_INLINE static void run(batch_type (&block)[16]) noexcept {
    batch<float, Arch> z[16];
    unroll<16>([&](auto r) LACUNA_INLINE_LAMBDA { z[r] = _mm512_castsi512_ps(block[r]); });
    floats::run(z);
    unroll<16>([&](auto r) LACUNA_INLINE_LAMBDA { block[r] = _mm512_castps_si512(z[r]); });
  }
  LACUNA_INLINE static void load(std::int32_t const* p, index stride, batch_type (&block)[16]) noexcept {
    batch<float, Arch> z[16];
    floats::load(reinterpret_cast<float const*>(p), stride, z);
    unroll<16>([&](auto r) LACUNA_INLINE_LAMBDA { block[r] = _mm512_castps_si512(z[r]); });
  }
  static constexpr int columns = floats::columns;
  LACUNA_INLINE static void load_columns(std::int32_t const* p, index stride, batch_type (&block)[columns]) noexcept {
    batch<float, Arch> z[static_cast<std::size_t>(columns)];
    floats::load_columns(reinterpret_cast<float const*>(p), stride, z);
    unroll<columns>([&](auto r) LACUNA_INLINE_LAMBDA { block[r] = _mm512_castps_si512(z[r]); });
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
