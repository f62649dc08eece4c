// SPDX-License-Identifier: MIT
//
// What a change of weights does to the output of a layer.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/reconstruct/finite.hpp>
#include <lacuna/reconstruct/hessian.hpp>

#include <Eigen/Core>

namespace lacuna::detail::inline LACUNA_ISA {

/// Rows of a product with H that are computed together, from whichever worker.
inline constexpr index loss_rows = 128;

/// 1/2 sum over i of D_i (H + added I) D_i^T, where row(i, d) writes row i of D. Rows of fixed places are multiplied
/// together and added in order, so no bit depends on the executor.
template <executor E, class F>
[[nodiscard]] double quadratic_loss(E&& exec, dense<double> const& h, double added, index rows, F const& row) {
  using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  index const cols = h.rows();
  buffer<double> losses(ceil_div(rows, loss_rows));
  exec.for_ranges(losses.size(), 1, [&](index first, index last, index) {
    matrix d(loss_rows, cols), product(loss_rows, cols);
    for (index part = first; part != last; ++part) {
      d.setZero();
      index const begin = part * loss_rows;
      index const end = rows - begin < loss_rows ? rows : begin + loss_rows;
      for (index i = begin; i != end; ++i) row(i, d.data() + (i - begin) * cols);
      multiply_by_hessian(d, h, product);
      losses[part] = product.cwiseProduct(d).sum() + added * d.squaredNorm();
    }
  });
  double sum = 0.0;
  for (double const part : losses) sum += part;
  return 0.5 * sum;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// 1/2 tr(D H D^T) for D = after - before (outputs x inputs, either order, floating), in double: with H = X^T X (a
/// `gram`), half of |D X^T|^2, the square of what the layer's output has changed by. reconstruction_loss(0, W, H) is
/// what to divide by for a relative error. Throws shape_error unless the shapes fit, value_error for an Inf, a NaN or
/// no tokens. O(outputs * inputs^2). Bitwise equal for every executor.
template <executor E, dense_matrix A, dense_matrix B, hessian_source H>
[[nodiscard]] double reconstruction_loss(E&& exec, A const& before, B const& after, H const& source) {
  auto const a = view_of(before);
  auto const b = view_of(after);
  if (a.rows() != b.rows() || a.cols() != b.cols())
    detail::fail<shape_error>("reconstruction_loss: W was ", a.rows(), "x", a.cols(), " before and is ", b.rows(), "x",
                              b.cols());
  detail::require_finite<double>(exec, dense_view<element_t<A const> const, decltype(a)::memory_order>(a),
                                 "reconstruction_loss", detail::weight_words);
  detail::require_finite<double>(exec, dense_view<element_t<B const> const, decltype(b)::memory_order>(b),
                                 "reconstruction_loss", detail::weight_words);
  auto const h = detail::hessian_of(exec, source, a.rows(), a.cols(), "reconstruction_loss");
  return detail::quadratic_loss(exec, h, 0.0, a.rows(), [&](index i, double* d) {
    for (index j = 0; j != a.cols(); ++j) d[j] = detail::convert<double>(b(i, j)) - detail::convert<double>(a(i, j));
  });
}
template <dense_matrix A, dense_matrix B, hessian_source H>
[[nodiscard]] double reconstruction_loss(A const& before, B const& after, H const& source) {
  return lacuna::reconstruction_loss(serial{}, before, after, source);
}

}  // namespace lacuna::inline LACUNA_ISA
