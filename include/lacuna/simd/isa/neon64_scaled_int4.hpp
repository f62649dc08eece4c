// SPDX-License-Identifier: MIT
//
// Integers of 4 bits on 64-bit Arm: shifted up to the sign and down again, and widened twice.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/scaled_int4.hpp>

#if defined(__aarch64__)

#include <arm_neon.h>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

template <neon64 Arch>
struct scaled_int4<Arch> {
  using batch_type = batch<float, Arch>;
  static constexpr int registers = 4;

  float scale;

  LACUNA_INLINE explicit scaled_int4(float s) noexcept : scale(s) {}

  [[nodiscard]] LACUNA_INLINE static constexpr int at(int l) noexcept { return l < 8 ? 2 * l : 2 * (l - 8) + 1; }

  LACUNA_INLINE void load(std::uint8_t const* p, batch_type (&w)[registers]) const noexcept {
    auto const eight = vreinterpret_s8_u8(vld1_u8(p));
    auto const low = vmovl_s8(vshr_n_s8(vshl_n_s8(eight, 4), 4)), high = vmovl_s8(vshr_n_s8(eight, 4));
    auto const widened = [&](int32x4_t words) LACUNA_INLINE_LAMBDA { return vmulq_n_f32(vcvtq_f32_s32(words), scale); };
    w[0] = widened(vmovl_s16(vget_low_s16(low)));
    w[1] = widened(vmovl_s16(vget_high_s16(low)));
    w[2] = widened(vmovl_s16(vget_low_s16(high)));
    w[3] = widened(vmovl_s16(vget_high_s16(high)));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
