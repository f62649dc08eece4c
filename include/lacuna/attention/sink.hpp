// SPDX-License-Identifier: MIT
//
// The first keys, seen by all.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>

#include <cstdint>

namespace lacuna::attention {

/// Every query sees the first n keys: language models park weight there that nothing else wants. A sink alone is not
/// causal, since the first queries would look ahead into it: write causal{} & (sink{64} | window{256}).
/// Source: G. Xiao, Y. Tian, B. Chen, S. Han, M. Lewis, "Efficient Streaming Language Models with Attention Sinks",
/// 2023.
struct sink {
  index n = 0;  ///< how many keys

  [[nodiscard]] LACUNA_INLINE constexpr cover classify(tile t) const noexcept {
    if (t.k1 <= n) return cover::full;
    return t.k0 >= n ? cover::none : cover::partial;
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index, index j) const noexcept { return j < n; }
  [[nodiscard]] LACUNA_INLINE constexpr std::uint64_t word(index, index first, index count, index) const noexcept {
    return detail::bits_below(n - first < count ? n - first : count);
  }
  LACUNA_INLINE void runs(tile t, run_sink to) const {
    if (n > t.k0) to(t.k0, n < t.k1 ? n : t.k1, cover::full);
  }
};

}  // namespace lacuna::attention
