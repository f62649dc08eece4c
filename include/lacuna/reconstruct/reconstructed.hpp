// SPDX-License-Identifier: MIT
//
// What an update of weights returns that is computed from a Gram matrix.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/updated.hpp>

namespace lacuna {

/// New weights W + D for old ones W: exactly zero where the mask drops. The loss is 1/2 tr(D H D^T), H with what
/// damping has added; with H = X^T X, half of |D X^T|^2.
template <scalar T>
using reconstructed = updated<T>;

/// Damping of H: `damping` * the mean of its diagonal is added to the diagonal (dead inputs, H_jj = 0, count as 1).
/// Where that is not positive definite and `adaptive_damping` is set, ten times as much, beginning with at least 1e-6,
/// is tried until it is, up to the whole mean; the report says how much it took.
struct damping_options {
  double damping = 0.01;
  bool adaptive_damping = false;
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// W as it is, with everything kept: what an update returns that could not be computed.
template <scalar T, order Order>
[[nodiscard]] reconstructed<T> unchanged(dense_view<T const, Order> w, factor_report const& report) {
  reconstructed<T> result{dense<T>(w.rows(), w.cols()), mask(w.rows(), w.cols(), true), 0.0, report};
  for (index i = 0; i != w.rows(); ++i)
    for (index j = 0; j != w.cols(); ++j) result.weights(i, j) = w(i, j);
  return result;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
