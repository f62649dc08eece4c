// SPDX-License-Identifier: MIT
//
// 16-bit numbers broadcast and widened on AVX2: a load, and one or two instructions that run beside multiply-adds.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/broadcast.hpp>

#if defined(__AVX2__)

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// The bits of as many numbers as an Int has room for.
template <class Int>
[[nodiscard]] LACUNA_INLINE Int avx2_bits(void const* p) noexcept {
  Int bits;
  std::memcpy(&bits, p, sizeof bits);
  return bits;
}

template <avx2 Arch>
struct broadcast<Arch, float, bf16> {
  using batch_type = batch<float, Arch>;
  using pair = broadcast_pair<batch_type>;
  static constexpr bool at_once = true;

  [[nodiscard]] LACUNA_INLINE static batch_type one(bf16 const* p) noexcept {
    return float_of(_mm256_slli_epi32(_mm256_set1_epi16(avx2_bits<std::int16_t>(p)), 16));
  }
  [[nodiscard]] LACUNA_INLINE static pair two(bf16 const* p) noexcept {
    auto const both = _mm256_set1_epi32(avx2_bits<std::int32_t>(p));
    auto const upper = _mm256_set1_epi32(static_cast<std::int32_t>(0xFFFF0000));
    return {float_of(_mm256_slli_epi32(both, 16)), float_of(_mm256_and_si256(both, upper))};
  }
  [[nodiscard]] LACUNA_INLINE static batch_type four(bf16 const* p) noexcept {
    auto const upper =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, -1, 0, 1, -1, -1, 2, 3, -1, -1, 4, 5, -1, -1, 6, 7));
    return float_of(_mm256_shuffle_epi8(_mm256_set1_epi64x(avx2_bits<std::int64_t>(p)), upper));
  }

 private:
  [[nodiscard]] LACUNA_INLINE static batch_type float_of(__m256i bits) noexcept { return _mm256_castsi256_ps(bits); }
};

#if defined(__F16C__)

template <avx2 Arch>
struct broadcast<Arch, float, f16> {
  using batch_type = batch<float, Arch>;
  using pair = broadcast_pair<batch_type>;
  static constexpr bool at_once = true;

  [[nodiscard]] LACUNA_INLINE static batch_type one(f16 const* p) noexcept {
    return _mm256_cvtph_ps(_mm_set1_epi16(avx2_bits<std::int16_t>(p)));
  }
  [[nodiscard]] LACUNA_INLINE static pair two(f16 const* p) noexcept {
    auto const both = _mm256_cvtph_ps(_mm_set1_epi32(avx2_bits<std::int32_t>(p)));
    return {_mm256_moveldup_ps(both), _mm256_movehdup_ps(both)};
  }
  [[nodiscard]] LACUNA_INLINE static batch_type four(f16 const* p) noexcept {
    return _mm256_cvtph_ps(_mm_set1_epi64x(avx2_bits<std::int64_t>(p)));
  }
};

#endif

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
