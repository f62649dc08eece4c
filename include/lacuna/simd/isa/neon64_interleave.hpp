// SPDX-License-Identifier: MIT
//
// Interleaving of bytes on 64-bit Arm: one store; in registers two steps of zipping.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/interleave.hpp>
#include <lacuna/simd/interleave_lines.hpp>

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

template <neon64 Arch>
struct interleave_lines<Arch> {
  using batch_type = batch<std::uint8_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type order(batch_type line) noexcept { return line; }
  LACUNA_INLINE static void run(batch_type (&line)[4]) noexcept {
    uint8x16_t const a = line[0], b = line[1], c = line[2], d = line[3];
    auto const zip = [](uint8x16_t left, uint8x16_t right, batch_type& low, batch_type& high) LACUNA_INLINE_LAMBDA {
      auto const l = vreinterpretq_u16_u8(left), r = vreinterpretq_u16_u8(right);
      low = vreinterpretq_u8_u16(vzip1q_u16(l, r));
      high = vreinterpretq_u8_u16(vzip2q_u16(l, r));
    };
    zip(vzip1q_u8(a, b), vzip1q_u8(c, d), line[0], line[1]);
    zip(vzip2q_u8(a, b), vzip2q_u8(c, d), line[2], line[3]);
  }
  LACUNA_INLINE static void undo(batch_type (&quad)[4]) noexcept {
    auto const words = [](batch_type const& q) LACUNA_INLINE_LAMBDA { return vreinterpretq_u16_u8(q); };
    auto const ab = vreinterpretq_u8_u16(vuzp1q_u16(words(quad[0]), words(quad[1])));
    auto const cd = vreinterpretq_u8_u16(vuzp2q_u16(words(quad[0]), words(quad[1])));
    auto const ab_high = vreinterpretq_u8_u16(vuzp1q_u16(words(quad[2]), words(quad[3])));
    auto const cd_high = vreinterpretq_u8_u16(vuzp2q_u16(words(quad[2]), words(quad[3])));
    quad[0] = vuzp1q_u8(ab, ab_high), quad[1] = vuzp2q_u8(ab, ab_high);
    quad[2] = vuzp1q_u8(cd, cd_high), quad[3] = vuzp2q_u8(cd, cd_high);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
