// SPDX-License-Identifier: MIT
#include <lacuna/reconstruct/cholesky.hpp>

#include "reconstruct/reference.hpp"
#include "support/any_executor.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>

namespace {

using lacuna::dense;
using lacuna::index;

TEST_CASE("cholesky: U^T U H is the identity, for sizes around a block of columns") {
  lacuna_test::executors const executors;
  index turn = 0;
  for (index const n : {0, 1, 2, 127, 128, 129, 300}) {
    CAPTURE(n);
    lacuna_test::random r(static_cast<std::uint64_t>(n) + 1);
    auto const h = lacuna_test::random_hessian(r, n, n + 50);
    auto const f = lacuna::detail::factor_reversed(h, {.damping = 0.0});
    REQUIRE(f.report.ok());
    auto const u = lacuna::detail::inverse_factor<double>(executors.turn(turn++), f.lower);
    auto const alone = lacuna::detail::inverse_factor<double>(lacuna::serial{}, f.lower);
    using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Eigen::Map<matrix const> const upper(u.data(), n, n), hessian(h.data(), n, n);
    if (n == 0) continue;
    CHECK(upper.isUpperTriangular(0));
    matrix const error = upper.transpose() * (upper * hessian) - matrix::Identity(n, n);
    CHECK(error.cwiseAbs().maxCoeff() < 1e-9);
    for (index k = 0; k != n * n; ++k) REQUIRE(u[k] == alone[k]);
  }
}

TEST_CASE("cholesky: the first pivot that rounding leaves nothing of, wherever it is") {
  for (index const n : {1, 2, 7, 40, 150})
    for (index const bad : {index{0}, n / 3, n - 1}) {
      CAPTURE(n, bad);
      Eigen::MatrixXd const lower = Eigen::MatrixXd::Identity(n, n) + 0.1 * Eigen::MatrixXd::Ones(n, n);
      for (double const pivot : {-1.0, 0.0, 1e-19}) {
        Eigen::MatrixXd l = lower.triangularView<Eigen::Lower>();
        Eigen::MatrixXd d = Eigen::MatrixXd::Identity(n, n);
        d(bad, bad) = pivot;
        Eigen::MatrixXd const a = l * d * l.transpose();
        Eigen::MatrixXd work = a;
        Eigen::VectorXd const diagonal = a.diagonal();
        index const found = lacuna::detail::factor_or_pivot(work, diagonal.data(), [&] { work = a; });
        if (diagonal(bad) == 0 || bad > 0 || pivot <= 0) CHECK(found == bad);
      }
      Eigen::MatrixXd sound = lower * lower.transpose();
      Eigen::VectorXd const diagonal = sound.diagonal();
      CHECK(lacuna::detail::factor_or_pivot(sound, diagonal.data(), [] {}) == -1);
    }
}

}  // namespace
