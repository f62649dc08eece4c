// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune/activation_threshold.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace la = lacuna;

namespace {

/// Sorts, and takes the k-th.
template <class X>
double sorted_threshold(X const& x, double sparsity) {
  std::vector<double> magnitudes;
  for (la::index i = 0; i != x.rows(); ++i)
    for (la::index j = 0; j != x.cols(); ++j) magnitudes.push_back(std::fabs(static_cast<double>(x(i, j))));
  std::sort(magnitudes.begin(), magnitudes.end());
  auto const k = static_cast<std::size_t>(static_cast<double>(magnitudes.size()) * sparsity);
  return k == 0 ? 0 : magnitudes[k - 1];
}

}  // namespace

TEMPLATE_TEST_CASE("activation_threshold: the k-th lowest magnitude, k = floor(n * sparsity)", "", float, double,
                   la::bf16, la::f16) {
  lacuna_test::random r(1);
  la::threads pool(3);
  for (auto const& [rows, cols] : {std::pair<la::index, la::index>{0, 5}, {1, 1}, {7, 13}, {40, 100}}) {
    auto const x = lacuna_test::random_dense<TestType>(r, rows, cols);
    la::dense<TestType, la::order::col_major> turned(rows, cols);
    for (la::index i = 0; i != rows; ++i)
      for (la::index j = 0; j != cols; ++j) turned(i, j) = x(i, j);
    for (double const sparsity : {0.0, 0.01, 0.29, 0.5, 0.9, 1.0}) {
      CAPTURE(rows, cols, sparsity);
      CHECK(la::activation_threshold(x, sparsity) == sorted_threshold(x, sparsity));
      CHECK(la::activation_threshold(pool, turned, sparsity) == sorted_threshold(x, sparsity));
    }
  }
}

TEST_CASE("activation_threshold: infinities are the highest, NaN and fractions that are none are refused") {
  la::dense<float> x(2, 2);
  x(0, 0) = -std::numeric_limits<float>::infinity();
  x(0, 1) = -3;
  x(1, 0) = 2;
  CHECK(la::activation_threshold(x, 0.25) == 0);
  CHECK(la::activation_threshold(x, 0.75) == 3);
  CHECK(la::activation_threshold(x, 1) == std::numeric_limits<double>::infinity());
  x(1, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK(lacuna_test::message_of<la::value_error>([&] { return la::activation_threshold(x, 0.5); }) ==
        "activation_threshold: the activation of token 1, input 0 is NaN");
  CHECK(lacuna_test::message_of<la::value_error>([&] { return la::activation_threshold(x, 1.5); }) ==
        "activation_threshold: sparsity is 1.5, which is not in [0, 1]");
}
