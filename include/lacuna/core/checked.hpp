// SPDX-License-Identifier: MIT
//
// Sizes that are computed from untrusted numbers: a product or sum that does not fit is an error, never a wrap.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <limits>

namespace lacuna::detail::inline LACUNA_ISA {

/// a * b for non-negative a and b; throws format_error naming `what` if it exceeds the range of index.
[[nodiscard]] LACUNA_INLINE index checked_multiply(index a, index b, char const* what) {
  if (b != 0 && a > std::numeric_limits<index>::max() / b)
    fail<format_error>(what, ": ", a, " * ", b, " does not fit a signed ", 8 * sizeof(index), "-bit size");
  return a * b;
}

/// a + b for non-negative a and b; throws format_error naming `what` if it exceeds the range of index.
[[nodiscard]] LACUNA_INLINE index checked_add(index a, index b, char const* what) {
  if (a > std::numeric_limits<index>::max() - b)
    fail<format_error>(what, ": ", a, " + ", b, " does not fit a signed ", 8 * sizeof(index), "-bit size");
  return a + b;
}

/// Rounded-up quotient of a >= 0 and b > 0, without overflow.
[[nodiscard]] LACUNA_INLINE constexpr index ceil_div(index a, index b) noexcept { return a / b + (a % b != 0); }

}  // namespace lacuna::detail::inline LACUNA_ISA
