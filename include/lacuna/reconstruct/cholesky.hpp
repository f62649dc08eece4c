// SPDX-License-Identifier: MIT
//
// Cholesky factors by Eigen, with the pivot that fails, and the inverse of a factor.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/reconstruct/hessian.hpp>
#include <lacuna/reconstruct/reconstructed.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <limits>

namespace lacuna::detail::inline LACUNA_ISA {

using matrix_ref = Eigen::Ref<Eigen::MatrixXd>;

/// Factors the lower triangle of `a` in place. True if it is positive definite; the upper triangle is not touched.
[[nodiscard]] inline bool factor_in_place(matrix_ref a) {
  if (a.rows() == 0) return true;
  Eigen::LLT<matrix_ref> const factor(a);
  return factor.info() == Eigen::Success;
}

/// Factors the lower triangle of `a` in place and returns -1, or the first pivot k of which rounding has left nothing:
/// the leading k + 1 columns depend on each other to 4 n 2^-52. `diagonal` is that of `a` beforehand, and `restore()`
/// writes `a` anew: it is called some log2(n) times where Eigen gives up, to find where.
template <class F>
[[nodiscard]] index factor_or_pivot(matrix_ref a, double const* diagonal, F const& restore) {
  index const n = a.rows();
  double const tolerance = 4.0 * static_cast<double>(n) * std::numeric_limits<double>::epsilon();
  auto const lost = [&](index k) { return !(a(k, k) * a(k, k) > tolerance * diagonal[k]); };
  index sound = n;  // leading columns that can be factored
  if (!factor_in_place(a)) {
    index least = 0;
    while (sound - least > 1) {  // the leading `least` can, the leading `sound` can't
      index const middle = least + (sound - least) / 2;
      restore();
      (factor_in_place(a.topLeftCorner(middle, middle)) ? least : sound) = middle;
    }
    sound = least;
    restore();
    static_cast<void>(factor_in_place(a.topLeftCorner(sound, sound)));
  }
  for (index k = 0; k != sound; ++k)
    if (lost(k)) return k;
  return sound == n ? -1 : sound;
}

/// The factor L of H with its inputs in reverse order: R = P L P is upper triangular, H = R R^T, and U = R^-1 is the
/// upper factor of the inverse, H^-1 = U^T U. One factorisation, where H^-1 and its factor would take three.
struct reversed_factor {
  Eigen::MatrixXd lower;
  factor_report report;
};

/// Damps and factors H; dead inputs get the diagonal 1, as the reference of SparseGPT has it.
[[nodiscard]] inline reversed_factor factor_reversed(dense<double> const& h, damping_options const& d) {
  index const n = h.rows();
  reversed_factor f{Eigen::MatrixXd(n, n), {}};
  buffer<double> diagonal(n);
  f.report = with_damping(d, mean_of_diagonal(h), [&](double added) {
    auto const restore = [&] {
      for (index j = 0; j != n; ++j) {
        double const* const from = h.data() + (n - 1 - j) * n;
        for (index i = j; i != n; ++i) f.lower(i, j) = from[n - 1 - i];
        diagonal[j] = f.lower(j, j) = (from[n - 1 - j] == 0.0 ? 1.0 : from[n - 1 - j]) + added;
      }
    };
    restore();
    index const pivot = factor_or_pivot(f.lower, diagonal.data(), restore);
    return pivot < 0 ? pivot : n - 1 - pivot;
  });
  return f;
}

/// Calls f(first, part) for the columns first, first + 1, ... of L^-1, some 128 at a time: part(r, c) is its element
/// (first + r, first + c), zero for r < c. n^3 / 6 multiply-adds in all. Called by several workers at once.
template <executor E, class F>
void visit_inverse(E&& exec, Eigen::MatrixXd const& lower, F const& f) {
  constexpr index width = 128;
  index const n = lower.rows();
  exec.for_ranges(ceil_div(n, width), 1, [&](index begin, index end, index) {
    Eigen::MatrixXd part;
    for (index block = begin; block != end; ++block) {
      index const first = block * width;
      index const left = n - first;
      part.setIdentity(left, left < width ? left : width);
      lower.bottomRightCorner(left, left).triangularView<Eigen::Lower>().solveInPlace(part);
      f(first, part);
    }
  });
}

/// U, the upper factor of H^-1, row-major, from the factor of H reversed.
template <class S, executor E>
[[nodiscard]] buffer<S> inverse_factor(E&& exec, Eigen::MatrixXd const& lower) {
  index const n = lower.rows();
  buffer<S> u(checked_multiply(n, n, "inverse_factor"));
  visit_inverse(exec, lower, [&](index first, Eigen::MatrixXd const& part) {
    for (index r = 0; r != part.rows(); ++r)
      for (index c = 0; c != part.cols() && c <= r; ++c)
        u[(n - 1 - first - r) * n + (n - 1 - first - c)] = static_cast<S>(part(r, c));
  });
  return u;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
