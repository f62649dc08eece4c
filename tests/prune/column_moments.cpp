// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune/column_moments.hpp>

#include "prune/reference.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

namespace {

using lacuna::column_moments;
using lacuna::index;

TEST_CASE("column_moments: sums, norm, mean and variance by hand") {
  column_moments const m(lacuna_test::matrix_of({{1, 5}, {3, 5}, {8, 5}}));
  CHECK(m.size() == 2);
  CHECK(m.tokens() == 3);
  CHECK(m.sum(0) == 12.0);
  CHECK(m.sum_of_squares(0) == 74.0);
  CHECK(m.norm(0) == std::sqrt(74.0));
  CHECK(m.mean(0) == 4.0);
  CHECK(std::abs(m.variance(0) - 26.0 / 3.0) < 1e-14);
  CHECK(m.variance(1) == 0.0);
}

TEST_CASE("column_moments: a stream, merged, for every number of threads") {
  lacuna_test::random r(16);
  auto const x = lacuna_test::random_dense<float>(r, 700, 100);
  column_moments const one(x);
  for (index const workers : {1, 2, 3, 7}) {
    lacuna::threads pool{workers};
    column_moments stream;
    stream.update(pool, lacuna::dense_view<float const>(x.data(), 300, 100));
    stream.update(pool, lacuna::dense_view<float const>(x.data() + 300 * 100, 400, 100));
    for (index j = 0; j != 100; ++j) {
      CHECK(stream.mean(j) == one.mean(j));
      CHECK(stream.variance(j) == one.variance(j));
    }
    stream.merge(column_moments(pool, x));
    CHECK(stream.tokens() == 1400);
    for (index j = 0; j != 100; ++j) {
      CHECK(std::abs(stream.mean(j) - one.mean(j)) < 1e-13);
      CHECK(std::abs(stream.variance(j) - one.variance(j)) <= 1e-13 * one.sum_of_squares(j));
      CHECK(std::abs(stream.norm(j) - std::sqrt(2.0) * one.norm(j)) <= 1e-13 * one.norm(j));
    }
  }
  CHECK_THROWS_AS(column_moments(x).update(lacuna::dense<float>(1, 3)), lacuna::shape_error);
}

TEST_CASE("column_moments: the variance never falls below zero by rounding") {
  lacuna::dense<float> x(1000, 1);
  for (index t = 0; t != 1000; ++t) x(t, 0) = 12345.678f;
  CHECK(column_moments(x).variance(0) >= 0.0);
  CHECK(column_moments(x).variance(0) < 1e-6);
}

TEST_CASE("column_moments: of no tokens there is no mean") {
  column_moments const m(lacuna::dense<float>(0, 2));
  CHECK(m.size() == 2);
  CHECK(std::isnan(m.mean(0)));
  CHECK(std::isnan(m.variance(1)));
}

}  // namespace
