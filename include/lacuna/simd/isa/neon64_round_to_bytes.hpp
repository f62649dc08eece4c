// SPDX-License-Identifier: MIT
//
// Floats to bytes on 64-bit Arm, whose conversions saturate and take NaN for 0.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>
#include <lacuna/simd/round_to_bytes.hpp>

#if defined(__aarch64__)

#include <arm_neon.h>

#include <concepts>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

template <neon64 Arch, byte Int>
struct round_to_bytes<Arch, Int> {
  [[nodiscard]] LACUNA_INLINE static batch<Int, Arch> run(batch<float, Arch> const (&v)[4],
                                                          std::int32_t zero) noexcept {
    auto const low = words(v[0], v[1], zero), high = words(v[2], v[3], zero);
    if constexpr (std::same_as<Int, std::uint8_t>)
      return vcombine_u8(vqmovun_s16(low), vqmovun_s16(high));
    else
      return vcombine_s8(vqmovn_s16(low), vqmovn_s16(high));
  }

 private:
  [[nodiscard]] LACUNA_INLINE static int16x8_t words(float32x4_t a, float32x4_t b, std::int32_t zero) noexcept {
    auto const whole = vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(a)), vqmovn_s32(vcvtnq_s32_f32(b)));
    return vqaddq_s16(whole, vdupq_n_s16(static_cast<std::int16_t>(zero)));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
