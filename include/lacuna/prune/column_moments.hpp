// SPDX-License-Identifier: MIT
//
// Mean and spread of each input over a calibration set.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/prune/column_sums.hpp>

#include <cmath>

namespace lacuna {

/// The first two moments of each column of the activations X (tokens x inputs), as a stream with the promises of
/// column_norms: sums in double, in chunks fixed by position. 32 bytes a column.
class column_moments {
 public:
  /// No columns, no tokens.
  LACUNA_INLINE column_moments() noexcept = default;
  LACUNA_INLINE column_moments(column_moments const&) = default;
  LACUNA_INLINE column_moments(column_moments&&) noexcept = default;
  LACUNA_INLINE column_moments& operator=(column_moments const&) = default;
  LACUNA_INLINE column_moments& operator=(column_moments&&) noexcept = default;
  LACUNA_INLINE ~column_moments() = default;
  /// The moments of one batch.
  template <dense_matrix X>
  LACUNA_INLINE explicit column_moments(X const& x) {
    update(x);
  }
  template <executor E, dense_matrix X>
  LACUNA_INLINE column_moments(E&& exec, X const& x) {
    update(exec, x);
  }

  /// Takes in more tokens. Throws shape_error where the number of columns is not that of the first update.
  template <dense_matrix X>
  LACUNA_INLINE void update(X const& x) {
    update(serial{}, x);
  }
  template <executor E, dense_matrix X>
  LACUNA_INLINE void update(E&& exec, X const& x) {
    values_.update(exec, x, "column_moments");
    squares_.update(exec, x, "column_moments");
  }
  /// Takes in the tokens of another stream; one that was never updated changes nothing.
  LACUNA_INLINE void merge(column_moments const& other) {
    values_.merge(other.values_, "column_moments");
    squares_.merge(other.squares_, "column_moments");
  }

  [[nodiscard]] LACUNA_INLINE index size() const noexcept { return values_.size(); }
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return values_.tokens(); }
  [[nodiscard]] LACUNA_INLINE double sum(index j) const noexcept { return values_[j]; }
  [[nodiscard]] LACUNA_INLINE double sum_of_squares(index j) const noexcept { return squares_[j]; }
  /// The L2 norm, as column_norms gives it.
  [[nodiscard]] LACUNA_INLINE double norm(index j) const noexcept { return std::sqrt(squares_[j]); }
  /// sum / tokens; NaN of no tokens.
  [[nodiscard]] LACUNA_INLINE double mean(index j) const noexcept { return values_[j] / static_cast<double>(tokens()); }
  /// The population variance, sum_of_squares / tokens - mean^2, never below zero; NaN of no tokens. Cancels where the
  /// mean is larger than the deviation: at a ratio of 1000 ten of double's sixteen digits are left.
  [[nodiscard]] LACUNA_INLINE double variance(index j) const noexcept {
    double const v = squares_[j] / static_cast<double>(tokens()) - mean(j) * mean(j);
    return v < 0.0 ? 0.0 : v;
  }

 private:
  detail::column_sums<detail::first_power> values_;
  detail::column_sums<detail::second_power> squares_;
};

}  // namespace lacuna
