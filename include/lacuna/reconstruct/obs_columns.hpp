// SPDX-License-Identifier: MIT
//
// Structured optimal brain surgery: whole inputs, or heads of neighbouring inputs, go, and the others make up for them.
//
// Bound: each removal reads and writes what is left of H^-1 and of W, in double.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/reconstruct/cholesky.hpp>
#include <lacuna/reconstruct/finite.hpp>
#include <lacuna/reconstruct/hessian.hpp>
#include <lacuna/reconstruct/reconstructed.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <concepts>
#include <limits>

namespace lacuna {

/// How many units `obs_columns` drops, how wide they are, and the damping of its Hessian.
struct obs_columns_options {
  double sparsity = 0.5;          ///< fraction of units to drop, floor(units * sparsity) of them
  index width = 1;                ///< neighbouring inputs that are a unit, a head's, say; the last unit may be short
  double damping = 0.01;          ///< see damping_options
  bool adaptive_damping = false;  ///< see damping_options
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// The state between removals.
struct column_surgery {
  index width;
  Eigen::MatrixXd weights;  // outputs x inputs, by columns
  Eigen::MatrixXd inverse;  // of H on the inputs that are left, zero elsewhere
  Eigen::MatrixXd removed_weights, removed_inverse, step;
  buffer<double> costs;  // of each unit
  buffer<bool> gone;

