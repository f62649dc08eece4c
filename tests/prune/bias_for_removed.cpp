// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/bias_for_removed.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <vector>

namespace {

using lacuna::bias_for_removed;
using lacuna::column_moments;
using lacuna::index;
using lacuna_test::matrix_of;
using lacuna_test::refusal;

TEST_CASE("bias_for_removed: dropped weights times mean inputs") {
  auto const x = matrix_of({{1, 2, -3}, {3, 2, -5}});  // means 2, 2, -4
  auto const w = matrix_of({{1, 2, 3}, {4, 5, 6}});
  lacuna::mask keep(2, 3);
  keep.set(0, 0);
  keep.set(1, 2);
  auto const result = bias_for_removed(w, keep, column_moments(x));
  CHECK((result.bias.size() == 2 && result.bias[0] == -8 && result.bias[1] == 18));
  CHECK(result.weights == matrix_of({{1, 0, 0}, {0, 0, 6}}));
  CHECK((result.ok() && result.keep == keep));
  CHECK(result.loss == 3 * 3 + 4 * 4);  // variances 1, 0, 1
  auto const none = bias_for_removed(w, lacuna::mask(2, 3, true), column_moments(x));
  CHECK((none.bias[0] == 0 && none.bias[1] == 0 && none.loss == 0 && none.weights == w));
}

TEST_CASE("bias_for_removed: the mean output is what it was; threads and order change nothing") {
  lacuna_test::random r(2);
  lacuna::threads pool{3};
  auto const w = lacuna_test::random_dense<float>(r, 300, 101);
  auto x = lacuna_test::random_dense<float>(r, 20, 101);
  for (index t = 0; t != 20; ++t)
    for (index j = 0; j != 101; ++j) x(t, j) += 1;
  column_moments const moments(x);
  auto const keep = prune(w, lacuna::magnitude{}, lacuna::columns{});
  auto const result = bias_for_removed(w, keep, moments);
  auto const others = bias_for_removed(pool, lacuna_test::col_major_copy(w), keep, moments);
  CHECK((others.weights == result.weights && others.keep == keep && others.loss == result.loss));
  for (index i = 0; i != 300; ++i) {
    double dense = 0, sparse = static_cast<double>(result.bias[i]);
    for (index t = 0; t != 20; ++t)
      for (index j = 0; j != 101; ++j) {
        double const y = static_cast<double>(w(i, j)) * static_cast<double>(x(t, j)) / 20;
        dense += y;
        if (keep(i, j)) sparse += y;
      }
    REQUIRE(std::fabs(dense - sparse) < 1e-5);
    REQUIRE(others.bias[i] == result.bias[i]);
  }
}

TEST_CASE("bias_for_removed: the loss is the variance that is left of one dropped input, for each output") {
  lacuna_test::random r(3);
  auto const w = lacuna_test::random_dense<float>(r, 7, 20);
  auto const x = lacuna_test::random_dense<float>(r, 50, 20);
  lacuna::mask keep(7, 20, true);
  for (index i = 0; i != 7; ++i) keep.set(i, 3 * i % 20, false);
  auto const result = bias_for_removed(w, keep, column_moments(x));
  double left = 0;
  for (index i = 0; i != 7; ++i)
    for (index t = 0; t != 50; ++t) {
      double const lost = static_cast<double>(w(i, 3 * i % 20)) * static_cast<double>(x(t, 3 * i % 20));
      left += (lost - static_cast<double>(result.bias[i])) * (lost - static_cast<double>(result.bias[i])) / 50;
    }
  CHECK(std::fabs(result.loss - left) < 1e-5 * left);
}

TEST_CASE("bias_for_removed: what is refused") {
  column_moments const moments(lacuna::dense<float>(2, 3));
  CHECK(refusal([&] { return bias_for_removed(lacuna::dense<float>(2, 3), lacuna::mask(3, 3), moments); }) ==
        "shape: bias_for_removed: W is 2x3, the mask is 3x3, the moments are of 3 columns");
  CHECK(refusal([&] {
          return bias_for_removed(lacuna::dense<float>(2, 3), lacuna::mask(2, 3),
                                  column_moments(lacuna::dense<float>(0, 3)));
        }) == "value: bias_for_removed: the column moments are of no tokens");
}

}  // namespace
