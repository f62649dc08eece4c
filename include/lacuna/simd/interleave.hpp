// SPDX-License-Identifier: MIT
//
// Interleaves bytes of four lines.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: to[4 * i + b] is byte i of line b, exclusive-or `flip`, for i < 16. Reads
/// 16 bytes of each of the four lines and writes 64, all of any alignment.
template <class Arch>
struct interleave {
  LACUNA_INLINE static void run(std::uint8_t const* a, std::uint8_t const* b, std::uint8_t const* c,
                                std::uint8_t const* d, std::uint8_t flip, std::uint8_t* to) noexcept {
    for (int i = 0; i != 16; ++i) {
      to[4 * i] = static_cast<std::uint8_t>(a[i] ^ flip);
      to[4 * i + 1] = static_cast<std::uint8_t>(b[i] ^ flip);
      to[4 * i + 2] = static_cast<std::uint8_t>(c[i] ^ flip);
      to[4 * i + 3] = static_cast<std::uint8_t>(d[i] ^ flip);
    }
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
