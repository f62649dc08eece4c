// SPDX-License-Identifier: MIT
#include <lacuna/prune.hpp>
#include <lacuna/prune/fluctuation.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

namespace {

using lacuna::column_moments;
using lacuna::fluctuation;
using lacuna_test::matrix_of;
using lacuna_test::refusal;

TEST_CASE("fluctuation: the square times the variance of the input") {
  // Means 2, 0 and 5, variances 1, 4 and 0: a constant input can go whatever its weights.
  auto const x = matrix_of({{1, -2, 5}, {3, 2, 5}, {1, 2, 5}, {3, -2, 5}});
  CHECK(scores(matrix_of({{1, -2, 30}, {-3, 1, 40}}), fluctuation{column_moments(x)}) ==
        matrix_of({{1, 16, 0}, {9, 4, 0}}));
}

TEST_CASE("fluctuation: a shift of the inputs changes nothing, unlike Wanda's norms") {
  auto const w = matrix_of({{1, 2, 3, 4}, {4, 3, 2, 1}});
  auto const near = matrix_of({{1, -2, 3, -4}, {-1, 2, -3, 4}});
  auto const far = matrix_of({{65, -2, 3, 4}, {63, 2, -3, 12}});
  CHECK(scores(w, fluctuation{column_moments(near)}) == scores(w, fluctuation{column_moments(far)}));
}

TEST_CASE("fluctuation: moments of no tokens or of another width are refused") {
  CHECK(refusal([] { return fluctuation{column_moments{}}; }) ==
        "value: fluctuation: the column moments are of no tokens");
  CHECK(refusal([] {
          return scores(lacuna::dense<float>(2, 3), fluctuation{column_moments(lacuna::dense<float>(2, 4))});
        }) == "shape: fluctuation: W is 2x3, the moments are of 4 columns");
}

}  // namespace
