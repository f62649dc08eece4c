// SPDX-License-Identifier: MIT
//
// The pattern that leaves every row empty.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>

#include <cstdint>

namespace lacuna::attention {

/// No query sees any key: the neutral element of `|`, and what a skipped head attends to.
struct none {
  [[nodiscard]] LACUNA_INLINE static constexpr cover classify(tile) noexcept { return cover::none; }
  [[nodiscard]] LACUNA_INLINE static constexpr bool allows(index, index) noexcept { return false; }
  [[nodiscard]] LACUNA_INLINE static constexpr std::uint64_t word(index, index, index, index) noexcept { return 0; }
  LACUNA_INLINE static void runs(tile, run_sink) {}
};

}  // namespace lacuna::attention
