// SPDX-License-Identifier: MIT
//
// How large each input is over a calibration set.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/prune/column_sums.hpp>

#include <cmath>

namespace lacuna {

/// The L2 norm of each column of the activations X (tokens x inputs, either order, any value type), as a stream:
/// `update` as often as there are batches, `merge` what others gathered. Squares are summed in double, each column in
/// the order of its tokens in chunks of 256: how the tokens are cut into updates, the memory order and the number of
/// threads do not change a bit. Merging adds the sums of the other stream, so it equals the one stream but for
/// rounding. 16 bytes a column. Throws shape_error where the number of columns is not that of the first update.
class column_norms {
 public:
  /// No columns, no tokens: the first update or merge tells how many columns there are.
  LACUNA_INLINE column_norms() noexcept = default;
  LACUNA_INLINE column_norms(column_norms const&) = default;
  LACUNA_INLINE column_norms(column_norms&&) noexcept = default;
  LACUNA_INLINE column_norms& operator=(column_norms const&) = default;
  LACUNA_INLINE column_norms& operator=(column_norms&&) noexcept = default;
  LACUNA_INLINE ~column_norms() = default;
  /// The norms of one batch.
  template <dense_matrix X>
  LACUNA_INLINE explicit column_norms(X const& x) {
    update(x);
  }
  template <executor E, dense_matrix X>
  LACUNA_INLINE column_norms(E&& exec, X const& x) {
    update(exec, x);
  }

  /// Takes in more tokens. O(rows * cols).
  template <dense_matrix X>
  LACUNA_INLINE void update(X const& x) {
    update(serial{}, x);
  }
  template <executor E, dense_matrix X>
  LACUNA_INLINE void update(E&& exec, X const& x) {
    squares_.update(exec, x, "column_norms");
  }
  /// Takes in the tokens of another stream; one that was never updated changes nothing.
  LACUNA_INLINE void merge(column_norms const& other) { squares_.merge(other.squares_, "column_norms"); }

  /// Number of columns.
  [[nodiscard]] LACUNA_INLINE index size() const noexcept { return squares_.size(); }
  /// Number of tokens so far.
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return squares_.tokens(); }
  /// The norm of column j: the square root of its sum of squares, not divided by the tokens.
  [[nodiscard]] LACUNA_INLINE double operator[](index j) const noexcept { return std::sqrt(squares_[j]); }
  /// The norms of all columns.
  [[nodiscard]] LACUNA_INLINE buffer<double> values() const {
    buffer<double> norms(size());
    for (index j = 0; j != size(); ++j) norms[j] = (*this)[j];
    return norms;
  }

 private:
  detail::column_sums<detail::second_power> squares_;
};

}  // namespace lacuna
