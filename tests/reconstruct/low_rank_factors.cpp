// SPDX-License-Identifier: MIT
#include <lacuna/reconstruct/low_rank_factors.hpp>

#include "prune/reference.hpp"
#include "reconstruct/reference.hpp"
#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace {

using lacuna::dense;
using lacuna::index;
using lacuna::low_rank_factors;

/// Squared norm of (W - U V) diag(scale).
template <class W, class P>
double error_of(W const& w, P const& p, std::vector<double> const& scale) {
  double sum = 0;
  for (index i = 0; i != w.rows(); ++i)
    for (index j = 0; j != w.cols(); ++j) {
      double d = w(i, j);
      for (index k = 0; k != p.u.cols(); ++k) d -= static_cast<double>(p.u(i, k)) * static_cast<double>(p.v(k, j));
      sum += d * d * scale[static_cast<std::size_t>(j)] * scale[static_cast<std::size_t>(j)];
    }
  return sum;
}

/// W = diag(a) sum of r products s_k * e_k f_k^T with e, f the columns of reflections: its singular values are s.
dense<double> with_singular_values(lacuna_test::random& r, index rows, index cols, std::vector<double> const& s) {
  auto const reflection = [&](index n) {
    std::vector<double> v;
    double size = 0;
    for (index i = 0; i != n; ++i) {
      v.push_back(r.normal());
      size += v.back() * v.back();
    }
    dense<double> q(n, n);
    for (index i = 0; i != n; ++i)
      for (index j = 0; j != n; ++j)
        q(i, j) = (i == j) - 2 * v[static_cast<std::size_t>(i)] * v[static_cast<std::size_t>(j)] / size;
    return q;
  };
  auto const e = reflection(rows), f = reflection(cols);
  dense<double> w(rows, cols);
  for (std::size_t k = 0; k != s.size(); ++k)
    for (index i = 0; i != rows; ++i)
      for (index j = 0; j != cols; ++j) w(i, j) += s[k] * e(i, static_cast<index>(k)) * f(j, static_cast<index>(k));
  return w;
}

TEST_CASE("low_rank_factors: the error is the sum of the squares of the singular values left out") {
  std::vector<double> const s{9, 5, 4, 1, 0.5};
  for (auto const& [rows, cols] : std::vector<lacuna_test::place>{{5, 12}, {12, 5}, {9, 9}})
    for (index rank = 0; rank != 6; ++rank) {
      CAPTURE(rows, cols, rank);
      lacuna_test::random r(static_cast<std::uint64_t>(rows));
      auto const w = with_singular_values(r, rows, cols, s);
      auto const p = low_rank_factors(w, rank);
      double expected = 0;
      for (std::size_t k = static_cast<std::size_t>(rank); k < s.size(); ++k) expected += s[k] * s[k];
      CHECK(p.u.rows() == rows);
      CHECK(p.v.cols() == cols);
      CHECK(std::fabs(p.error - expected) < 1e-12);
      CHECK(std::fabs(error_of(w, p, std::vector<double>(12, 1.0)) - expected) < 1e-12);
    }
}

TEST_CASE("low_rank_factors: scales, by the better error of the scaled matrix; orders; floats") {
  for (auto const& [rows, cols] : std::vector<lacuna_test::place>{{6, 10}, {10, 6}}) {
    lacuna_test::random r(7);
    auto const w = lacuna_test::random_weights<double>(r, rows, cols);
    std::vector<double> scale;
    for (index j = 0; j != cols; ++j) scale.push_back(j == 2 ? 0 : r.uniform(0.1, 10));
    auto const p = low_rank_factors(w, 3, scale);
    CHECK(std::fabs(error_of(w, p, scale) - p.error) < 1e-9);
    CHECK(p.error < error_of(w, low_rank_factors(w, 3), scale));
    auto const q = low_rank_factors(lacuna_test::col_major_copy(w), 3, scale);
    CHECK(q.u == p.u);
    CHECK(q.v == p.v);
    dense<float> narrow(rows, cols);
    for (index k = 0; k != rows * cols; ++k) narrow.data()[k] = static_cast<float>(w.data()[k]);
    auto const f = low_rank_factors(narrow, 3, scale);
    CHECK(std::fabs(error_of(narrow, f, scale) / f.error - 1) < 1e-4);
  }
}

TEST_CASE("low_rank_factors: what can't be is refused") {
  using lacuna_test::message_of;
  dense<float> const w(4, 8);
  CHECK(message_of<lacuna::value_error>([&] { return low_rank_factors(w, 5); }) ==
        "low_rank_factors: the rank is 5, expected 0 to the lesser count of the 4x8 matrix");
  CHECK(message_of<lacuna::shape_error>([&] { return low_rank_factors(w, 2, std::vector<double>(7)); }) ==
        "low_rank_factors: W is 4x8, there are 7 scales");
  CHECK(message_of<lacuna::value_error>([&] { return low_rank_factors(w, 2, std::vector<double>(8, -1.0)); }) ==
        "low_rank_factors: the scale of input 0 is -1, expected a finite one, 0 or more");
  CHECK(low_rank_factors(dense<float>(0, 8), 0).v.cols() == 8);
}

}  // namespace
