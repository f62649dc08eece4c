// SPDX-License-Identifier: MIT
//
// dot4 on 64-bit Arm: sdot and usdot, or products of 16 bits.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>

#if defined(__aarch64__)

#include <arm_neon.h>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// Adds up products of 16 bits, four to a lane: in pairs to 32 bits at once, as two products of -128 reach 2^15.
[[nodiscard]] LACUNA_INLINE int32x4_t neon_add_fours(int32x4_t sum, int16x8_t low, int16x8_t high) noexcept {
  return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
}

template <neon64 Arch>
struct dot4<Arch, std::int8_t> {
  using sum_type = batch<std::int32_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, batch<std::int8_t, Arch> x,
                                                  batch<std::int8_t, Arch> w) noexcept {
    int8x16_t const left = x, right = w;
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_s32(sum, left, right);
#else
    return neon_add_fours(sum, vmull_s8(vget_low_s8(left), vget_low_s8(right)), vmull_high_s8(left, right));
#endif
  }
};

template <neon64 Arch>
struct dot4<Arch, std::uint8_t> {
  using sum_type = batch<std::int32_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, batch<std::uint8_t, Arch> x,
                                                  batch<std::int8_t, Arch> w) noexcept {
    uint8x16_t const left = x;
    int8x16_t const right = w;
#if defined(__ARM_FEATURE_MATMUL_INT8)
    return vusdotq_s32(sum, left, right);
#elif defined(__ARM_FEATURE_DOTPROD)
    // x - 128 times w, and 64 times w, twice.
    auto const less = vreinterpretq_s8_u8(veorq_u8(left, vdupq_n_u8(0x80)));
    auto const half = vdupq_n_s8(64);
    return vdotq_s32(vdotq_s32(vdotq_s32(sum, less, right), half, right), half, right);
#else
    // 255 times -128 fits 16 bits.
    auto const low = vmulq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(left))), vmovl_s8(vget_low_s8(right)));
    auto const high = vmulq_s16(vreinterpretq_s16_u16(vmovl_high_u8(left)), vmovl_high_s8(right));
    return neon_add_fours(sum, low, high);
#endif
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
