// SPDX-License-Identifier: MIT
//
// Seam operations on AVX2, which has masked loads of 32- and 64-bit lanes and a permutation across lanes, but no
// expand.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/compress.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/gather.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/repeat.hpp>
#include <lacuna/simd/shorten.hpp>
#include <lacuna/simd/transpose.hpp>
#include <lacuna/simd/unroll.hpp>
#include <lacuna/simd/widen.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lacuna::simd::inline LACUNA_ISA {

/// All ones in the 32-bit lanes whose bits are set.
[[nodiscard]] LACUNA_INLINE __m256i avx2_mask32(lane_bits bits) noexcept {
  auto const lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits & 0xFFu)), lane), lane);
}

/// All ones in the 64-bit lanes whose bits are set.
[[nodiscard]] LACUNA_INLINE __m256i avx2_mask64(lane_bits bits) noexcept {
  auto const lane = _mm256_setr_epi64x(1, 2, 4, 8);
  return _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(static_cast<long long>(bits & 0xFu)), lane), lane);
}

template <avx2 Arch>
struct masked<Arch, float> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* p, lane_bits bits) noexcept {
    return _mm256_maskload_ps(p, avx2_mask32(bits));
  }
  LACUNA_INLINE static void store(float* p, batch<float, Arch> value, lane_bits bits) noexcept {
    _mm256_maskstore_ps(p, avx2_mask32(bits), value);
  }
};

template <avx2 Arch>
struct masked<Arch, double> {
  [[nodiscard]] LACUNA_INLINE static batch<double, Arch> load(double const* p, lane_bits bits) noexcept {
    return _mm256_maskload_pd(p, avx2_mask64(bits));
  }
  LACUNA_INLINE static void store(double* p, batch<double, Arch> value, lane_bits bits) noexcept {
    _mm256_maskstore_pd(p, avx2_mask64(bits), value);
  }
};

template <avx2 Arch>
struct masked<Arch, std::int32_t> {
  [[nodiscard]] LACUNA_INLINE static batch<std::int32_t, Arch> load(std::int32_t const* p, lane_bits bits) noexcept {
    return _mm256_maskload_epi32(p, avx2_mask32(bits));
  }
  LACUNA_INLINE static void store(std::int32_t* p, batch<std::int32_t, Arch> value, lane_bits bits) noexcept {
    _mm256_maskstore_epi32(p, avx2_mask32(bits), value);
  }
};

/// Some lanes go one by one from a whole register in memory.
template <avx2 Arch, std::integral Int>
struct shorten<Arch, Int> {
  using batch_type = batch<std::int32_t, Arch>;
  LACUNA_INLINE static void store(Int* p, batch_type value) noexcept {
    auto const words = packed(value);
    if constexpr (sizeof(Int) == 1)
      _mm_storel_epi64(reinterpret_cast<__m128i*>(p),
                       std::is_signed_v<Int> ? _mm_packs_epi16(words, words) : _mm_packus_epi16(words, words));
    else
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), words);
  }
  LACUNA_INLINE static void store(Int* p, batch_type value, lane_bits bits) noexcept {
    Int all[8];
    store(all, value);
    for (int l = 0; l != 8; ++l)
      if (((bits >> l) & 1u) != 0) p[l] = all[l];
  }

 private:
  [[nodiscard]] LACUNA_INLINE static __m128i packed(__m256i value) noexcept {
    auto const low = _mm256_castsi256_si128(value), high = _mm256_extracti128_si256(value, 1);
    return std::is_signed_v<Int> ? _mm_packs_epi32(low, high) : _mm_packus_epi32(low, high);
  }
};

template <avx2 Arch>
struct repeat<Arch, float, 4> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* p) noexcept {
    auto const four = _mm_loadu_ps(p);
    return _mm256_insertf128_ps(_mm256_castps128_ps256(four), four, 1);  // one load: vbroadcastf128
  }
};

