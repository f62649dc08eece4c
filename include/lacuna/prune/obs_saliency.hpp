// SPDX-License-Identifier: MIT
//
// The criterion of the optimal brain surgeon.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/prune/concepts.hpp>

namespace lacuna {

/// Scores a weight by w^2 / [H^-1]_jj, H the Gram matrix of the layer's inputs: twice the loss that remains when the
/// weight alone goes and all others are updated at best. Given the diagonal of H^-1, one number for each column of W;
/// gathering and inverting H takes dense algebra and is the caller's. Throws value_error, naming the place, unless each
/// is greater than 0. Source: B. Hassibi, D. Stork, G. Wolff, "Optimal Brain Surgeon and General Network Pruning",
/// 1993.
class obs_saliency {
 public:
  template <dense_vector V>
  LACUNA_INLINE explicit obs_saliency(V const& inverse_diagonal) : weights_(vector_of(inverse_diagonal).size()) {
    auto const view = vector_of(inverse_diagonal);
    for (index j = 0; j != view.size(); ++j) {
      auto const d = static_cast<double>(view[j]);
      if (!(d > 0)) detail::fail<value_error>("obs_saliency: element ", j, " of the diagonal is ", d, ", not above 0");
      weights_[j] = 1.0 / d;
    }
  }

  LACUNA_INLINE obs_saliency(obs_saliency const&) = default;
  LACUNA_INLINE obs_saliency(obs_saliency&&) noexcept = default;
  LACUNA_INLINE obs_saliency& operator=(obs_saliency const&) = default;
  LACUNA_INLINE obs_saliency& operator=(obs_saliency&&) noexcept = default;
  LACUNA_INLINE ~obs_saliency() = default;

  /// Checks that there is an element for each column of w.
  template <weights W>
  LACUNA_INLINE void prepare(W const& w) const {
    auto const view = detail::shape_of(w);
    if (view.cols != weights_.size())
      detail::fail<shape_error>("obs_saliency: W is ", view.rows, "x", view.cols, ", the diagonal has ",
                                weights_.size(), " elements");
  }
  [[nodiscard]] LACUNA_INLINE float operator()(float w, index /*i*/, index j) const noexcept {
    auto const x = static_cast<double>(w);
    return static_cast<float>(x * x * weights_[j]);
  }

 private:
  buffer<double> weights_;  // 1 / [H^-1]_jj
};

}  // namespace lacuna
