// SPDX-License-Identifier: MIT
//
// Quads made of four of eight rows.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// For each mask of eight rows where the first four of it stand in two quads of one column, the first lowest: byte
/// place % 64 of the first quad, or of the second from 64 on. Behind the last one the first row.
inline constexpr auto places_of_rows = [] {
  std::array<std::uint32_t, 256> of{};
  for (std::uint32_t mask = 0; mask != 256; ++mask)
    for (std::uint32_t row = 0, at = 0; row != 8 && at != 32; ++row)
      if ((mask >> row & 1u) != 0) {
        of[mask] |= (row % 4 + row / 4 * 64) << at;
        at += 8;
      }
  return of;
}();

/// A seam operation, with its portable body. `low` and `high` have quads of so many columns: four bytes for each, of
/// rows 0 to 3 and of rows 4 to 7. run(low, high, chosen(mask)) has quads of the rows that mask has bits for, at most
/// four, in their order; where it has fewer, any rows behind them. It `pays` where that is one instruction as cheap as
/// a load: with AVX-512 VBMI on Zen, whose dots it hardly delays; on Intel it is three, two of them on the only port of
/// shuffles.
template <class Arch>
struct pick_quads {
  using batch_type = batch<std::uint8_t, Arch>;
  static constexpr bool pays = false;

  [[nodiscard]] LACUNA_INLINE static std::uint32_t chosen(std::uint8_t mask) noexcept { return places_of_rows[mask]; }
  [[nodiscard]] LACUNA_INLINE static batch_type run(batch_type low, batch_type high, std::uint32_t places) noexcept {
    constexpr auto bytes = batch_type::size;
    alignas(batch_type) std::uint8_t from[2][bytes];
    alignas(batch_type) std::uint8_t to[bytes];
    low.store_aligned(from[0]);
    high.store_aligned(from[1]);
    for (std::size_t at = 0; at != bytes; ++at) {
      auto const place = places >> (at % 4 * 8) & 0xFFu;
      to[at] = from[place / 64][at / 4 * 4 + place % 64];
    }
    return batch_type::load_aligned(to);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
