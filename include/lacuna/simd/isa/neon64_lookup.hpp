// SPDX-License-Identifier: MIT
//
// Look-ups on 64-bit Arm: a table look-up over the bytes of four registers, that is 16 floats; a second one where there
// are more, which leaves alone what the first has found. Bytes are spread by looking eight of them up.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/expand_bytes.hpp>
#include <lacuna/simd/lookup.hpp>
#include <lacuna/simd/lookup_bytes.hpp>
#include <lacuna/simd/unroll.hpp>

#if defined(__aarch64__)

#include <arm_neon.h>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

template <neon64 Arch, int N>
  requires(N <= 32)
struct lookup<Arch, float, N> {
  static constexpr int registers = N <= 16 ? 4 : 8;
  batch<float, Arch> table[static_cast<std::size_t>(registers)];

  LACUNA_INLINE lookup(float const* from, index count) noexcept { load_table<Arch>(table, from, count); }
  [[nodiscard]] LACUNA_INLINE batch<float, Arch> operator[](positions<Arch, float> p) const noexcept {
    std::uint32_t const four = static_cast<std::uint32_t>(p.at[0]) | static_cast<std::uint32_t>(p.at[1]) << 8 |
                               static_cast<std::uint32_t>(p.at[2]) << 16 | static_cast<std::uint32_t>(p.at[3]) << 24;
    auto const wide = vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four))));
    // Position p stands in bytes 4 p .. 4 p + 3.
    auto const bytes = vreinterpretq_u8_u32(vmlaq_n_u32(vdupq_n_u32(0x03020100u), wide, 0x04040404u));
    auto found = vqtbl4q_u8(four_from<0>(), bytes);
    if constexpr (registers == 8) found = vqtbx4q_u8(found, four_from<4>(), vsubq_u8(bytes, vdupq_n_u8(64)));
    return vreinterpretq_f32_u8(found);
  }

 private:
  template <int First>
  [[nodiscard]] LACUNA_INLINE uint8x16x4_t four_from() const noexcept {
    return {{vreinterpretq_u8_f32(table[First]), vreinterpretq_u8_f32(table[First + 1]),
             vreinterpretq_u8_f32(table[First + 2]), vreinterpretq_u8_f32(table[First + 3])}};
  }
};

/// 64 bytes a look-up; positions beyond leave alone what the others have found.
template <neon64 Arch, byte X, int N>
struct lookup_bytes<Arch, X, N> {
  static constexpr int registers = (N + 63) / 64 * 4;
  static constexpr int size = 16 * registers;
  uint8x16_t table[static_cast<std::size_t>(registers)];

  LACUNA_INLINE explicit lookup_bytes(X const* from) noexcept {
    unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA {
      table[r] = vld1q_u8(reinterpret_cast<std::uint8_t const*>(from) + 16 * r);
    });
  }
  [[nodiscard]] LACUNA_INLINE batch<X, Arch> operator[](batch<std::uint8_t, Arch> at) const noexcept {
    auto found = vqtbl4q_u8(four_from<0>(), at);
    if constexpr (registers > 4) found = vqtbx4q_u8(found, four_from<4>(), vsubq_u8(at, vdupq_n_u8(64)));
    if constexpr (registers > 8) found = vqtbx4q_u8(found, four_from<8>(), vsubq_u8(at, vdupq_n_u8(128)));
    if constexpr (registers > 12) found = vqtbx4q_u8(found, four_from<12>(), vsubq_u8(at, vdupq_n_u8(192)));
    if constexpr (std::same_as<X, std::uint8_t>)
      return found;
    else
      return vreinterpretq_s8_u8(found);
  }

 private:
  template <int First>
  [[nodiscard]] LACUNA_INLINE uint8x16x4_t four_from() const noexcept {
    return {{table[First], table[First + 1], table[First + 2], table[First + 3]}};
  }
};

template <neon64 Arch, byte Byte>
struct expand<Arch, Byte> {
  [[nodiscard]] static batch<Byte, Arch> load(Byte const* packed, lane_bits bits) noexcept {
    packed_bytes source(packed, bits & 0xFFFFu);
    auto const eight = [&]() LACUNA_INLINE_LAMBDA {
      auto const next = source.next();
      return vtbl1_u8(vcreate_u8(next.bytes), vld1_u8(next.order));
    };
    auto const low = eight();
    auto const all = vcombine_u8(low, eight());
    if constexpr (std::same_as<Byte, std::int8_t>)
      return vreinterpretq_s8_u8(all);
    else
      return all;
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
