// SPDX-License-Identifier: MIT
//
// The matrix H of a least-squares problem: a statistic or a matrix, checked against the weights and damped.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/reconstruct/finite.hpp>
#include <lacuna/reconstruct/reconstructed.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <concepts>

namespace lacuna {

/// A statistic that knows H = X^T X: `matrix(exec)` gives it as a dense matrix, `tokens()` says of how many it is.
/// `gram` is one.
template <class S>
concept second_moments = requires(S const& s, serial& exec) {
  { s.matrix(exec) } -> std::convertible_to<dense<double>>;
  { s.size() } -> std::convertible_to<index>;
  { s.tokens() } -> std::convertible_to<index>;
};

/// Where updates take H from: such a statistic, or any symmetric dense matrix of inputs x inputs, of which the lower
/// triangle is read; a factor of H is a factor of the loss.
template <class S>
concept hessian_source = second_moments<S> || dense_matrix<S>;

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

using matrix_map = Eigen::Map<Eigen::MatrixXd>;

/// Eigen's name for a symmetric matrix of doubles without gaps.
[[nodiscard]] inline matrix_map map_of(dense<double>& h) { return {h.data(), h.rows(), h.cols()}; }

/// H for weights of `rows` x `cols`, whole and symmetric. Throws shape_error if it is of another width, value_error if
/// it is of no tokens or not finite.
template <executor E, hessian_source H>
[[nodiscard]] dense<double> hessian_of(E&& exec, H const& source, index rows, index cols, char const* verb) {
  if constexpr (second_moments<H>) {
    if (source.tokens() == 0) fail<value_error>(verb, ": the Gram matrix is of no tokens");
    if (source.size() != cols)
      fail<shape_error>(verb, ": W is ", rows, "x", cols, ", the Gram matrix is of ", source.size(), " inputs");
    dense<double> h = source.matrix(exec);
    require_finite<double>(exec, dense_view<double const, order::row_major>(h.view()), verb, hessian_words);
    return h;
  } else {
    auto const given = view_of(source);
    using T = element_t<H const>;
    dense_view<T const, decltype(given)::memory_order> const view(given);
    if (view.rows() != cols || view.cols() != cols)
      fail<shape_error>(verb, ": W is ", rows, "x", cols, ", H is ", view.rows(), "x", view.cols());
    require_finite<double>(exec, view, verb, hessian_words);
    dense<double> h(cols, cols);
    for (index i = 0; i != cols; ++i)
      for (index j = 0; j <= i; ++j) h(i, j) = h(j, i) = convert<double>(view(i, j));
    return h;
  }
}

/// to = d H, in pieces of 128 inputs: how deep Eigen cuts a product depends on the threads that it may use, and so
/// would the order of additions.
template <class D, class To>
void multiply_by_hessian(Eigen::MatrixBase<D> const& d, dense<double> const& h, To&& to) {
  using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<matrix const> const hessian(h.data(), h.rows(), h.cols());
  to.setZero();
  for (index k = 0; k < h.rows(); k += 128) {
    index const depth = h.rows() - k < 128 ? h.rows() - k : 128;
    to.noalias() += d.middleCols(k, depth) * hessian.middleRows(k, depth);
  }
}

/// Inputs that are always zero: H(j, j) = 0. Such an input says nothing about its weights.
[[nodiscard]] inline buffer<bool> dead_inputs(dense<double> const& h) {
  buffer<bool> dead(h.rows());
  for (index j = 0; j != h.rows(); ++j) dead[j] = h(j, j) == 0.0;
  return dead;
}

/// What the diagonal of H becomes: 1 for dead inputs, then so much more for all.
[[nodiscard]] inline double mean_of_diagonal(dense<double> const& h) {
  double sum = 0.0;
  for (index j = 0; j != h.rows(); ++j) sum += h(j, j) == 0.0 ? 1.0 : h(j, j);
  return h.rows() == 0 ? 0.0 : sum / static_cast<double>(h.rows());
}

inline void require_damping(damping_options const& d, char const* verb) {
  if (!(d.damping >= 0.0 && is_finite(d.damping)))
    fail<value_error>(verb, ": damping is ", d.damping, ", expected a fraction of the mean diagonal, 0 or more");
}

/// Calls attempt(added) with what is to be added to the diagonal of H until it returns no pivot (-1), or once if
/// damping is not adaptive.
template <class F>
[[nodiscard]] factor_report with_damping(damping_options const& d, double mean, F const& attempt) {
  factor_report report;
  for (double fraction = d.damping;; fraction = std::clamp(fraction * 10.0, 1e-6, 1.0)) {
    report.damping = fraction;
    index const pivot = attempt(fraction * mean);
    report.status = pivot < 0 ? factor_status::ok : factor_status::not_positive_definite;
    report.pivot = pivot;
    if (pivot < 0 || !d.adaptive_damping || fraction >= 1.0) return report;
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA
