// SPDX-License-Identifier: MIT
//
// Where the codes of grouped_int4 stand.
#pragma once

#include <lacuna/core/config.hpp>

#include <cstdint>

namespace lacuna {

/// Names the order of data: row by row, for each group a scale and G codes of 4 bits.
template <int G>
struct grouped_int4_layout {
  static_assert(G > 0 && G % 2 == 0, "lacuna: grouped_int4<G> has groups of an even number of inputs");
  static constexpr index group = G;
  static constexpr index bytes = G / 2;  ///< of the codes of a group

  /// The code of slot c of a group, -8 to 7: the first half of the group stands in the lower halves of the bytes, the
  /// second in the upper, so that a mask and a shift make neighbours of each.
  [[nodiscard]] LACUNA_INLINE static constexpr int code(std::uint8_t const* codes, index c) noexcept {
    int const byte = codes[c < bytes ? c : c - bytes];
    int const bits = c < bytes ? byte & 15 : byte >> 4;
    return (bits ^ 8) - 8;
  }
  LACUNA_INLINE static constexpr void set_code(std::uint8_t* codes, index c, int code) noexcept {
    auto& byte = codes[c < bytes ? c : c - bytes];
    unsigned const bits = static_cast<unsigned>(code) & 15u;
    byte = static_cast<std::uint8_t>(c < bytes ? (byte & 0xF0u) | bits : (byte & 0x0Fu) | bits << 4);
  }
};

}  // namespace lacuna
