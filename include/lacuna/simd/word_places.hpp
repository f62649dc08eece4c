// SPDX-License-Identifier: MIT
//
// The numbers of the ones of a 64-bit word, written out.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/unroll.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// For each byte the places of its ones, first the lowest, a byte each: 2 KB.
inline constexpr auto places_of_bytes = [] {
  std::array<std::array<std::uint8_t, 8>, 256> table{};
  for (unsigned byte = 0; byte != 256; ++byte)
    for (unsigned place = 0, next = 0; place != 8; ++place)
      if ((byte >> place & 1u) != 0) table[byte][next++] = static_cast<std::uint8_t>(place);
  return table;
}();

/// A seam operation, with its portable body: to[0], to[1], ... = first + the place of each one of `word`, the lowest
/// first. What stands behind them, up to to[63], is overwritten with anything. Cycles a word on Zen 5: by a table,
/// eight bits at a time, 12.5; by a compression of bytes (VBMI2) 5.5 to 7, the more the denser; by compressions of
/// sixteen numbers 20.
template <class Arch>
struct word_places {
  LACUNA_INLINE static void store(std::uint32_t* to, std::uint64_t word, std::uint32_t first) noexcept {
    unroll<8>([&](auto b) LACUNA_INLINE_LAMBDA {
      auto const byte = word >> (8 * b) & 0xFFu;
      auto const& places = places_of_bytes[byte];
      for (std::size_t p = 0; p != 8; ++p) to[p] = first + static_cast<std::uint32_t>(8 * b) + places[p];
      to += std::popcount(byte);
    });
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
