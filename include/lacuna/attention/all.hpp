// SPDX-License-Identifier: MIT
//
// The pattern of dense attention.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>

#include <cstdint>

namespace lacuna::attention {

/// Every query sees every key.
struct all {
  [[nodiscard]] LACUNA_INLINE static constexpr cover classify(tile) noexcept { return cover::full; }
  [[nodiscard]] LACUNA_INLINE static constexpr bool allows(index, index) noexcept { return true; }
  [[nodiscard]] LACUNA_INLINE static constexpr std::uint64_t word(index, index, index count, index) noexcept {
    return detail::bits_below(count);
  }
  LACUNA_INLINE static void runs(tile t, run_sink sink) { sink(t.k0, t.k1, cover::full); }
};

}  // namespace lacuna::attention
