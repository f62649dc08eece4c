// SPDX-License-Identifier: MIT
//
// Seam operations on AVX2 that are a few instructions: repeated parts of a register, shorter integers, gathers.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/gather.hpp>
#include <lacuna/simd/gather_pairs.hpp>
#include <lacuna/simd/isa/avx2_masked.hpp>
#include <lacuna/simd/repeat.hpp>
#include <lacuna/simd/shorten.hpp>
#include <lacuna/simd/spread.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lacuna::simd::inline LACUNA_ISA {

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

template <avx2 Arch, std::integral T, int Count>
  requires(sizeof(T) * Count == 16)
struct repeat<Arch, T, Count> {
  [[nodiscard]] LACUNA_INLINE static batch<T, Arch> load(T const* p) noexcept {
    auto const some = _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(some), some, 1);
  }
};

template <avx2 Arch>
struct repeat<Arch, double, 2> {
  [[nodiscard]] LACUNA_INLINE static batch<double, Arch> load(double const* p) noexcept {
    auto const two = _mm_loadu_pd(p);
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(two), two, 1);
  }
};

template <avx2 Arch, int K>
struct spread<Arch, float, K> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> run(batch<float, Arch> value) noexcept {
    return _mm256_permute_ps(value, K * 0x55);
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
  requires fast_gathers<Arch>
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

/// Lanes of x[at[0]], x[at[1]]. Two indices of 32 bits come by one load: where loads bind, a fifth less time.
template <std::integral I>
[[nodiscard]] LACUNA_INLINE auto avx2_two(auto const* from, I const* at) noexcept {
  auto first = static_cast<std::uint64_t>(at[0]), second = static_cast<std::uint64_t>(at[1]);
  if constexpr (sizeof(I) == 4) {
    std::uint64_t both;
    std::memcpy(&both, at, sizeof both);
    first = both & 0xFFFFFFFFu;
    second = both >> 32;
  }
  if constexpr (sizeof(*from) == 4)
    return _mm_insert_ps(_mm_load_ss(from + first), _mm_load_ss(from + second), 0x10);
  else
    return _mm_loadh_pd(_mm_load_sd(from + first), from + second);
}

/// Loads in place of gathers. Some lanes as in the portable body.
template <avx2 Arch, class T>
  requires(!fast_gathers<Arch> && std::is_floating_point_v<T> && sizeof(batch<T, Arch>) == 32)
struct gather<Arch, T> {
  using batch_type = batch<T, Arch>;

  template <std::integral I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(T const* from, I const* at) noexcept {
    if constexpr (sizeof(T) == 4) {
      auto const low = _mm_movelh_ps(avx2_two(from, at), avx2_two(from, at + 2));
      auto const high = _mm_movelh_ps(avx2_two(from, at + 4), avx2_two(from, at + 6));
      return _mm256_insertf128_ps(_mm256_castps128_ps256(low), high, 1);
    } else {
      return _mm256_insertf128_pd(_mm256_castpd128_pd256(avx2_two(from, at)), avx2_two(from, at + 2), 1);
    }
  }
  template <std::integral I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(T const* from, I const* at, lane_bits bits) noexcept {
    alignas(32) T lane[batch_type::size] = {};
    for (std::size_t l = 0; l != batch_type::size; ++l)
      if (((bits >> l) & 1u) != 0) lane[l] = from[static_cast<index>(at[l])];
    return batch_type::load_aligned(lane);
  }
};

/// Two floats from each place.
[[nodiscard]] LACUNA_INLINE __m128 sse_pairs(float const* low, float const* high) noexcept {
  auto const first = _mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(low)));
  return _mm_loadh_pi(first, reinterpret_cast<__m64 const*>(high));
}

/// Four gathers of 64 bits, or four loads where those are faster. Other indices, and some of those of 16 bits, go
/// through an array.
template <avx2 Arch>
struct gather_pairs<Arch> {
  using batch_type = batch<float, Arch>;

  template <std::integral I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(float const* from, I const* at) noexcept {
    if constexpr (!fast_gathers<Arch>) {
      auto const pair = [&](int p) LACUNA_INLINE_LAMBDA { return from + 2 * static_cast<index>(at[p]); };
      return _mm256_insertf128_ps(_mm256_castps128_ps256(sse_pairs(pair(0), pair(1))), sse_pairs(pair(2), pair(3)), 1);
    } else if constexpr (sizeof(I) == 4)
      return gathered(from, _mm_loadu_si128(reinterpret_cast<__m128i const*>(at)), _mm256_set1_epi64x(-1));
    else if constexpr (sizeof(I) == 2)
      return gathered(from, _mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(at))),
                      _mm256_set1_epi64x(-1));
    else
      return load(from, at, 0xFu);
  }
  template <std::integral I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(float const* from, I const* at, lane_bits bits) noexcept {
    if constexpr (!fast_gathers<Arch>) {
      alignas(8) float const none[2] = {};
      auto const pair = [&](int p) LACUNA_INLINE_LAMBDA {
        return ((bits >> p) & 1u) != 0 ? from + 2 * static_cast<index>(at[p]) : none;
      };
      return _mm256_insertf128_ps(_mm256_castps128_ps256(sse_pairs(pair(0), pair(1))), sse_pairs(pair(2), pair(3)), 1);
    } else if constexpr (sizeof(I) == 4) {
      auto const some = _mm256_castsi256_si128(avx2_mask32(bits & 0xFu));
      return gathered(from, _mm_maskload_epi32(reinterpret_cast<int const*>(at), some), avx2_mask64(bits));
    } else {
      alignas(16) std::int32_t lane[4] = {};
      for (int l = 0; l != 4; ++l)
        if (((bits >> l) & 1u) != 0) lane[l] = static_cast<std::int32_t>(at[l]);
      return gathered(from, _mm_load_si128(reinterpret_cast<__m128i const*>(lane)), avx2_mask64(bits));
    }
  }
  LACUNA_INLINE static void twice(batch_type values, batch_type (&to)[2]) noexcept {
    to[0] = _mm256_permutevar8x32_ps(values, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3));
    to[1] = _mm256_permutevar8x32_ps(values, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7));
  }
  LACUNA_INLINE static void sum(batch_type values, float* to) noexcept {
    auto const four = _mm_add_ps(_mm256_castps256_ps128(values), _mm256_extractf128_ps(values, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_castps_si128(_mm_add_ps(four, _mm_movehl_ps(four, four))));
  }

 private:
  [[nodiscard]] LACUNA_INLINE static batch_type gathered(float const* from, __m128i at, __m256i some) noexcept {
    auto const* const pairs = reinterpret_cast<double const*>(from);
    return _mm256_castpd_ps(_mm256_mask_i32gather_pd(_mm256_setzero_pd(), pairs, at, _mm256_castsi256_pd(some), 8));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
