// SPDX-License-Identifier: MIT
//
// The pattern that leaves every row empty.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>

namespace lacuna::attention {

/// No query sees any key: the neutral element of `|`, and what a skipped head attends to.
struct none {
  [[nodiscard]] LACUNA_INLINE static constexpr cover classify(tile) noexcept { return cover::none; }
  [[nodiscard]] LACUNA_INLINE static constexpr bool allows(index, index) noexcept { return false; }
};

}  // namespace lacuna::attention
