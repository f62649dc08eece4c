// SPDX-License-Identifier: MIT
//
// The criterion of weights and activations.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/prune/column_norms.hpp>
#include <lacuna/prune/concepts.hpp>

namespace lacuna {

/// Scores a weight by |w| times the norm of the input that it multiplies; the product is rounded to float once.
/// Source: M. Sun et al., "A Simple and Effective Pruning Approach for Large Language Models", 2023, which compares
/// per row. The verbs throw shape_error unless there is a norm for each column of W.
class wanda {
 public:
  /// Norms of a calibration set. Throws value_error if it holds no tokens: all scores would be zero.
  LACUNA_INLINE explicit wanda(column_norms const& norms) : norms_(norms.values()) {
    if (norms.tokens() == 0) detail::fail<value_error>("wanda: the column norms are of no tokens");
  }
  /// Norms from elsewhere, one for each column of W; a common factor changes no mask.
  template <dense_vector V>
  LACUNA_INLINE explicit wanda(V const& norms) : norms_(vector_of(norms).size()) {
    auto const view = vector_of(norms);
    for (index j = 0; j != view.size(); ++j) norms_[j] = static_cast<double>(view[j]);
  }

  LACUNA_INLINE wanda(wanda const&) = default;
  LACUNA_INLINE wanda(wanda&&) noexcept = default;
  LACUNA_INLINE wanda& operator=(wanda const&) = default;
  LACUNA_INLINE wanda& operator=(wanda&&) noexcept = default;
  LACUNA_INLINE ~wanda() = default;

  /// Checks that there is a norm for each column of w.
  template <weights W>
  LACUNA_INLINE void prepare(W const& w) const {
    auto const view = detail::shape_of(w);
    if (view.cols != norms_.size())
      detail::fail<shape_error>("wanda: W is ", view.rows, "x", view.cols, ", the norms are of ", norms_.size(),
                                " columns");
  }
  [[nodiscard]] LACUNA_INLINE float operator()(float w, index /*i*/, index j) const noexcept {
    return static_cast<float>(static_cast<double>(__builtin_fabsf(w)) * norms_[j]);
  }

 private:
  buffer<double> norms_;
};

}  // namespace lacuna