  [[nodiscard]] index units() const { return costs.size(); }
  [[nodiscard]] index first(index unit) const { return unit * width; }
  [[nodiscard]] index size(index unit) const {
    return inverse.rows() - first(unit) < width ? inverse.rows() - first(unit) : width;
  }
  /// 1/2 tr(W_u [H^-1]_uu^-1 W_u^T): the least loss of removing a unit. Infinite where rounding has left no inverse.
  [[nodiscard]] double cost_of(index unit) const {
    auto const part = weights.middleCols(first(unit), size(unit));
    if (size(unit) == 1) {
      double const h = inverse(first(unit), first(unit));
      return h > 0.0 ? 0.5 * part.squaredNorm() / h : std::numeric_limits<double>::infinity();
    }
    Eigen::MatrixXd const h = inverse.block(first(unit), first(unit), size(unit), size(unit));
    Eigen::LLT<Eigen::MatrixXd> const factor(h);
    if (factor.info() != Eigen::Success) return std::numeric_limits<double>::infinity();
    Eigen::MatrixXd moved = part.transpose();
    factor.matrixL().solveInPlace(moved);
    return 0.5 * moved.squaredNorm();
  }
  /// The unit that costs least, the first of equals; -1 if none can go.
  [[nodiscard]] index cheapest() const {
    index best = -1;
    for (index u = 0; u != units(); ++u)
      if (!gone[u] && costs[u] < std::numeric_limits<double>::infinity() && (best < 0 || costs[u] < costs[best]))
        best = u;
    return best;
  }
  /// Notes what the removal of a unit takes from the others.
  void begin(index unit) {
    removed_weights = weights.middleCols(first(unit), size(unit));
    removed_inverse = inverse.middleCols(first(unit), size(unit));
    step = removed_inverse.transpose();
    Eigen::MatrixXd const h = inverse.block(first(unit), first(unit), size(unit), size(unit));
    Eigen::LLT<Eigen::MatrixXd>(h).solveInPlace(step);
    gone[unit] = true;
    weights.middleCols(first(unit), size(unit)).setZero();
    inverse.middleCols(first(unit), size(unit)).setZero();
  }
  /// Takes it from one unit that is left.
  void move(index unit, index removed) {
    auto const by = step.middleCols(first(unit), size(unit));
    weights.middleCols(first(unit), size(unit)).noalias() -= removed_weights * by;
    inverse.middleCols(first(unit), size(unit)).noalias() -= removed_inverse * by;
    inverse.block(first(removed), first(unit), size(removed), size(unit)).setZero();
    costs[unit] = cost_of(unit);
  }
};

/// H^-1 from its upper factor.
template <executor E>
[[nodiscard]] Eigen::MatrixXd inverse_of_factored(E&& exec, Eigen::MatrixXd const& reversed) {
  index const n = reversed.rows();
  auto const u = inverse_factor<double>(exec, reversed);
  Eigen::Map<Eigen::MatrixXd const> const transposed(u.data(), n, n);  // U^T by columns
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Zero(n, n);
  inverse.selfadjointView<Eigen::Lower>().rankUpdate(transposed);
  inverse.triangularView<Eigen::StrictlyUpper>() = inverse.transpose();
  return inverse;
}

template <scalar T, order Order>
[[nodiscard]] column_surgery begin_surgery(dense_view<T const, Order> w, dense<double> const& h, index width) {
  column_surgery s{width,
                   Eigen::MatrixXd(w.rows(), w.cols()),
                   {},
                   {},
                   {},
                   {},
                   buffer<double>(ceil_div(w.cols(), width)),
                   buffer<bool>(ceil_div(w.cols(), width))};
  for (index j = 0; j != w.cols(); ++j)
    for (index i = 0; i != w.rows(); ++i) s.weights(i, j) = h(j, j) == 0.0 ? 0.0 : convert<double>(w(i, j));
  return s;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Removes units of inputs of W (outputs x inputs, either order, floating) one by one, each time the one whose removal
/// costs the least loss, 1/2 tr(W_u [H^-1]_uu^-1 W_u^T), and updates the others, W -= W_u [H^-1]_uu^-1 [H^-1]_u: . What
/// comes out is the least-squares refit on the inputs that are left, and the loss 1/2 tr(D H D^T), H as damped; which
/// inputs those are is a greedy choice. Weights of dead inputs (H_jj = 0) become zero, and go first. If H is not
/// positive definite even when damped, W comes back as it was, with everything kept, and the report says so. Throws
/// value_error for an Inf or NaN in W or H (with its place), no tokens, or options out of range; shape_error if H is of
/// another width. O(removed * inputs * (outputs + inputs)) after O(inputs^3). Bitwise equal for every executor. Source:
/// E. Kurtic, E. Frantar, D. Alistarh, "ZipLM: Inference-Aware Structured Pruning of Language Models", NeurIPS 2023,
/// arXiv:2302.04089.
template <executor E, dense_matrix W, hessian_source H>
[[nodiscard]] auto obs_columns(E&& exec, W const& weights, H const& source, obs_columns_options const& options = {}) {
  using T = element_t<W const>;
  static_assert(std::floating_point<accumulator_t<T>>, "lacuna: obs_columns takes floating weights");
  damping_options const damp{options.damping, options.adaptive_damping};
  detail::require_damping(damp, "obs_columns");
  detail::require_fraction(options.sparsity, "obs_columns");
  if (options.width < 1)
    detail::fail<value_error>("obs_columns: units of ", options.width, " inputs, expected 1 or more");
  auto const given = view_of(weights);
  dense_view<T const, decltype(given)::memory_order> const w(given);
  detail::require_finite<double>(exec, w, "obs_columns", detail::weight_words);
  auto const h = detail::hessian_of(exec, source, w.rows(), w.cols(), "obs_columns");
  auto const factor = detail::factor_reversed(h, damp);
  if (!factor.report.ok()) return detail::unchanged(w, factor.report);
  auto surgery = detail::begin_surgery(w, h, options.width);
  surgery.inverse = detail::inverse_of_factored(exec, factor.lower);
  reconstructed<T> result{dense<T>(w.rows(), w.cols()), mask(w.rows(), w.cols(), true), 0.0, factor.report};
  index const grain = 1 + (index{1} << 14) / ((w.rows() + w.cols() + 1) * std::min(options.width, w.cols() + 1));
  auto const units = surgery.units();
  exec.for_ranges(units, grain, [&](index first, index last, index) {
    for (index u = first; u != last; ++u) surgery.costs[u] = surgery.cost_of(u);
  });
  for (index k = 0; k != detail::dropped_of(units, options.sparsity); ++k) {
    index const least = surgery.cheapest();
    if (least < 0) {  // the inverse is lost in rounding
      result.report.status = factor_status::not_positive_definite;
      for (index u = units; u-- != 0;)
        if (!surgery.gone[u]) result.report.pivot = surgery.first(u);
      return detail::unchanged(w, result.report);
    }
    result.loss += surgery.costs[least];
    surgery.begin(least);
    exec.for_ranges(units, grain, [&](index first, index last, index) {
      for (index u = first; u != last; ++u)
        if (!surgery.gone[u]) surgery.move(u, least);
    });
  }
  for (index i = 0; i != w.rows(); ++i)
    for (index j = 0; j != w.cols(); ++j) {
      result.weights(i, j) = detail::convert<T>(surgery.weights(i, j));
      if (surgery.gone[j / options.width]) result.keep.set(i, j, false);
    }
  return result;
}
template <dense_matrix W, hessian_source H>
[[nodiscard]] auto obs_columns(W const& w, H const& h, obs_columns_options const& options = {}) {
  return lacuna::obs_columns(serial{}, w, h, options);
}

}  // namespace lacuna::inline LACUNA_ISA
