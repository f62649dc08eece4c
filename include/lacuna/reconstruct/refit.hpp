// SPDX-License-Identifier: MIT
//
// Exact least squares: the best weights that a mask allows.
//
// Bound: kept^3 / 6 multiply-adds of a factorisation for each output whose mask no other has; outputs of equal masks
// share it. 4096x4096 at half the inputs is 6 * 10^12, a minute on two cores: SparseGPT's sweep takes a hundredth.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/reconstruct/cholesky.hpp>
#include <lacuna/reconstruct/finite.hpp>
#include <lacuna/reconstruct/hessian.hpp>
#include <lacuna/reconstruct/reconstructed.hpp>
#include <lacuna/reconstruct/reconstruction_loss.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <concepts>

namespace lacuna {

/// Not damped by default: least squares is meant. With fewer tokens than inputs are kept, H has no inverse on them, and
/// damping chooses, of the weights that fit equally well, those near the old ones.
struct refit_options {
  double damping = 0.0;           ///< see damping_options
  bool adaptive_damping = false;  ///< see damping_options
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// The outputs, those of equal masks side by side, and where each group of such begins.
struct mask_groups {
  buffer<index> rows;
  buffer<index> begins;  // groups + 1
  index groups = 0;

  explicit mask_groups(mask const& keep) : rows(keep.rows()), begins(keep.rows() + 1) {
    auto const difference = [&](index a, index b) {
      for (index w = 0; w != keep.words_per_row(); ++w)
        if (keep.row(a)[w] != keep.row(b)[w]) return keep.row(a)[w] < keep.row(b)[w] ? -1 : 1;
      return 0;
    };
    for (index i = 0; i != rows.size(); ++i) rows[i] = i;
    std::sort(rows.begin(), rows.end(), [&](index a, index b) {
      int const d = difference(a, b);
      return d < 0 || (d == 0 && a < b);
    });
    for (index k = 0; k != rows.size(); ++k)
      if (k == 0 || difference(rows[k - 1], rows[k]) != 0) begins[groups++] = k;
    begins[groups] = rows.size();
  }
};

/// Least squares for outputs that keep the same inputs.
struct support_solver {
  dense<double> const& h;
  double added;  // to the diagonal
  Eigen::MatrixXd factor, moves;
  buffer<double> diagonal;
  buffer<index> kept;
  index count = 0;

  support_solver(dense<double> const& matrix, double damp)
      : h(matrix), added(damp), diagonal(matrix.rows()), kept(matrix.rows()) {}

