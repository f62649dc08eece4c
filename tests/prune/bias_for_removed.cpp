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
  auto const bias = bias_for_removed(w, keep, column_moments(x));
  CHECK((bias.size() == 2 && bias[0] == -8 && bias[1] == 18));
  auto const none = bias_for_removed(w, lacuna::mask(2, 3, true), column_moments(x));
  CHECK((none[0] == 0 && none[1] == 0));
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
  auto const bias = bias_for_removed(w, keep, moments);
  auto const others = bias_for_removed(pool, lacuna_test::col_major_copy(w), keep, moments);
  for (index i = 0; i != 300; ++i) {
    double dense = 0, sparse = static_cast<double>(bias[i]);
    for (index t = 0; t != 20; ++t)
      for (index j = 0; j != 101; ++j) {
        double const y = static_cast<double>(w(i, j)) * static_cast<double>(x(t, j)) / 20;
        dense += y;
        if (keep(i, j)) sparse += y;
      }
    REQUIRE(std::fabs(dense - sparse) < 1e-5);
    REQUIRE(others[i] == bias[i]);
  }
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
