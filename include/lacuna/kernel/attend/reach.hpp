// SPDX-License-Identifier: MIT
//
// Which slots of a tile of keys some neighbouring rows may see: register tiles leave out what none of theirs sees.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/tile.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Slots [first, last).
struct attend_reach {
  index first = 0;
  index last = 0;

  [[nodiscard]] LACUNA_INLINE bool empty() const noexcept { return first >= last; }
  [[nodiscard]] LACUNA_INLINE attend_reach operator&(attend_reach other) const noexcept {
    return {std::max(first, other.first), std::min(last, other.last)};
  }
};

/// From the first to the last slot that some rows see, of `count` slots: `of_row` has a word for each of 64 rows, bit s
/// for slot s, or is null where all rows see all slots.
struct attend_reaches {
  std::uint64_t const* of_row = nullptr;

  [[nodiscard]] LACUNA_INLINE attend_reach operator()(index row, index rows, index count) const noexcept {
    if (of_row == nullptr) return {0, count};
    std::uint64_t any = 0;
    for (index i = row; i < std::min(row + rows, attend_tile::rows); ++i) any |= of_row[i];
    if (any == 0) return {};
    return attend_reach{std::countr_zero(any), 64 - std::countl_zero(any)} & attend_reach{0, count};
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
