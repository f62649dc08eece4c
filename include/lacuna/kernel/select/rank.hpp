// SPDX-License-Identifier: MIT
//
// Places in order of their scores.
//
// Bound: log2 n steps for each place, two comparisons in each, of scores that stand anywhere.
#pragma once

#include <lacuna/core/config.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Orders n places by scores[place], the highest first, of equal ones the lowest place. No NaN. O(n log n), in place: a
/// heap whose root is what comes last. Source: J. W. J. Williams, "Algorithm 232: Heapsort", 1964.
inline void rank_places(std::int32_t* places, index n, float const* scores) noexcept {
  auto const later = [&](std::int32_t a, std::int32_t b) {
    return scores[a] < scores[b] || (scores[a] == scores[b] && a > b);
  };
  auto const sink = [&](index at, index end) {
    auto const moved = places[at];
    for (index child = 2 * at + 1; child < end; child = 2 * at + 1) {
      if (child + 1 < end && later(places[child + 1], places[child])) ++child;
      if (!later(places[child], moved)) break;
      places[at] = places[child];
      at = child;
    }
    places[at] = moved;
  };
  for (index at = n / 2; at-- > 0;) sink(at, n);
  for (index end = n; end > 1;) {
    --end;
    auto const last = places[0];
    places[0] = places[end];
    places[end] = last;
    sink(0, end);
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
