// SPDX-License-Identifier: MIT
//
// How finely a product is split among workers.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Ranges of at least 2^14 multiply-adds, a microsecond or more, so that handing one out costs little beside it; eight
/// for each worker where there is enough work, so that workers of unequal speed end together; and as many for each
/// worker where there is less, so that none waits for the last.
[[nodiscard]] inline index product_ranges(index stored, index columns, index workers) noexcept {
  constexpr double least = 16384;
  double const ranges = static_cast<double>(stored) * static_cast<double>(columns) / least;
  if (workers == 1 || ranges < 2) return 1;
  auto const most = 8 * workers;
  auto const each = ranges < static_cast<double>(most) ? static_cast<index>(ranges) : most;
  return detail::ceil_div(each, workers) * workers;
}

/// The same as lines of equal work in each.
[[nodiscard]] inline index product_grain(index lines, index stored, index columns, index workers) noexcept {
  return std::max<index>(detail::ceil_div(lines, product_ranges(stored, columns, workers)), 1);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