template <avx2 Arch>
struct repeat<Arch, double, 2> {
  [[nodiscard]] LACUNA_INLINE static batch<double, Arch> load(double const* p) noexcept {
    auto const two = _mm_loadu_pd(p);
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(two), two, 1);
  }
};

/// For each of the 256 masks of 8 lanes, which packed element each lane takes: 2 KB, resident in L1 while in use.
[[nodiscard]] constexpr std::array<std::uint64_t, 256> expand_indices() noexcept {
  std::array<std::uint64_t, 256> table{};
  for (unsigned bits = 0; bits != 256; ++bits) {
    std::uint64_t next = 0;
    for (unsigned lane = 0; lane != 8; ++lane)
      if (((bits >> lane) & 1u) != 0) table[bits] |= next++ << (8 * lane);
  }
  return table;
}

inline constexpr auto expand_index_table = expand_indices();

template <avx2 Arch>
struct expand<Arch, float> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* packed, lane_bits bits) noexcept {
    auto const byte = bits & 0xFFu;
    auto const values = _mm256_maskload_ps(packed, avx2_mask32(first_lanes(std::popcount(byte))));
    auto const from = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(expand_index_table.data()[byte])));
    return _mm256_and_ps(_mm256_permutevar8x32_ps(values, from), _mm256_castsi256_ps(avx2_mask32(byte)));
  }
};

/// For each of the 256 masks of 8 lanes, which lane each packed element comes from: 2 KB.
[[nodiscard]] constexpr std::array<std::uint64_t, 256> compress_indices() noexcept {
  std::array<std::uint64_t, 256> table{};
  for (unsigned bits = 0; bits != 256; ++bits) {
    unsigned next = 0;
    for (std::uint64_t lane = 0; lane != 8; ++lane)
      if (((bits >> lane) & 1u) != 0) table[bits] |= lane << (8 * next++);
  }
  return table;
}

inline constexpr auto compress_index_table = compress_indices();

/// The permutation that packs 8 lanes of 32 bits.
[[nodiscard]] LACUNA_INLINE __m256i avx2_packing(lane_bits bits) noexcept {
  auto const bytes = static_cast<long long>(compress_index_table.data()[bits & 0xFFu]);
  return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(bytes));
}

template <avx2 Arch>
struct compress<Arch, float> {
  LACUNA_INLINE static void store(float* packed, batch<float, Arch> value, lane_bits bits) noexcept {
    _mm256_storeu_ps(packed, _mm256_permutevar8x32_ps(value, avx2_packing(bits)));
  }
};

template <avx2 Arch>
struct compress<Arch, std::uint32_t> {
  LACUNA_INLINE static void store(std::uint32_t* packed, batch<std::uint32_t, Arch> value, lane_bits bits) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(packed), _mm256_permutevar8x32_epi32(value, avx2_packing(bits)));
  }
};

/// The first `count` 16-bit elements, by pairs and the last one by itself; 0 behind them.
[[nodiscard]] LACUNA_INLINE __m128i avx2_load_halves(void const* p, int count) noexcept {
  if (count == 0) return _mm_setzero_si128();
  std::uint16_t last;
  std::memcpy(&last, static_cast<std::uint16_t const*>(p) + (count - 1), sizeof last);
  auto const whole = _mm_cmpgt_epi32(_mm_set1_epi32(count / 2), _mm_setr_epi32(0, 1, 2, 3));
  auto const at =
      _mm_cmpeq_epi16(_mm_set1_epi16(static_cast<short>(count - 1)), _mm_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7));
  auto const pairs = _mm_maskload_epi32(static_cast<int const*>(p), whole);
  return _mm_blendv_epi8(pairs, _mm_set1_epi16(static_cast<short>(last)), at);
}

/// The 16-bit elements whose bits are set, 0 for the others, which are not read.
[[nodiscard]] LACUNA_INLINE __m128i avx2_load_some_halves(void const* p, lane_bits bits) noexcept {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  return _mm_maskz_loadu_epi16(static_cast<__mmask8>(bits), p);
#else
  auto const some = bits & 0xFFu;
  if ((some & (some + 1)) == 0) return avx2_load_halves(p, std::popcount(some));  // the first ones
  alignas(16) std::uint16_t lane[8] = {};
  for (int l = 0; l != 8; ++l)
    if (((some >> l) & 1u) != 0) std::memcpy(lane + l, static_cast<std::uint16_t const*>(p) + l, sizeof *lane);
  return _mm_load_si128(reinterpret_cast<__m128i const*>(lane));
#endif
}

