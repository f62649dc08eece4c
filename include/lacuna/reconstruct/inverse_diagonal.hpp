// SPDX-License-Identifier: MIT
//
// The diagonal of the inverse Hessian: what the saliency of optimal brain surgery divides by.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/reconstruct/cholesky.hpp>
#include <lacuna/reconstruct/hessian.hpp>
#include <lacuna/reconstruct/reconstructed.hpp>

namespace lacuna {

/// [H^-1]_jj of each input j.
struct inverse_diagonal_result {
  buffer<double> values;  ///< empty unless the status is ok
  factor_report report;

  [[nodiscard]] LACUNA_INLINE constexpr bool ok() const noexcept { return report.ok(); }
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// The diagonal of the inverse of H (a `gram`, or a symmetric inputs x inputs matrix), damped: w^2 / [H^-1]_jj / 2 is
/// the least loss at which the weight w of input j can be removed while the others move freely. Dead inputs count as
/// H_jj = 1. Throws what hessian sources throw: value_error for no tokens or no finite number, shape_error if H is not
/// square. O(inputs^3). Bitwise equal for every executor.
template <executor E, hessian_source H>
[[nodiscard]] inverse_diagonal_result inverse_diagonal(E&& exec, H const& source, damping_options const& d = {}) {
  detail::require_damping(d, "inverse_diagonal");
  index cols = 0;
  if constexpr (second_moments<H>)
    cols = source.size();
  else
    cols = view_of(source).cols();
  if constexpr (!second_moments<H>)
    if (view_of(source).rows() != cols)
      detail::fail<shape_error>("inverse_diagonal: H is ", view_of(source).rows(), "x", cols, ", not square");
  auto const h = detail::hessian_of(exec, source, 0, cols, "inverse_diagonal");
  auto const factor = detail::factor_reversed(h, d);
  inverse_diagonal_result result{{}, factor.report};
  if (!result.ok()) return result;
  index const n = h.rows();
  result.values = buffer<double>(n);
  detail::visit_inverse(exec, factor.lower, [&](index first, Eigen::MatrixXd const& part) {
    for (index c = 0; c != part.cols(); ++c) result.values[n - 1 - first - c] = part.col(c).squaredNorm();
  });
  return result;
}
template <hessian_source H>
[[nodiscard]] inverse_diagonal_result inverse_diagonal(H const& source, damping_options const& d = {}) {
  return lacuna::inverse_diagonal(serial{}, source, d);
}

}  // namespace lacuna::inline LACUNA_ISA
