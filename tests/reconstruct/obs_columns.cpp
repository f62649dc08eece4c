// SPDX-License-Identifier: MIT
#include <lacuna/reconstruct/gram.hpp>
#include <lacuna/reconstruct/obs_columns.hpp>
#include <lacuna/reconstruct/refit.hpp>

#include "prune/reference.hpp"
#include "reconstruct/reference.hpp"
#include "support/any_executor.hpp"
#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

using lacuna::dense;
using lacuna::index;

/// Of the units that are left, the one without which least squares does best.
index best_removal(dense<double> const& w, dense<double> const& h, lacuna::mask const& keep, index width) {
  index best = -1;
  double least = 0;
  for (index u = 0; u * width < w.cols(); ++u) {
    if (!keep(0, u * width)) continue;
    auto without = keep;
    for (index i = 0; i != w.rows(); ++i)
      for (index j = u * width; j != std::min(w.cols(), (u + 1) * width); ++j) without.set(i, j, false);
    double const loss = lacuna::refit(w, h, without).loss;
    if (best < 0 || loss < least) {
      best = u;
      least = loss;
    }
  }
  return best;
}

TEST_CASE("obs_columns: greedy, and the refit of what is left, over seeds") {
  for (auto const seed : lacuna_test::seeds(150)) {
    lacuna_test::random r(seed);
    CAPTURE(seed);
    index const rows = 1 + r.below(7), cols = 2 + r.below(14), width = 1 + r.below(4);
    auto const h = lacuna_test::random_hessian(r, cols, 2 * cols + 9);
    auto const w = lacuna_test::random_weights<double>(r, rows, cols);
    double const sparsity = r.uniform();
    auto const got = lacuna::obs_columns(w, h, {.sparsity = sparsity, .width = width, .damping = 0.0});
    REQUIRE(got.ok());
    index const units = (cols + width - 1) / width;
    auto const dropped = static_cast<index>(std::floor(static_cast<double>(units) * sparsity));
    if (seed <= 25) {
      lacuna::mask expected(rows, cols, true);
      for (index k = 0; k != dropped; ++k) {
        index const u = best_removal(w, h, expected, width);
        for (index i = 0; i != rows; ++i)
          for (index j = u * width; j != std::min(cols, (u + 1) * width); ++j) expected.set(i, j, false);
      }
      CHECK(got.keep == expected);
    }
    index gone = 0;
    for (index u = 0; u != units; ++u) gone += !got.keep(0, u * width);
    CHECK(gone == dropped);
    auto const refit = lacuna::refit(w, h, got.keep);
    for (index k = 0; k != rows * cols; ++k) CHECK(std::fabs(got.weights.data()[k] - refit.weights.data()[k]) < 1e-7);
    CHECK(std::fabs(got.loss - lacuna_test::loss_of(w, got.weights, h)) <= 1e-8 * (1 + got.loss));
  }
}

TEST_CASE("obs_columns: of equal costs the first unit goes") {
  dense<double> h(6, 6), w(2, 6);
  for (index j = 0; j != 6; ++j) {
    h(j, j) = 1;
    w(0, j) = w(1, j) = j == 0 ? 3.0 : 2.0;
  }
  auto const got = lacuna::obs_columns(w, h, {.sparsity = 0.5, .damping = 0.0});
  CHECK(lacuna_test::text_of(got.keep) == "100011 100011");
  auto const pairs = lacuna::obs_columns(w, h, {.sparsity = 0.4, .width = 2, .damping = 0.0});
  CHECK(lacuna_test::text_of(pairs.keep) == "110011 110011");
}

TEST_CASE("obs_columns: executors, orders, dead inputs first, floats") {
  lacuna_test::random r(5);
  auto x = lacuna_test::random_weights<float>(r, 300, 70);
  for (index t = 0; t != 300; ++t) x(t, 33) = 0;
  lacuna::gram<float> const g(x);
  auto const w = lacuna_test::random_weights<float>(r, 500, 70);
  lacuna::serial serial;
  lacuna_test::any_executor const nobody_else(serial);
  auto const one = lacuna::obs_columns(nobody_else, w, g, {.sparsity = 1.5 / 70});
  REQUIRE(one.ok());
  CHECK(one.loss == 0);
  CHECK(!one.keep(0, 33));
  CHECK(one.keep.count() == 500 * 69);
  lacuna_test::executors const executors;
  for (index const width : {1, 8}) {
    auto const alone = lacuna::obs_columns(nobody_else, w, g, {.sparsity = 0.6, .width = width});
    REQUIRE(alone.ok());
    for (auto const& [name, exec] : executors.all()) {
      CAPTURE(name);
      auto const other =
          lacuna::obs_columns(exec, lacuna_test::col_major_copy(w), g, {.sparsity = 0.6, .width = width});
      CHECK(other.weights == alone.weights);
      CHECK(other.keep == alone.keep);
      CHECK(other.loss == alone.loss);
    }
  }
}

TEST_CASE("obs_columns: no pivot is a status; what does not fit is refused") {
  using lacuna_test::message_of;
  auto const w = lacuna_test::matrix_of<double>({{1, 2}, {3, 4}});
  auto const singular = lacuna_test::matrix_of<double>({{1, 1}, {1, 1}});
  auto const got = lacuna::obs_columns(w, singular, {.damping = 0});
  CHECK(!got.ok());
  CHECK(got.report.pivot == 0);
  CHECK(got.weights == w);
  CHECK(got.keep.count() == 4);
  CHECK(lacuna::obs_columns(w, singular, {.damping = 0, .adaptive_damping = true}).ok());
  auto const message = [&](lacuna::obs_columns_options const& o) {
    return message_of<lacuna::value_error>([&] { return lacuna::obs_columns(w, singular, o); });
  };
  CHECK(message({.sparsity = 1.5}) == "obs_columns: sparsity is 1.5, which is not in [0, 1]");
  CHECK(message({.width = 0}) == "obs_columns: units of 0 inputs, expected 1 or more");
  CHECK(lacuna::obs_columns(dense<double>(0, 2), singular).keep.cols() == 2);
  auto const all =
      lacuna::obs_columns(w, lacuna_test::matrix_of<double>({{2, 1}, {1, 2}}), {.sparsity = 1, .damping = 0});
  CHECK(all.ok());
  CHECK(all.keep.count() == 0);
  CHECK(all.weights == dense<double>(2, 2));
}

}  // namespace
