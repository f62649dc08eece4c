// SPDX-License-Identifier: MIT
//
// Seam operations on 64-bit Arm: expand by one table look-up over the bytes of a register.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/masked.hpp>

#if defined(__aarch64__)

#include <arm_neon.h>

#include <array>
#include <bit>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// For each of the 16 masks of 4 lanes, which byte of the packed elements each byte of the result takes; 255 gives 0.
[[nodiscard]] constexpr std::array<std::array<std::uint8_t, 16>, 16> neon_expand_bytes() noexcept {
  std::array<std::array<std::uint8_t, 16>, 16> table{};
  for (unsigned bits = 0; bits != 16; ++bits) {
    unsigned next = 0;
    for (unsigned lane = 0; lane != 4; ++lane) {
      bool const set = ((bits >> lane) & 1u) != 0;
      for (unsigned byte = 0; byte != 4; ++byte)
        table[bits][4 * lane + byte] = static_cast<std::uint8_t>(set ? 4 * next + byte : 255u);
      next += set;
    }
  }
  return table;
}

inline constexpr auto neon_expand_table = neon_expand_bytes();

template <neon64 Arch>
struct expand<Arch, float> {
  [[nodiscard]] LACUNA_INLINE static batch<float, Arch> load(float const* packed, lane_bits bits) noexcept {
    auto const nibble = bits & 0xFu;
    auto const count = std::popcount(nibble);
    auto const values = count == 4 ? vld1q_f32(packed) : load_first(packed, count);
    auto const from = vld1q_u8(neon_expand_table.data()[nibble].data());
    return vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(values), from));
  }

 private:
  [[nodiscard]] LACUNA_INLINE static float32x4_t load_first(float const* p, int count) noexcept {
    auto values = vdupq_n_f32(0);
    if (count > 0) values = vld1q_lane_f32(p, values, 0);
    if (count > 1) values = vld1q_lane_f32(p + 1, values, 1);
    if (count > 2) values = vld1q_lane_f32(p + 2, values, 2);
    return values;
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
