// SPDX-License-Identifier: MIT
//
// Seam operations on 64-bit Arm: expand by one table look-up over the bytes of a register.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/compress.hpp>
#include <lacuna/simd/expand.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/shorten.hpp>
#include <lacuna/simd/widen.hpp>

#if defined(__aarch64__)

#include <arm_neon.h>

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

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

/// For each of the 16 masks of 4 lanes, which byte each byte of the packed elements comes from; 255 gives 0.
[[nodiscard]] constexpr std::array<std::array<std::uint8_t, 16>, 16> neon_compress_bytes() noexcept {
  std::array<std::array<std::uint8_t, 16>, 16> table{};
  for (unsigned bits = 0; bits != 16; ++bits) {
    unsigned next = 0;
    for (unsigned byte = 0; byte != 16; ++byte) table[bits][byte] = 255u;
    for (unsigned byte = 0; byte != 16; ++byte)
      if (((bits >> (byte / 4)) & 1u) != 0) table[bits][next++] = static_cast<std::uint8_t>(byte);
  }
  return table;
}

inline constexpr auto neon_compress_table = neon_compress_bytes();

template <neon64 Arch>
struct compress<Arch, std::uint32_t> {
  LACUNA_INLINE static void store(std::uint32_t* packed, batch<std::uint32_t, Arch> value, lane_bits bits) noexcept {
    auto const from = vld1q_u8(neon_compress_table.data()[bits & 0xFu].data());
    vst1q_u32(packed, vreinterpretq_u32_u8(vqtbl1q_u8(vreinterpretq_u8_u32(value), from)));
  }
};

template <neon64 Arch>
struct compress<Arch, float> {
  LACUNA_INLINE static void store(float* packed, batch<float, Arch> value, lane_bits bits) noexcept {
    auto const from = vld1q_u8(neon_compress_table.data()[bits & 0xFu].data());
    vst1q_f32(packed, vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(value), from)));
  }
};

/// Some lanes go one by one from a whole register in memory.
template <neon64 Arch, std::integral Int>
struct shorten<Arch, Int> {
  using batch_type = batch<std::int32_t, Arch>;
  LACUNA_INLINE static void store(Int* p, batch_type value) noexcept {
    auto const words = vmovn_s32(value);
    if constexpr (sizeof(Int) == 1) {
      auto const bytes = vget_lane_u32(vreinterpret_u32_s8(vmovn_s16(vcombine_s16(words, words))), 0);
      std::memcpy(p, &bytes, 4);
    } else {
      std::memcpy(p, &words, 8);
    }
  }
  LACUNA_INLINE static void store(Int* p, batch_type value, lane_bits bits) noexcept {
    Int all[4];
    store(all, value);
    for (int l = 0; l != 4; ++l)
      if (((bits >> l) & 1u) != 0) p[l] = all[l];
  }
};

/// What the two 16-bit types share: some lanes go one by one through a whole register in memory.
template <class Half, class Whole>
struct neon_widen {
  using batch_type = batch<float, typename Whole::arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type load(Half const* p) noexcept {
    return Whole::widened(vld1_u16(reinterpret_cast<std::uint16_t const*>(p)));
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load(Half const* p, lane_bits bits) noexcept {
    std::uint16_t some[4] = {};
    for (int l = 0; l != 4; ++l)
      if (((bits >> l) & 1u) != 0) some[l] = p[l].bits;
    return Whole::widened(vld1_u16(some));
  }
  LACUNA_INLINE static void store(Half* p, batch_type value) noexcept {
    vst1_u16(reinterpret_cast<std::uint16_t*>(p), Whole::rounded(value));
  }
  LACUNA_INLINE static void store(Half* p, batch_type value, lane_bits bits) noexcept {
    std::uint16_t all[4];
    vst1_u16(all, Whole::rounded(value));
    for (int l = 0; l != 4; ++l)
      if (((bits >> l) & 1u) != 0) p[l].bits = all[l];
  }
};

template <neon64 Arch>
struct neon_bf16 {
  using arch = Arch;
  [[nodiscard]] LACUNA_INLINE static float32x4_t widened(uint16x4_t halves) noexcept {
    return vreinterpretq_f32_u32(vshll_n_u16(halves, 16));
  }
  [[nodiscard]] LACUNA_INLINE static uint16x4_t rounded(float32x4_t value) noexcept {
    auto const bits = vreinterpretq_u32_f32(value);
    auto const magnitude = vandq_u32(bits, vdupq_n_u32(0x7FFFFFFFu));
    auto const nan = vcgtq_u32(magnitude, vdupq_n_u32(0x7F800000u));
    auto const odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1u));
    auto const nearest = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7FFFu)), odd);
    return vshrn_n_u32(vbslq_u32(nan, vorrq_u32(bits, vdupq_n_u32(0x400000u)), nearest), 16);
  }
};

template <neon64 Arch>
struct neon_f16 {
  using arch = Arch;
  [[nodiscard]] LACUNA_INLINE static float32x4_t widened(uint16x4_t halves) noexcept {
    return vcvt_f32_f16(vreinterpret_f16_u16(halves));
  }
  [[nodiscard]] LACUNA_INLINE static uint16x4_t rounded(float32x4_t value) noexcept {
    return vreinterpret_u16_f16(vcvt_f16_f32(value));
  }
};

template <neon64 Arch>
struct widen<Arch, bf16> : neon_widen<bf16, neon_bf16<Arch>> {};
template <neon64 Arch>
struct widen<Arch, f16> : neon_widen<f16, neon_f16<Arch>> {};

}  // namespace lacuna::simd::inline LACUNA_ISA

#endif
