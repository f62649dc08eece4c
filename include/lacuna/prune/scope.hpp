// SPDX-License-Identifier: MIT
//
// Which weights compete for the same places, and how many of them lose.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

namespace lacuna {

/// The candidates among which a share is dropped: those of each row, of each column, of each block of neighbouring
/// columns (all rows of it), or all of the matrix.
enum class scope : unsigned char { per_row, per_column, whole, per_column_block };
using enum scope;

/// A direction in the weights (outputs x inputs): along the inputs is along a row.
enum class axis : unsigned char { inputs, outputs };
using enum axis;

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Throws value_error, naming the pattern, unless sparsity is in [0, 1].
inline void require_fraction(double sparsity, char const* pattern) {
  if (!(sparsity >= 0.0 && sparsity <= 1.0))
    fail<value_error>(pattern, ": sparsity is ", sparsity, ", which is not in [0, 1]");
}

/// The one rule of counting: floor(n * sparsity), the product rounded as double arithmetic does (0.29 of 100 is 28,
/// because 100 * 0.29 is 28.999999999999996). Never more than n.
[[nodiscard]] LACUNA_INLINE constexpr index dropped_of(index n, double sparsity) noexcept {
  return static_cast<index>(static_cast<double>(n) * sparsity);
}

}  // namespace lacuna::detail::inline LACUNA_ISA
