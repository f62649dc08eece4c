// SPDX-License-Identifier: MIT
//
// Sliding window.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>

namespace lacuna::attention {

/// A query sees the keys near its own position p: p - left + 1 to p + right. `left` counts the query's own position,
/// so that window{256} sees 256 keys, its own and the 255 before it, and is causal; window{128, 127} is as wide and
/// looks both ways. Counts that leave nothing between the two ends allow nothing.
/// Source: I. Beltagy, M. E. Peters, A. Cohan, "Longformer: The Long-Document Transformer", 2020.
struct window {
  index left = 1;   ///< keys up to the query's own position, that one included
  index right = 0;  ///< keys behind it

  [[nodiscard]] LACUNA_INLINE constexpr cover classify(tile t) const noexcept {
    // Seen from a query, the keys of the tile lie between `nearest` and `farthest` steps back, and every step occurs.
    index const farthest = t.q1 - 1 - t.k0;
    index const nearest = t.q0 - (t.k1 - 1);
    if (nearest >= left || -farthest > right || right < 1 - left) return cover::none;
    return farthest < left && -nearest <= right ? cover::full : cover::partial;
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j) const noexcept {
    return i - j < left && j - i <= right;
  }
};

}  // namespace lacuna::attention
