// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/reconstruct/gram.hpp>
#include <lacuna/reconstruct/reconstruction_loss.hpp>
#include <lacuna/reconstruct/refit.hpp>
#include <lacuna/reconstruct/sparsegpt.hpp>

#include "prune/reference.hpp"
#include "reconstruct/reference.hpp"
#include "support/any_executor.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/worse.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace {

using lacuna::dense;
using lacuna::index;
using lacuna::mask;
using lacuna_test::random_mask;

/// w_S = (H w)_S H_SS^-1, for each row by itself.
dense<double> straight_line(dense<double> const& w, dense<double> const& h, mask const& keep) {
  dense<double> out(w.rows(), w.cols());
  for (index i = 0; i != w.rows(); ++i) {
    std::vector<index> kept;
    for (index j = 0; j != w.cols(); ++j)
      if (keep(i, j)) kept.push_back(j);
    auto const inverse = lacuna_test::inverse_of(lacuna_test::part_of(h, kept));
    for (std::size_t a = 0; a != kept.size(); ++a) {
      lacuna_test::real sum = 0;
      for (std::size_t b = 0; b != kept.size(); ++b)
        for (index j = 0; j != w.cols(); ++j) sum += inverse[a][b] * h(kept[b], j) * w(i, j);
      out(i, kept[a]) = static_cast<double>(sum);
    }
  }
  return out;
}

TEST_CASE("refit: the golden mask") {
  auto const w = lacuna_test::matrix_of<double>({{1, -2, 3, .5}, {-1, .25, 2, -3}});
  auto const h = lacuna_test::matrix_of<double>({{12, 6, 6, 12}, {6, 12, 4, 10}, {6, 4, 6, 8}, {12, 10, 8, 22}});
  mask keep(2, 4);
  for (auto const& [i, j] : std::vector<lacuna_test::place>{{0, 1}, {0, 2}, {1, 2}, {1, 3}}) keep.set(i, j);
  auto const got = lacuna::refit(w, h, keep);
  REQUIRE(got.ok());
  CHECK(got.keep == keep);
  CHECK(std::fabs(got.loss - 7.848214) < 1e-6);
}

TEST_CASE("refit: least squares as it is defined, never worse than SparseGPT's update of the same mask, over seeds") {
  for (auto const seed : lacuna_test::seeds(200)) {
    lacuna_test::random r(seed);
    CAPTURE(seed);
    index const rows = 1 + r.below(9), cols = 1 + r.below(24);
    auto const h = lacuna_test::random_hessian(r, cols, 2 * cols + 5);
    auto const w = lacuna_test::random_weights<double>(r, rows, cols);
    auto const keep = random_mask(r, rows, cols, r.uniform());
    auto const got = lacuna::refit(w, h, keep);
    REQUIRE(got.ok());
    auto const expected = straight_line(w, h, keep);
    double worst = 0;
    for (index k = 0; k != rows * cols; ++k)
      worst = lacuna_test::worse(worst, std::fabs(got.weights.data()[k] - expected.data()[k]));
    CHECK(worst < 1e-8);
    CHECK(std::fabs(got.loss - lacuna_test::loss_of(w, got.weights, h)) <= 1e-10 * (1 + got.loss));
    auto const swept = lacuna::sparsegpt(w, h, keep, {.damping = 0.0});
    CHECK(got.loss <= swept.loss * (1 + 1e-10));
    auto const chosen = lacuna::sparsegpt(w, h, lacuna::n_of_m<2, 4>{}, {.damping = 0.0});
    CHECK(lacuna::refit(w, h, chosen.keep).loss <= chosen.loss * (1 + 1e-10));
  }
}

TEST_CASE("refit: damped, its loss is that of the damped H, and least there") {
  lacuna_test::random r(8);
  auto const h = lacuna_test::random_hessian(r, 12, 40);
  auto const w = lacuna_test::random_weights<double>(r, 3, 12);
  auto const keep = random_mask(r, 3, 12, 0.5);
  auto damped = h;
  double mean = 0;
  for (index j = 0; j != 12; ++j) mean += h(j, j) / 12;
  for (index j = 0; j != 12; ++j) damped(j, j) += 0.25 * mean;
  auto const got = lacuna::refit(w, h, keep, {.damping = 0.25});
  auto const plain = lacuna::refit(w, damped, keep);
  REQUIRE((got.ok() && plain.ok()));
  CHECK(std::fabs(got.loss / lacuna_test::loss_of(w, got.weights, damped) - 1) < 1e-12);
  CHECK(std::fabs(got.loss / plain.loss - 1) < 1e-12);
}

TEST_CASE("refit: outputs of one mask are one group, whatever stands between them") {
  mask keep(6, 130);
  for (index const i : {1, 4}) keep.set(i, 129);
  for (index const i : {0, 2, 5}) keep.set(i, 3);
  lacuna::detail::mask_groups const groups(keep);
  REQUIRE(groups.groups == 3);
  std::vector<index> sizes;
  for (index g = 0; g != 3; ++g) {
    sizes.push_back(groups.begins[g + 1] - groups.begins[g]);
    for (index k = groups.begins[g]; k != groups.begins[g + 1]; ++k)
      for (index j = 0; j != 130; ++j) CHECK(keep(groups.rows[k], j) == keep(groups.rows[groups.begins[g]], j));
  }
  CHECK(sizes[0] * sizes[1] * sizes[2] == 6);  // 1, 2 and 3
}

