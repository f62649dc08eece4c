// SPDX-License-Identifier: MIT
//
// No look into the future.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>

#include <cstdint>

namespace lacuna::attention {

/// A query sees the keys up to its own position, that is, aligned to the bottom right corner: query i of nq sees key j
/// of nk where j <= i + nk - nq. The last query sees all keys; with more queries than keys the first ones see none.
struct causal {
  [[nodiscard]] LACUNA_INLINE static constexpr cover classify(tile t) noexcept {
    if (t.k1 - 1 <= t.q0) return cover::full;
    return t.k0 > t.q1 - 1 ? cover::none : cover::partial;
  }
  [[nodiscard]] LACUNA_INLINE static constexpr bool allows(index i, index j) noexcept { return j <= i; }
  [[nodiscard]] LACUNA_INLINE static constexpr std::uint64_t word(index i, index first, index count, index) noexcept {
    return detail::bits_below(i - first < count ? i - first + 1 : count);
  }
  LACUNA_INLINE static void runs(tile t, run_sink sink) {
    index const full = t.q0 + 1 < t.k1 ? t.q0 + 1 : t.k1;
    index const last = t.q1 < t.k1 ? t.q1 : t.k1;
    if (full > t.k0) sink(t.k0, full, cover::full);
    index const rest = full > t.k0 ? full : t.k0;
    if (last > rest) sink(rest, last, cover::partial);
  }
};

}  // namespace lacuna::attention
