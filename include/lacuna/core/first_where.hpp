// SPDX-License-Identifier: MIT
//
// Where something begins, by halves.
#pragma once

#include <lacuna/core/config.hpp>

namespace lacuna::detail {

/// The first i of [low, high) for which `holds(i)`, or `high`. It must hold for all behind one for which it does. Calls
/// it O(log(high - low)) times.
template <class Holds>
[[nodiscard]] LACUNA_INLINE constexpr index first_where(index low, index high, Holds const& holds) noexcept {
  while (low != high) {
    index const middle = low + (high - low) / 2;
    if (holds(middle))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace lacuna::detail
