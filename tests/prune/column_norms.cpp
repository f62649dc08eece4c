// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune/column_norms.hpp>

#include "prune/reference.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

namespace {

using lacuna::column_norms;
using lacuna::index;

TEST_CASE("column_norms: the root of the sum of squares, not of their mean") {
  column_norms const norms(lacuna_test::matrix_of({{3, 1, 0}, {-4, 1, 0}}));
  CHECK(norms.size() == 3);
  CHECK(norms.tokens() == 2);
  CHECK(norms[0] == 5.0);
  CHECK(norms[1] == std::sqrt(2.0));
  CHECK(norms[2] == 0.0);
  auto const values = norms.values();
  CHECK(values.size() == 3);
  for (index j = 0; j != 3; ++j) CHECK(values[j] == norms[j]);
}

TEST_CASE("column_norms: empty, updated, merged, copied") {
  column_norms norms;
  CHECK(norms.size() == 0);
  CHECK(norms.tokens() == 0);
  norms.update(lacuna_test::matrix_of({{3, 1}}));
  column_norms const copy = norms;
  lacuna::threads pool{2};
  norms.update(pool, lacuna_test::matrix_of({{4, 1}}));
  CHECK(norms[0] == 5.0);
  CHECK(copy[0] == 3.0);
  norms.merge(column_norms(pool, lacuna_test::matrix_of({{0, 1}, {0, 1}})));
  CHECK(norms.tokens() == 4);
  CHECK(norms[0] == 5.0);
  CHECK(norms[1] == 2.0);
  CHECK_THROWS_AS(norms.update(lacuna::dense<float>(1, 3)), lacuna::shape_error);
}

TEST_CASE("column_norms: squares of large floats do not overflow, of small ones do not vanish") {
  column_norms const norms(lacuna_test::matrix_of({{3e38, 1e-40}, {3e38, 1e-40}}));
  CHECK(std::abs(norms[0] / (std::sqrt(2.0) * static_cast<double>(3e38f)) - 1.0) < 1e-15);
  CHECK(norms[1] > 0.0);
}

}  // namespace
