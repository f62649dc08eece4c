// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/random.hpp>

#include "prune/reference.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

namespace {

using lacuna::index;
using lacuna_test::text_of;

TEST_CASE("random: a number of the place and the seed alone") {
  constexpr lacuna::random rule{.seed = 7};
  STATIC_CHECK(rule(1.0f, 3, 5) == rule(-2.0f, 3, 5));
  CHECK(rule(0, 3, 5) != rule(0, 5, 3));
  CHECK(rule(0, 3, 5) != lacuna::random{.seed = 8}(0, 3, 5));
  // Kept as they are: results that were published with a seed must come out again.
  CHECK(rule(0, 0, 0) == 0x1.716984p-1f);
}

TEST_CASE("random: the same mask for every order, thread count and weight") {
  lacuna_test::random r(1);
  auto const w = lacuna_test::random_dense<float>(r, 301, 201);
  lacuna::random const rule{.seed = 3};
  for (auto const scope : {lacuna::per_row, lacuna::per_column, lacuna::whole}) {
    lacuna::unstructured const pattern{.sparsity = 0.6, .scope = scope};
    auto const expected = prune(w, rule, pattern);
    CHECK(prune(lacuna::dense<double, lacuna::order::col_major>(301, 201), rule, pattern) == expected);
    lacuna::threads pool{3};
    CHECK(prune(pool, w, rule, pattern) == expected);
    CHECK_FALSE(prune(w, lacuna::random{.seed = 4}, pattern) == expected);
  }
}

TEST_CASE("random: spread evenly over [0, 1), rows, columns and neighbours") {
  lacuna::random const rule{.seed = 0};
  constexpr index n = 256;
  int below[10] = {};
  double product = 0;
  for (index i = 0; i != n; ++i)
    for (index j = 0; j != n; ++j) {
      float const x = rule(0, i, j);
      REQUIRE((x >= 0 && x < 1));
      ++below[static_cast<int>(10 * x)];
      product += (static_cast<double>(x) - 0.5) * (static_cast<double>(rule(0, i, j + 1)) - 0.5);
    }
  // Five standard deviations of a count, and of a sum of products.
  for (int const count : below) CHECK(std::fabs(count - n * n / 10.0) < 5 * std::sqrt(n * n * 0.09));
  CHECK(std::fabs(product) < 5 * n / 12.0);
}

}  // namespace
