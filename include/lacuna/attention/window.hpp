// SPDX-License-Identifier: MIT
//
// Sliding window.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>

#include <cstdint>

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
  [[nodiscard]] LACUNA_INLINE constexpr std::uint64_t word(index i, index first, index count, index) const noexcept {
    index const from = lowest(i, first, first + count) - first, to = above(i, first, first + count) - first;
    return detail::bits_between(from, to);
  }
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    if (right < 1 - left) return;
    // What the first and the last query see, each an interval; if the two share keys, those are seen by all.
    index const first = lowest(t.q0, t.k0, t.k1), last = above(t.q1 - 1, t.k0, t.k1);
    index const all_from = lowest(t.q1 - 1, t.k0, t.k1), all_to = above(t.q0, t.k0, t.k1);
    if (first >= last) return;
    if (all_from >= all_to) return sink(first, last, cover::partial);
    if (first < all_from) sink(first, all_from, cover::partial);
    sink(all_from, all_to, cover::full);
    if (all_to < last) sink(all_to, last, cover::partial);
  }

 private:
  /// The lowest key in [k0, k1] that a query at i sees, and the one above the highest, without overflow.
  [[nodiscard]] LACUNA_INLINE constexpr index lowest(index i, index k0, index k1) const noexcept {
    return i - k0 < left ? k0 : i - k1 >= left ? k1 : i - left + 1;
  }
  [[nodiscard]] LACUNA_INLINE constexpr index above(index i, index k0, index k1) const noexcept {
    return k1 - 1 - i <= right ? k1 : k0 - i > right ? k0 : i + right + 1;
  }
};

}  // namespace lacuna::attention
