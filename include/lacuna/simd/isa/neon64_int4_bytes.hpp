// SPDX-License-Identifier: MIT
//
// int4_bytes on 64-bit Arm.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/int4_bytes.hpp>

#if defined(__aarch64__)

#include <arm_neon.h>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

template <neon64 Arch>
struct int4_bytes<Arch, 8> {
  using codes_type = batch<std::int8_t, Arch>;
  using bytes_type = batch<std::int8_t, Arch>;
  using sums_type = batch<std::int32_t, Arch>;
  static constexpr int size = 16;
  static constexpr int runs = 1;
  static constexpr int unit = 16;
  static constexpr int links = 8;
  using chain_type = sums_type;

  [[nodiscard]] LACUNA_INLINE static codes_type load(std::uint8_t const* p) noexcept {
    auto const eight = vld1_u8(p);
    return vreinterpretq_s8_u8(vcombine_u8(vshl_n_u8(eight, 4), vand_u8(eight, vdup_n_u8(0xF0))));
  }
  [[nodiscard]] LACUNA_INLINE static bytes_type inputs(std::uint8_t const* const (&p)[1]) noexcept {
    return vreinterpretq_s8_u8(vld1q_u8(p[0]));
  }
  [[nodiscard]] LACUNA_INLINE static sums_type add(sums_type sum, bytes_type x, codes_type w) noexcept {
    return dot4<Arch, std::int8_t>::add(sum, x, w);
  }
  [[nodiscard]] LACUNA_INLINE static chain_type open(sums_type sum) noexcept { return sum; }
  [[nodiscard]] LACUNA_INLINE static chain_type link(chain_type chain, bytes_type x, codes_type w) noexcept {
    return add(chain, x, w);
  }
  [[nodiscard]] LACUNA_INLINE static sums_type close(sums_type, chain_type chain) noexcept { return chain; }
  [[nodiscard]] LACUNA_INLINE static sums_type totals(sums_type const (&dot)[4]) noexcept {
    return vpaddq_s32(vpaddq_s32(dot[0], dot[1]), vpaddq_s32(dot[2], dot[3]));
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
