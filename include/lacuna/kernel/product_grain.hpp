// SPDX-License-Identifier: MIT
//
// How finely a product is split among workers.
#pragma once

#include <lacuna/core/config.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Ranges of at least 2^15 multiply-adds, some microseconds, so that handing one out costs little beside it; and eight
/// for each worker where there is enough work, so that rows of unequal length even out.
[[nodiscard]] inline index product_grain(index lines, index stored, index columns, index workers) noexcept {
  constexpr double least = 32768;
  double const work = static_cast<double>(stored) * static_cast<double>(columns);
  if (workers == 1 || work <= least) return std::max<index>(lines, 1);
  auto const by_work = static_cast<index>(least / work * static_cast<double>(lines));
  return std::max<index>({by_work, lines / (8 * workers), 1});
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
