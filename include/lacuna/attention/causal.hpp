// SPDX-License-Identifier: MIT
//
// No look into the future.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>

namespace lacuna::attention {

/// A query sees the keys up to its own position, that is, aligned to the bottom right corner: query i of nq sees key j
/// of nk where j <= i + nk - nq. The last query sees all keys; with more queries than keys the first ones see none.
struct causal {
  [[nodiscard]] LACUNA_INLINE static constexpr cover classify(tile t) noexcept {
    if (t.k1 - 1 <= t.q0) return cover::full;
    return t.k0 > t.q1 - 1 ? cover::none : cover::partial;
  }
  [[nodiscard]] LACUNA_INLINE static constexpr bool allows(index i, index j) noexcept { return j <= i; }
};

}  // namespace lacuna::attention