TEST_CASE("refit: outputs of equal masks, executors, orders and floats") {
  lacuna_test::executors const executors;
  lacuna_test::random r(3);
  auto const w = lacuna_test::random_weights<float>(r, 300, 40);
  dense<float> x(130, 40);
  for (index k = 0; k != 130 * 40; ++k) x.data()[k] = static_cast<float>(r.normal());
  lacuna::gram<float> const g(x);
  auto keep = random_mask(r, 300, 40, 0.5);
  for (index i = 5; i != 300; ++i)  // rows share five masks, all and nothing among them
    for (index j = 0; j != 40; ++j) keep.set(i, j, i % 5 == 0 || (i % 5 != 1 && keep(i % 5, j)));
  lacuna::serial alone;
  auto const one = lacuna::refit(lacuna_test::any_executor(alone), w, g, keep);
  REQUIRE(one.ok());
  for (index j = 0; j != 40; ++j) {
    CHECK(one.weights(10, j) == w(10, j));  // all is kept: nothing moves
    CHECK(one.weights(11, j) == 0);
  }
  for (auto const& [name, exec] : executors.all()) {
    CAPTURE(name);
    auto const other = lacuna::refit(exec, lacuna_test::col_major_copy(w), g, keep);
    CHECK(other.weights == one.weights);
    CHECK(other.loss == one.loss);
  }
  CHECK(std::fabs(one.loss / lacuna_test::loss_of(w, one.weights, g.matrix()) - 1) < 1e-12);
}

TEST_CASE(
    "refit: at 1000 inputs, where Eigen cuts products by its threads, no bit of it or of the loss depends on any") {
  index const rows = 130, cols = 1000;
  lacuna_test::random r(8);
  dense<double> h(cols, cols);
  for (index i = 0; i != cols; ++i)
    for (index j = 0; j <= i; ++j) h(i, j) = h(j, i) = i == j ? 40 : r.normal() / 3;
  auto const w = lacuna_test::random_weights<float>(r, rows, cols);
  auto keep = random_mask(r, rows, cols, 0.4);
  for (index i = 2; i != rows; ++i)  // two masks: two factorisations
    for (index j = 0; j != cols; ++j) keep.set(i, j, keep(i % 2, j));
  int const threads_before = Eigen::nbThreads();
  lacuna::reconstructed<float> one;
  double loss = 0;
  for (int const threads : {1, 2, 3}) {
    CAPTURE(threads);
    Eigen::setNbThreads(threads);  // of no effect where the compiler has no OpenMP
    lacuna::threads workers{threads};
    lacuna_test::any_executor const pool(workers);
    auto const other = lacuna::refit(pool, w, h, keep);
    REQUIRE(other.ok());
    double const other_loss = lacuna::reconstruction_loss(pool, w, other.weights, h);
    if (threads == 1) {
      one = other;
      loss = other_loss;
    }
    CHECK(other.weights == one.weights);
    CHECK(other.loss == one.loss);
    CHECK(other_loss == loss);
  }
  Eigen::setNbThreads(threads_before);
  CHECK(std::fabs(loss / one.loss - 1) < 1e-12);
}

TEST_CASE("refit: a dead input keeps its weight; a dependent one is told with output and input; damping helps") {
  lacuna_test::random r(6);
  auto h = lacuna_test::random_hessian(r, 9, 40);
  for (index j = 0; j != 9; ++j) h(j, 4) = h(4, j) = h(6, j);
  h(4, 4) = h(4, 6) = h(6, 4) = h(6, 6);
  for (index j = 0; j != 9; ++j) h(1, j) = h(j, 1) = 0;
  auto const w = lacuna_test::random_weights<double>(r, 4, 9);
  mask keep(4, 9, true);
  for (index i = 0; i != 4; ++i) keep.set(i, i == 2 ? 0 : 6, false);
  auto const got = lacuna::refit(w, h, keep);
  CHECK_FALSE(got.ok());
  CHECK(got.report.row == 2);  // the only output that keeps both
  CHECK(got.report.pivot == 6);
  CHECK(got.weights == w);
  CHECK(got.keep == mask(4, 9, true));
  auto const adapted = lacuna::refit(w, h, keep, {.adaptive_damping = true});
  REQUIRE(adapted.ok());
  CHECK(adapted.report.damping == 1e-6);
  CHECK(adapted.report.row == -1);
  CHECK(adapted.weights(0, 1) == w(0, 1));
  keep.set(2, 6, false);
  CHECK(lacuna::refit(w, h, keep).ok());
}

TEST_CASE("refit: what does not fit is refused") {
  using lacuna_test::message_of;
  dense<float> const w(4, 8);
  CHECK(message_of<lacuna::shape_error>([&] { return lacuna::refit(w, dense<double>(8, 8), mask(4, 9)); }) ==
        "refit: W is 4x8, the mask is 4x9");
  CHECK(message_of<lacuna::shape_error>([&] {
          return lacuna::refit(w, lacuna::gram(dense<float>(2, 9)), mask(4, 8));
        }) == "refit: W is 4x8, the Gram matrix is of 9 inputs");
  CHECK(lacuna::refit(dense<float>(0, 8), dense<double>(8, 8), mask(0, 8)).ok());
  CHECK(lacuna::refit(dense<float>(2, 0), dense<double>(0, 0), mask(2, 0)).ok());
}

}  // namespace
