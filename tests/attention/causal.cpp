// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>

#include "../support/patterns.hpp"

#include <catch2/catch_test_macros.hpp>

namespace at = lacuna::attention;

TEST_CASE("causal: a query sees itself and what came before") {
  STATIC_REQUIRE(at::pattern<at::causal>);
  STATIC_REQUIRE(at::causal{}.allows(7, 0));
  STATIC_REQUIRE(at::causal{}.allows(7, 7));
  STATIC_REQUIRE(!at::causal{}.allows(7, 8));
  STATIC_REQUIRE(!at::causal{}.allows(-1, 0));
}

TEST_CASE("causal: tiles below the diagonal are full, above it empty, on it partial") {
  CHECK(at::causal{}.classify({64, 96, 0, 64}) == at::cover::full);
  CHECK(at::causal{}.classify({63, 96, 0, 64}) == at::cover::full);
  CHECK(at::causal{}.classify({62, 96, 0, 64}) == at::cover::partial);
  CHECK(at::causal{}.classify({0, 64, 63, 64}) == at::cover::partial);
  CHECK(at::causal{}.classify({0, 63, 63, 64}) == at::cover::none);
  CHECK(at::causal{}.classify({5, 6, 5, 6}) == at::cover::full);
  CHECK(at::causal{}.classify({-9, 0, 0, 64}) == at::cover::none);
}

TEST_CASE("causal: tiles, words and runs are what allows says") {
  CHECK(lacuna_test::check_pattern(at::causal{}, true) == "");
}