  [[nodiscard]] double element(index i, index j) const {
    return h(i, j) + (i != j ? 0.0 : added + (h(i, i) == 0.0 ? 1.0 : 0.0));
  }
  /// Factors H of what row i of the mask keeps; -1, or the input without a pivot.
  [[nodiscard]] index factorise(mask const& keep, index i) {
    count = 0;
    for (index j = 0; j != keep.cols(); ++j)
      if (keep(i, j)) kept[count++] = j;
    factor.resize(count, count);
    auto const restore = [&] {
      for (index b = 0; b != count; ++b) {
        for (index a = b; a != count; ++a) factor(a, b) = element(kept[a], kept[b]);
        diagonal[b] = factor(b, b);
      }
    };
    restore();
    index const pivot = factor_or_pivot(factor, diagonal.data(), restore);
    return pivot < 0 ? pivot : kept[pivot];
  }
  /// Solves H_SS move = (H w_dropped)_S for the columns of `moves`, which hold the right-hand sides.
  void solve() {
    factor.triangularView<Eigen::Lower>().solveInPlace(moves);
    factor.triangularView<Eigen::Lower>().adjoint().solveInPlace(moves);
  }
};

/// H times what the mask drops of each row of W: the force on the weights that stay.
template <executor E, scalar T, order Order>
[[nodiscard]] buffer<double> dropped_forces(E&& exec, dense_view<T const, Order> w, dense<double> const& h,
                                            mask const& keep) {
  using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  index const cols = w.cols();
  buffer<double> forces(checked_multiply(w.rows(), cols, "refit"));
  exec.for_ranges(ceil_div(w.rows(), loss_rows), 1, [&](index first, index last, index) {
    matrix dropped;
    for (index part = first; part != last; ++part) {
      index const begin = part * loss_rows;
      index const end = w.rows() - begin < loss_rows ? w.rows() : begin + loss_rows;
      dropped.setZero(end - begin, cols);
      for (index i = begin; i != end; ++i)
        for (index j = 0; j != cols; ++j)
          if (!keep(i, j)) dropped(i - begin, j) = convert<double>(w(i, j));
      multiply_by_hessian(dropped, h, Eigen::Map<matrix>(forces.data() + begin * cols, end - begin, cols));
    }
  });
  return forces;
}

/// The first row, in the order of groups, whose inputs could not be factored.
struct refit_failure {
  index group = -1;
  index pivot = -1;
};

/// Solves all groups for `added` on the diagonal, and writes the weights that stay to `out`.
template <executor E, scalar T, order Order>
[[nodiscard]] refit_failure solve_groups(E&& exec, dense_view<T const, Order> w, dense<double> const& h, double added,
                                         mask const& keep, mask_groups const& groups, buffer<double> const& forces,
                                         dense<T>& out) {
  buffer<index> pivots(groups.groups);
  exec.for_ranges(groups.groups, 1, [&](index first, index last, index) {
    support_solver solver(h, added);
    for (index g = first; g != last; ++g) {
      index const begin = groups.begins[g];
      index const size = groups.begins[g + 1] - begin;
      pivots[g] = solver.factorise(keep, groups.rows[begin]);
      if (pivots[g] >= 0) continue;
      solver.moves.resize(solver.count, size);
      for (index r = 0; r != size; ++r)
        for (index k = 0; k != solver.count; ++k)
          solver.moves(k, r) = forces[groups.rows[begin + r] * w.cols() + solver.kept[k]];
      solver.solve();
      for (index r = 0; r != size; ++r)
        for (index k = 0; k != solver.count; ++k) {
          index const i = groups.rows[begin + r];
          index const j = solver.kept[k];
          out(i, j) = convert<T>(convert<double>(w(i, j)) + solver.moves(k, r));
        }
    }
  });
  for (index g = 0; g != groups.groups; ++g)
    if (pivots[g] >= 0) return {g, pivots[g]};
  return {};
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// The weights that minimise 1/2 tr(D H D^T), D = the change of W (outputs x inputs, either order, floating), of all
/// that are zero where the mask drops: for each output, w_S + H_SS^-1 (H w_dropped)_S, by a Cholesky factorisation in
/// double. No update of the kept weights gives less loss. H is a `gram` or a symmetric matrix; dead inputs keep their
/// weights. If H_SS has no inverse (to rounding), W comes back as it was, with everything kept, and the report names
/// the output and the input without a pivot. The loss is 1/2 tr(D H D^T) with H as damped, of the weights as rounded.
/// Throws value_error for an Inf or NaN in W or H (with its place), no tokens, or damping below zero; shape_error if H
/// or the mask are of another shape. Memory: 8 bytes for each weight and 8 * inputs^2 twice for each worker. Bitwise
/// equal for every executor.
template <executor E, dense_matrix W, hessian_source H>
[[nodiscard]] auto refit(E&& exec, W const& weights, H const& source, mask const& keep,
                         refit_options const& options = {}) {
  using T = element_t<W const>;
  static_assert(std::floating_point<accumulator_t<T>>, "lacuna: refit takes floating weights");
  damping_options const damp{options.damping, options.adaptive_damping};
  detail::require_damping(damp, "refit");
  auto const given = view_of(weights);
  dense_view<T const, decltype(given)::memory_order> const w(given);
  if (w.rows() != keep.rows() || w.cols() != keep.cols())
    detail::fail<shape_error>("refit: W is ", w.rows(), "x", w.cols(), ", the mask is ", keep.rows(), "x", keep.cols());
  detail::require_finite<double>(exec, w, "refit", detail::weight_words);
  auto const h = detail::hessian_of(exec, source, w.rows(), w.cols(), "refit");
  auto const forces = detail::dropped_forces(exec, w, h, keep);
  detail::mask_groups const groups(keep);
  reconstructed<T> result{dense<T>(w.rows(), w.cols()), keep, 0.0, {}};
  detail::refit_failure failure;
  double added = 0.0;
  result.report = detail::with_damping(damp, detail::mean_of_diagonal(h), [&](double more) {
    added = more;
    failure = detail::solve_groups(exec, w, h, more, keep, groups, forces, result.weights);
    return failure.pivot;
  });
  if (!result.ok()) {
    result.report.row = groups.rows[groups.begins[failure.group]];
    return detail::unchanged(w, result.report);
  }
  result.loss = detail::quadratic_loss(exec, h, added, w.rows(), [&](index i, double* d) {
    for (index j = 0; j != w.cols(); ++j)
      d[j] = detail::convert<double>(result.weights(i, j)) - detail::convert<double>(w(i, j));
  });
  return result;
}
template <dense_matrix W, hessian_source H>
[[nodiscard]] auto refit(W const& w, H const& h, mask const& keep, refit_options const& options = {}) {
  return lacuna::refit(serial{}, w, h, keep, options);
}

}  // namespace lacuna::inline LACUNA_ISA
