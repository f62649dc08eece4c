// SPDX-License-Identifier: MIT
//
// The criterion of inputs that vary: what a constant can replace is not missed.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/prune/column_moments.hpp>
#include <lacuna/prune/concepts.hpp>

namespace lacuna {

/// Scores a weight by w^2 times the variance of its input. Summed over a column (`columns`, `spans`) it is
/// ||W_j||^2 Var(x_j), the weighted fluctuation: the squared error that is left when input j goes and bias_for_removed
/// puts its mean in its place, inputs being uncorrelated. The variance is the true one over all tokens; the published
/// code updates its mean in place while it sums. Throws value_error if the moments are of no tokens; the verbs throw
/// shape_error unless they have the width of W. Source: Y. An et al., "Fluctuation-based Adaptive Structured Pruning
/// for Large Language Models" (FLAP), AAAI 2024.
class fluctuation {
 public:
  LACUNA_INLINE explicit fluctuation(column_moments const& moments) : variances_(moments.size()) {
    if (moments.tokens() == 0) detail::fail<value_error>("fluctuation: the column moments are of no tokens");
    for (index j = 0; j != moments.size(); ++j) variances_[j] = moments.variance(j);
  }

  LACUNA_INLINE fluctuation(fluctuation const&) = default;
  LACUNA_INLINE fluctuation(fluctuation&&) noexcept = default;
  LACUNA_INLINE fluctuation& operator=(fluctuation const&) = default;
  LACUNA_INLINE fluctuation& operator=(fluctuation&&) noexcept = default;
  LACUNA_INLINE ~fluctuation() = default;

  /// Checks that there is a variance for each column of w.
  template <weights W>
  LACUNA_INLINE void prepare(W const& w) const {
    auto const view = detail::shape_of(w);
    if (view.cols != variances_.size())
      detail::fail<shape_error>("fluctuation: W is ", view.rows, "x", view.cols, ", the moments are of ",
                                variances_.size(), " columns");
  }
  [[nodiscard]] LACUNA_INLINE float operator()(float w, index /*i*/, index j) const noexcept {
    auto const x = static_cast<double>(w);
    return static_cast<float>(x * x * variances_[j]);
  }

 private:
  buffer<double> variances_;
};

}  // namespace lacuna
