// SPDX-License-Identifier: MIT
//
// The criterion that needs no data: how large a weight is.
#pragma once

#include <lacuna/core/config.hpp>

namespace lacuna {

/// Scores a weight by its absolute value.
struct magnitude {
  [[nodiscard]] LACUNA_INLINE constexpr float operator()(float w, index /*i*/, index /*j*/) const noexcept {
    return __builtin_fabsf(w);
  }
};

}  // namespace lacuna
