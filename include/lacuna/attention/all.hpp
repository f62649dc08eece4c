// SPDX-License-Identifier: MIT
//
// The pattern of dense attention.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>

namespace lacuna::attention {

/// Every query sees every key.
struct all {
  [[nodiscard]] LACUNA_INLINE static constexpr cover classify(tile) noexcept { return cover::full; }
  [[nodiscard]] LACUNA_INLINE static constexpr bool allows(index, index) noexcept { return true; }
};

}  // namespace lacuna::attention
