// SPDX-License-Identifier: MIT
//
// A pattern that never knows what a tile sees.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>

namespace lacuna_test {

/// The same pairs as P, but `partial` for every tile, as a pattern may say of any.
template <class P>
struct unsure {
  P pattern;
  [[nodiscard]] bool allows(lacuna::index i, lacuna::index j) const noexcept {
    return lacuna::attention::allows(pattern, i, j);
  }
  [[nodiscard]] lacuna::attention::cover classify(lacuna::attention::tile) const noexcept {
    return lacuna::attention::cover::partial;
  }
};
template <class P>
unsure(P) -> unsure<P>;

}  // namespace lacuna_test
