// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>

#include "../support/patterns.hpp"

#include <catch2/catch_test_macros.hpp>

namespace at = lacuna::attention;

TEST_CASE("all: every query sees every key") {
  STATIC_REQUIRE(at::pattern<at::all>);
  STATIC_REQUIRE(at::all{}.allows(0, 1000));
  STATIC_REQUIRE(at::all{}.classify({0, 1, 7, 9}) == at::cover::full);
  CHECK(lacuna_test::check_pattern(at::all{}, true) == "");
}
