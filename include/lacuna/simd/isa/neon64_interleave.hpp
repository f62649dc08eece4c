// SPDX-License-Identifier: MIT
//
// Interleaving of bytes on 64-bit Arm: one store.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/interleave.hpp>

#if defined(__aarch64__)

#include <arm_neon.h>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

template <neon64 Arch>
struct interleave<Arch> {
  LACUNA_INLINE static void run(std::uint8_t const* a, std::uint8_t const* b, std::uint8_t const* c,
                                std::uint8_t const* d, std::uint8_t flip, std::uint8_t* to) noexcept {
    auto const mask = vdupq_n_u8(flip);
    vst4q_u8(to, {{veorq_u8(vld1q_u8(a), mask), veorq_u8(vld1q_u8(b), mask), veorq_u8(vld1q_u8(c), mask),
                   veorq_u8(vld1q_u8(d), mask)}});
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
