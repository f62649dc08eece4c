// SPDX-License-Identifier: MIT
//
// Registers of float from integers of 4 bits in memory, times a scale.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body, for sixteen integers of 4 bits, -8 to 7, in eight bytes: nibble 2 b is the
/// lower half of byte b, nibble 2 b + 1 the upper. load(p, w): lane l of register r is the float scale * nibble
/// at(r * lanes + l), rounded once; reads eight bytes at p. Each instruction set has an order of its own, because
/// whoever multiplies can arrange his inputs in it beforehand. Operations for sixteen, on the ports that multiply:
/// AVX-512 a shift and a look-up in a table of scaled numbers, which is made once for all integers of a scale; AVX2
/// eight; SSE2 some twenty.
template <class Arch>
struct scaled_int4 {
  using batch_type = batch<float, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  static constexpr int registers = 16 / lanes;

  float scale;

  LACUNA_INLINE explicit scaled_int4(float s) noexcept : scale(s) {}

  [[nodiscard]] LACUNA_INLINE static constexpr int at(int l) noexcept { return l < 8 ? 2 * l : 2 * (l - 8) + 1; }

  LACUNA_INLINE void load(std::uint8_t const* p, batch_type (&w)[std::size_t{registers}]) const noexcept {
    alignas(batch_type) float wide[16];
    for (int b = 0; b != 8; ++b) {
      wide[b] = scale * static_cast<float>(((p[b] & 15) ^ 8) - 8);
      wide[b + 8] = scale * static_cast<float>(((p[b] >> 4) ^ 8) - 8);
    }
    for (int r = 0; r != registers; ++r) w[r] = batch_type::load_aligned(wide + r * lanes);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