/// 16-bit lanes have no masked stores: some lanes go one by one, as in the portable body.
template <avx2 Arch>
struct widen<Arch, bf16> {
  using batch_type = batch<float, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type load(bf16 const* p) noexcept {
    return upper_halves(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p)));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(bf16 const* p, lane_bits bits) noexcept {
    return upper_halves(avx2_load_some_halves(p, bits));
  }
  LACUNA_INLINE static void store(bf16* p, batch_type value) noexcept {
    auto const bits = _mm256_castps_si256(value);
    auto const magnitude = _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF));
    auto const nan = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7F800000));
    auto const kept = _mm256_srli_epi32(bits, 16);
    auto const odd = _mm256_and_si256(kept, _mm256_set1_epi32(1));
    auto const half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
    auto const nearest = _mm256_srli_epi32(_mm256_add_epi32(bits, half), 16);
    auto const result = _mm256_blendv_epi8(nearest, _mm256_or_si256(kept, _mm256_set1_epi32(0x40)), nan);
    auto const packed = _mm_packus_epi32(_mm256_castsi256_si128(result), _mm256_extracti128_si256(result, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), packed);
  }
  LACUNA_INLINE static void store(bf16* p, batch_type value, lane_bits bits) noexcept {
    alignas(16) bf16 all[8];
    store(all, value);
    for (int l = 0; l != 8; ++l)
      if (((bits >> l) & 1u) != 0) p[l] = all[l];
  }

 private:
  [[nodiscard]] LACUNA_INLINE static batch_type upper_halves(__m128i halves) noexcept {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
  }
};

#if defined(__F16C__)

template <avx2 Arch>
struct widen<Arch, f16> {
  using batch_type = batch<float, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type load(f16 const* p) noexcept {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<__m128i const*>(p)));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(f16 const* p, lane_bits bits) noexcept {
    return _mm256_cvtph_ps(avx2_load_some_halves(p, bits));
  }
  LACUNA_INLINE static void store(f16* p, batch_type value) noexcept {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT));
  }
  LACUNA_INLINE static void store(f16* p, batch_type value, lane_bits bits) noexcept {
    alignas(16) f16 all[8];
    store(all, value);
    for (int l = 0; l != 8; ++l)
      if (((bits >> l) & 1u) != 0) p[l] = all[l];
  }
};

#endif

/// Loads halves of registers, which needs no shuffle: 16 of them for 8x8 floats instead of 24, and 4 for 4x4 doubles
/// instead of 8.
template <avx2 Arch>
struct transpose<Arch, float> {
  using batch_type = batch<float, Arch>;
  static constexpr int lanes = 8;

  LACUNA_INLINE static void run(batch_type (&block)[8]) noexcept { xsimd::transpose(block, block + 8); }
  LACUNA_INLINE static void load(float const* p, index stride, batch_type (&block)[8]) noexcept {
    unroll<2>([&](auto g) LACUNA_INLINE_LAMBDA {
      batch_type four[4];
      load_columns(p + 4 * g, stride, four);
      unroll<4>([&](auto i) LACUNA_INLINE_LAMBDA { block[4 * g + i] = four[i]; });
    });
  }
  static constexpr int columns = 4;
  LACUNA_INLINE static void load_columns(float const* p, index stride, batch_type (&block)[4]) noexcept {
    __m256d t[4];  // rows i and i + 4
    unroll<2>([&](auto i) LACUNA_INLINE_LAMBDA {
      auto const a = load_halves(p + 2 * i * stride, 4 * stride);
      auto const b = load_halves(p + (2 * i + 1) * stride, 4 * stride);
      t[i] = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
      t[2 + i] = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
    });
    unroll<2>([&](auto i) LACUNA_INLINE_LAMBDA {
      block[2 * i] = _mm256_castpd_ps(_mm256_unpacklo_pd(t[2 * i], t[2 * i + 1]));
      block[2 * i + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(t[2 * i], t[2 * i + 1]));
    });
  }

