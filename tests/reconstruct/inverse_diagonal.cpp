// SPDX-License-Identifier: MIT
#include <lacuna/reconstruct/gram.hpp>
#include <lacuna/reconstruct/inverse_diagonal.hpp>

#include "prune/reference.hpp"
#include "reconstruct/reference.hpp"
#include "support/any_executor.hpp"
#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>

namespace {

using lacuna::index;

TEST_CASE("inverse_diagonal: against elimination") {
  for (auto const seed : lacuna_test::seeds(40)) {
    lacuna_test::random r(seed);
    CAPTURE(seed);
    index const n = 1 + r.below(30);
    auto const h = lacuna_test::random_hessian(r, n, 2 * n + 3);
    auto const got = lacuna::inverse_diagonal(h, {.damping = 0.0});
    REQUIRE(got.ok());
    auto const expected = lacuna_test::inverse_of(lacuna_test::part_of(h, lacuna_test::places_from(0, n)));
    for (index j = 0; j != n; ++j) {
      auto const k = static_cast<std::size_t>(j);
      CHECK(std::fabs(got.values[j] / static_cast<double>(expected[k][k]) - 1) < 1e-9);
    }
  }
}

TEST_CASE("inverse_diagonal: dead inputs, damping, several blocks, executors, errors") {
  auto const h = lacuna_test::matrix_of<double>({{3, 0, 0}, {0, 0, 0}, {0, 0, 2}});
  auto const got = lacuna::inverse_diagonal(h, {.damping = 0.5});  // adds half of (3 + 1 + 2) / 3
  REQUIRE(got.ok());
  CHECK(std::fabs(got.values[0] - 1 / 4.0) < 1e-15);
  CHECK(std::fabs(got.values[1] - 1 / 2.0) < 1e-15);
  CHECK(std::fabs(got.values[2] - 1 / 3.0) < 1e-15);

  lacuna_test::random r(2);
  auto const x = lacuna_test::random_weights<float>(r, 600, 290);
  lacuna::gram<float> const g(x);
  auto const one = lacuna::inverse_diagonal(g);
  REQUIRE(one.ok());
  lacuna_test::executors const executors;
  for (auto const& [name, exec] : executors.all()) {
    CAPTURE(name);
    auto const other = lacuna::inverse_diagonal(exec, g);
    for (index j = 0; j != 290; ++j) CHECK(other.values[j] == one.values[j]);
  }
  auto const broken = lacuna::inverse_diagonal(lacuna_test::matrix_of<double>({{1, 2}, {2, 1}}), {.damping = 0});
  CHECK(!broken.ok());
  CHECK(broken.report.pivot == 0);
  CHECK(broken.values.size() == 0);
  CHECK(lacuna_test::message_of<lacuna::shape_error>([] {
          return lacuna::inverse_diagonal(lacuna::dense<double>(2, 3));
        }) == "inverse_diagonal: H is 2x3, not square");
  CHECK(lacuna_test::message_of<lacuna::value_error>([] { return lacuna::inverse_diagonal(lacuna::gram<float>()); }) ==
        "inverse_diagonal: the Gram matrix is of no tokens");
}

}  // namespace
