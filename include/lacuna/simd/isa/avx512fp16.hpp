// SPDX-License-Identifier: MIT
//
// Arithmetic on f16 with AVX512-FP16.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/halves.hpp>
#include <lacuna/simd/masked.hpp>

#if defined(__AVX512FP16__)

#include <immintrin.h>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

namespace avx512fp16_detail {

LACUNA_INLINE void write_twice(f16 const* from, index count, std::uint32_t* to) noexcept {
  for (index k = 0; k < count; k += 16) {
    auto const bits = first_lanes(count - k < 16 ? count - k : 16);
    auto const once = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(static_cast<__mmask16>(bits), from + k));
    _mm512_mask_storeu_epi32(to + k, static_cast<__mmask16>(bits), _mm512_or_si512(once, _mm512_slli_epi32(once, 16)));
  }
}

}  // namespace avx512fp16_detail

template <avx512fp16 Arch>
class halves<Arch, 2> {
 public:
  using float_type = batch<float, Arch>;
  static constexpr int lanes = 32;

  halves() = default;
  [[nodiscard]] LACUNA_INLINE static halves zero() noexcept { return halves(_mm512_setzero_ph()); }
  [[nodiscard]] LACUNA_INLINE static halves load(f16 const* p) noexcept { return halves(_mm512_loadu_ph(p)); }
  [[nodiscard]] LACUNA_INLINE static halves broadcast(std::uint32_t twice) noexcept {
    return halves(_mm512_castsi512_ph(_mm512_set1_epi32(static_cast<int>(twice))));
  }
  LACUNA_INLINE static void write_twice(f16 const* from, index count, std::uint32_t* to) noexcept {
    avx512fp16_detail::write_twice(from, count, to);
  }
  LACUNA_INLINE void multiply_add(halves const& a, halves const& b) noexcept {
    value_ = _mm512_fmadd_ph(a.value_, b.value_, value_);
  }
  [[nodiscard]] LACUNA_INLINE float_type floats(int n) const noexcept {
    auto const bits = _mm512_castph_si512(value_);
    return _mm512_cvtph_ps(n == 0 ? _mm512_castsi512_si256(bits) : _mm512_extracti64x4_epi64(bits, 1));
  }
  LACUNA_INLINE void pin() noexcept { __asm__("" : "+v"(value_)); }

 private:
  LACUNA_INLINE explicit halves(__m512h value) noexcept : value_(value) {}
  __m512h value_;
};

template <avx512fp16 Arch>
class halves<Arch, 1> {
 public:
  using float_type = batch<float, Arch>;
  static constexpr int lanes = 16;

  halves() = default;
  [[nodiscard]] LACUNA_INLINE static halves zero() noexcept { return halves(_mm256_setzero_ph()); }
  [[nodiscard]] LACUNA_INLINE static halves load(f16 const* p) noexcept { return halves(_mm256_loadu_ph(p)); }
  [[nodiscard]] LACUNA_INLINE static halves broadcast(std::uint32_t twice) noexcept {
    return halves(_mm256_castsi256_ph(_mm256_set1_epi32(static_cast<int>(twice))));
  }
  LACUNA_INLINE static void write_twice(f16 const* from, index count, std::uint32_t* to) noexcept {
    avx512fp16_detail::write_twice(from, count, to);
  }
  LACUNA_INLINE void multiply_add(halves const& a, halves const& b) noexcept {
    value_ = _mm256_fmadd_ph(a.value_, b.value_, value_);
  }
  [[nodiscard]] LACUNA_INLINE float_type floats(int) const noexcept {
    return _mm512_cvtph_ps(_mm256_castph_si256(value_));
  }
  LACUNA_INLINE void pin() noexcept { __asm__("" : "+v"(value_)); }

 private:
  LACUNA_INLINE explicit halves(__m256h value) noexcept : value_(value) {}
  __m256h value_;
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
