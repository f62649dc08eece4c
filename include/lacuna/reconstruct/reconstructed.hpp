// SPDX-License-Identifier: MIT
//
// What an update of weights returns.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>

namespace lacuna {

/// How the Cholesky factorisation, which every update begins with, has ended.
enum class factor_status : unsigned char { ok, not_positive_definite };

/// How a matrix H was factored.
struct factor_report {
  factor_status status = factor_status::ok;
  /// Where it is not positive definite: an input whose column of H depends on those behind it (`refit`: on those
  /// before it that are kept) to rounding, so that it has no pivot; else -1.
  index pivot = -1;
  /// The output whose inputs that are kept were being solved for; -1 where the factorisation is of all inputs.
  index row = -1;
  /// What was added to the diagonal of H, as a fraction of its mean: what was asked for, or, with adaptive damping,
  /// what it took.
  double damping = 0.0;

  [[nodiscard]] LACUNA_INLINE constexpr bool ok() const noexcept { return status == factor_status::ok; }
};

/// New weights W + D for old ones W.
template <scalar T>
struct reconstructed {
  dense<T> weights;      ///< outputs x inputs; exactly zero where the mask drops; W itself unless the status is ok
  mask keep;             ///< what stays; everything unless the status is ok
  double loss = 0.0;     ///< 1/2 tr(D H D^T), H with what damping has added; with H = X^T X, half of |D X^T|^2
  factor_report report;  ///< whether it worked

  [[nodiscard]] LACUNA_INLINE constexpr bool ok() const noexcept { return report.ok(); }
};

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
