// SPDX-License-Identifier: MIT
//
// The criteria of relative importance: a weight against its row and its column, with or without activations.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/prune/column_norms.hpp>
#include <lacuna/prune/column_sums.hpp>
#include <lacuna/prune/concepts.hpp>

#include <cmath>

namespace lacuna::detail {

struct absolute_value {
  LACUNA_INLINE static constexpr double of(double x) noexcept { return x < 0 ? -x : x; }
};

/// 1 / sum over the tokens of |x| for each column of x, and 0 where that sum is 0.
template <dense_matrix X>
[[nodiscard]] LACUNA_INLINE buffer<double> inverse_absolute_sums(X const& x, char const* name) {
  column_sums<absolute_value> sums;
  sums.update(serial{}, x, name);
  buffer<double> inverse(sums.size());
  for (index j = 0; j != sums.size(); ++j) inverse[j] = sums[j] == 0 ? 0.0 : 1.0 / sums[j];
  return inverse;
}

}  // namespace lacuna::detail

namespace lacuna {

/// Scores a weight by |w_ij| / sum_k |w_kj| + |w_ij| / sum_k |w_ik|: its share of what reaches its input and its
/// output. A zero scores 0, also in a row or column of zeros. The sums are taken in double when a verb begins, O(rows *
/// cols), 8 bytes for each row and column. Source: Y. Zhang et al., "Plug-and-Play: An Efficient Post-training Pruning
/// Method for Large Language Models", ICLR 2024.
class relative_importance {
 public:
  /// Gathers the sums over w; of a packed matrix over its slots.
  template <weights W>
  LACUNA_INLINE void prepare(W const& w) {
    if constexpr (dense_matrix<W>) {
      auto const view = view_of(w);
      by_column_ = detail::inverse_absolute_sums(view, "relative_importance");
      by_row_ = detail::inverse_absolute_sums(transpose(view), "relative_importance");
    } else {
      by_row_ = buffer<double>(w.rows());
      by_column_ = buffer<double>(w.cols());
      for (index i = 0; i != w.rows(); ++i)
        w.visit_row(i, [&](index j, float weight) LACUNA_INLINE_LAMBDA {
          auto const size = detail::absolute_value::of(static_cast<double>(weight));
          by_row_[i] += size;
          by_column_[j] += size;
        });
      for (auto& sum : by_row_) sum = sum == 0 ? 0.0 : 1.0 / sum;
      for (auto& sum : by_column_) sum = sum == 0 ? 0.0 : 1.0 / sum;
    }
  }
  [[nodiscard]] LACUNA_INLINE float operator()(float w, index i, index j) const noexcept {
    return static_cast<float>(share(w, i, j));
  }
  /// The same before it is rounded.
  [[nodiscard]] LACUNA_INLINE double share(float w, index i, index j) const noexcept {
    LACUNA_ASSERT(i < by_row_.size() && j < by_column_.size());
    return static_cast<double>(w < 0 ? -w : w) * (by_column_[j] + by_row_[i]);
  }

 private:
  buffer<double> by_row_;     // 1 / sum of |w| over the row
  buffer<double> by_column_;  // and over the column
};

/// Scores a weight by its relative importance times ||x_j||^a, x_j being the activations of input j. The published
/// code compares over the whole matrix by default (`scope = whole`), the paper's 2:4 results permute channels first.
/// Source: as for relative_importance; a = 0.5 is its choice. The verbs throw shape_error unless there is a norm for
/// each column of W.
class ria {
 public:
  /// Norms of a calibration set. Throws value_error if it holds no tokens, or if the exponent is not finite.
  LACUNA_INLINE explicit ria(column_norms const& norms, double exponent = 0.5) : powers_(norms.values()) {
    if (norms.tokens() == 0) detail::fail<value_error>("ria: the column norms are of no tokens");
    raise(exponent);
  }
  /// Norms from elsewhere, one for each column of W.
  template <dense_vector V>
  LACUNA_INLINE explicit ria(V const& norms, double exponent = 0.5) : powers_(vector_of(norms).size()) {
    auto const view = vector_of(norms);
    for (index j = 0; j != view.size(); ++j) powers_[j] = static_cast<double>(view[j]);
    raise(exponent);
  }

  LACUNA_INLINE ria(ria const&) = default;
  LACUNA_INLINE ria(ria&&) noexcept = default;
  LACUNA_INLINE ria& operator=(ria const&) = default;
  LACUNA_INLINE ria& operator=(ria&&) noexcept = default;
  LACUNA_INLINE ~ria() = default;

  /// Checks that there is a norm for each column of w, and gathers the sums over w.
  template <weights W>
  LACUNA_INLINE void prepare(W const& w) {
    auto const shape = detail::shape_of(w);
    if (shape.cols != powers_.size())
      detail::fail<shape_error>("ria: W is ", shape.rows, "x", shape.cols, ", the norms are of ", powers_.size(),
                                " columns");
    relative_.prepare(w);
  }
  [[nodiscard]] LACUNA_INLINE float operator()(float w, index i, index j) const noexcept {
    return static_cast<float>(relative_.share(w, i, j) * powers_[j]);
  }

 private:
  LACUNA_INLINE void raise(double exponent) {
    if (!(exponent - exponent == 0))
      detail::fail<value_error>("ria: the exponent is ", exponent, ", expected a finite one");
    for (auto& power : powers_) power = std::pow(power, exponent);
  }

  relative_importance relative_;
  buffer<double> powers_;  // of the norms
};

}  // namespace lacuna