 private:
  [[nodiscard]] LACUNA_INLINE static __m256 load_halves(float const* p, index step) noexcept {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(p + step), 1);
  }
};

template <avx2 Arch>
struct transpose<Arch, double> {
  using batch_type = batch<double, Arch>;
  static constexpr int lanes = 4;

  LACUNA_INLINE static void run(batch_type (&block)[4]) noexcept { xsimd::transpose(block, block + 4); }
  LACUNA_INLINE static void load(double const* p, index stride, batch_type (&block)[4]) noexcept {
    unroll<2>([&](auto g) LACUNA_INLINE_LAMBDA {
      batch_type two[2];
      load_columns(p + 2 * g, stride, two);
      block[2 * g] = two[0];
      block[2 * g + 1] = two[1];
    });
  }
  static constexpr int columns = 2;
  LACUNA_INLINE static void load_columns(double const* p, index stride, batch_type (&block)[2]) noexcept {
    auto const even = load_halves(p, 2 * stride);  // rows i and i + 2
    auto const odd = load_halves(p + stride, 2 * stride);
    block[0] = _mm256_unpacklo_pd(even, odd);
    block[1] = _mm256_unpackhi_pd(even, odd);
  }

 private:
  [[nodiscard]] LACUNA_INLINE static __m256d load_halves(double const* p, index step) noexcept {
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(p)), _mm_loadu_pd(p + step), 1);
  }
};

/// Eight indices as 32-bit lanes, from integers of 16 or 32 bits.
template <std::integral I>
  requires(sizeof(I) == 2 || sizeof(I) == 4)
[[nodiscard]] LACUNA_INLINE __m256i avx2_indices(I const* at) noexcept {
  if constexpr (sizeof(I) == 4)
    return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(at));
  else
    return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<__m128i const*>(at)));
}

/// Other indices, and some lanes of those of 16 bits, go through an array.
template <avx2 Arch>
struct gather<Arch, float> {
  using batch_type = batch<float, Arch>;

  template <std::integral I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(float const* from, I const* at) noexcept {
    if constexpr (sizeof(I) == 2 || sizeof(I) == 4) {
      auto const all = _mm256_castsi256_ps(_mm256_set1_epi32(-1));
      return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), from, avx2_indices(at), all, 4);
    } else {
      return load(from, at, 0xFFu);
    }
  }
  template <std::integral I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(float const* from, I const* at, lane_bits bits) noexcept {
    auto const some = avx2_mask32(bits);
    __m256i indices;
    if constexpr (sizeof(I) == 4) {
      indices = _mm256_maskload_epi32(reinterpret_cast<int const*>(at), some);
    } else {
      alignas(32) std::int32_t lane[8] = {};
      for (int l = 0; l != 8; ++l)
        if (((bits >> l) & 1u) != 0) lane[l] = static_cast<std::int32_t>(at[l]);
      indices = _mm256_load_si256(reinterpret_cast<__m256i const*>(lane));
    }
    return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), from, indices, _mm256_castsi256_ps(some), 4);
  }
};

template <avx2 Arch, half Half>
struct expand<Arch, Half> {
  using batch_type = batch<float, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type load(Half const* packed, lane_bits bits) noexcept {
    auto const byte = bits & 0xFFu;
    alignas(16) Half halves[8];
    _mm_store_si128(reinterpret_cast<__m128i*>(halves), avx2_load_halves(packed, std::popcount(byte)));
    auto const from = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(expand_index_table.data()[byte])));
    auto const values = _mm256_permutevar8x32_ps(widen<Arch, Half>::load(halves), from);
    return _mm256_and_ps(values, _mm256_castsi256_ps(avx2_mask32(byte)));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
