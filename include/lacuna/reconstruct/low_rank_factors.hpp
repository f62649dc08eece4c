// SPDX-License-Identifier: MIT
//
// The nearest product of low rank: the factors that the stage `low_rank` adds beside a sparse layer.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/reconstruct/finite.hpp>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include <concepts>

namespace lacuna {

/// W is about U V.
template <scalar T>
struct low_rank_pair {
  dense<T> u;                    ///< outputs x rank, row-major: what `low_rank(u, t)` takes
  dense<T, order::col_major> v;  ///< rank x inputs; t = V x. Of a sparse x only the columns of its inputs are read
  double error = 0.0;            ///< squared Frobenius norm of (W - U V) diag(scale), before rounding to T
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// The eigenvectors of the `rank` largest eigenvalues of A A^T, as columns, and the sum of the other eigenvalues. A
/// template, so that Eigen's solver, 3 s of compiling, costs those only who call it.
template <class Matrix>
[[nodiscard]] Matrix leading_vectors(Matrix const& a, index rank, double& rest) {
  index const n = a.rows();
  if (n == 0) return {0, rank};
  Matrix gram = Matrix::Zero(n, n);
  gram.template selfadjointView<Eigen::Lower>().rankUpdate(a);
  Eigen::SelfAdjointEigenSolver<Matrix> const solver(gram);  // reads the lower triangle; ascending
  if (solver.info() != Eigen::Success) fail<value_error>("low_rank_factors: the eigenvalues do not converge");
  rest = 0.0;
  for (index k = 0; k != n - rank; ++k) rest += solver.eigenvalues()[k] < 0.0 ? 0.0 : solver.eigenvalues()[k];
  return solver.eigenvectors().rightCols(rank);
}

/// The factors of a copy of W for scales of its columns.
template <scalar T>
[[nodiscard]] low_rank_pair<T> factors_of(Eigen::MatrixXd const& w, buffer<double> const& scale, index rank) {
  using column = Eigen::Map<Eigen::VectorXd const>;
  Eigen::MatrixXd const scaled = w * column(scale.data(), w.cols()).asDiagonal();
  low_rank_pair<T> result{dense<T>(w.rows(), rank), dense<T, order::col_major>(rank, w.cols()), 0.0};
  Eigen::MatrixXd u, v;
  if (w.rows() <= w.cols()) {
    u = leading_vectors(scaled, rank, result.error);
    v.noalias() = u.transpose() * w;
  } else {
    v = leading_vectors(Eigen::MatrixXd(scaled.transpose()), rank, result.error).transpose();
    u.noalias() = scaled * v.transpose();
    for (index j = 0; j != w.cols(); ++j) v.col(j) *= scale[j] == 0.0 ? 0.0 : 1.0 / scale[j];
  }
  for (index p = 0; p != rank; ++p) {
    for (index i = 0; i != w.rows(); ++i) result.u(i, p) = convert<T>(u(i, p));
    for (index j = 0; j != w.cols(); ++j) result.v(p, j) = convert<T>(v(p, j));
  }
  return result;
}

/// W in double, checked.
template <dense_matrix W>
[[nodiscard]] Eigen::MatrixXd matrix_to_factor(W const& weights, index rank) {
  auto const w = view_of(weights);
  static_assert(std::floating_point<accumulator_t<element_t<W const>>>,
                "lacuna: low_rank_factors takes floating weights");
  if (rank < 0 || rank > w.rows() || rank > w.cols())
    fail<value_error>("low_rank_factors: the rank is ", rank, ", expected 0 to the lesser count of the ", w.rows(), "x",
                      w.cols(), " matrix");
  require_finite<double>(serial{}, dense_view<element_t<W const> const, decltype(w)::memory_order>(w),
                         "low_rank_factors", weight_words);
  Eigen::MatrixXd copy(w.rows(), w.cols());
  for (index j = 0; j != w.cols(); ++j)
    for (index i = 0; i != w.rows(); ++i) copy(i, j) = convert<double>(w(i, j));
  return copy;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// U (outputs x rank) and V (rank x inputs) whose product is nearest to W (outputs x inputs, either order, floating) in
/// the Frobenius norm: the leading singular vectors. By the eigenvectors of the smaller of W W^T and W^T W, in double:
/// what singular values below 1e-8 of the largest mean is lost. For R-Sparse W is the layer itself, for SLiM or LOST
/// what a sparse part leaves of it. The calling thread does it all. Throws value_error for an Inf or NaN (with its
/// place) or a rank that W can't have. O(outputs * inputs * n + n^3), n the smaller count.
template <dense_matrix W>
[[nodiscard]] auto low_rank_factors(W const& weights, index rank) {
  auto const w = detail::matrix_to_factor(weights, rank);
  buffer<double> ones(w.cols());
  for (auto& one : ones) one = 1.0;
  return detail::factors_of<element_t<W const>>(w, ones, rank);
}

/// The same for the norm of (W - U V) diag(scale), such as the norms of the inputs (`column_norms`): errors opposite
/// large inputs count more. Throws shape_error unless there is a scale for each input, value_error if one is negative
/// or not finite.
template <dense_matrix W, dense_vector V>
[[nodiscard]] auto low_rank_factors(W const& weights, index rank, V const& scale) {
  auto const w = detail::matrix_to_factor(weights, rank);
  auto const given = vector_of(scale);
  if (given.size() != w.cols())
    detail::fail<shape_error>("low_rank_factors: W is ", w.rows(), "x", w.cols(), ", there are ", given.size(),
                              " scales");
  buffer<double> copy(given.size());
  for (index j = 0; j != given.size(); ++j) {
    copy[j] = detail::convert<double>(given[j]);
    if (!(copy[j] >= 0.0 && detail::is_finite(copy[j])))
      detail::fail<value_error>("low_rank_factors: the scale of input ", j, " is ", copy[j],
                                ", expected a finite one, 0 or more");
  }
  return detail::factors_of<element_t<W const>>(w, copy, rank);
}

}  // namespace lacuna::inline LACUNA_ISA
