// SPDX-License-Identifier: MIT
#include <lacuna/attention/none.hpp>

#include "../support/patterns.hpp"

#include <catch2/catch_test_macros.hpp>

namespace at = lacuna::attention;

TEST_CASE("none: no query sees any key") {
  STATIC_REQUIRE(at::pattern<at::none>);
  STATIC_REQUIRE(!at::none{}.allows(5, 5));
  STATIC_REQUIRE(at::none{}.classify({0, 1, 7, 9}) == at::cover::none);
  CHECK(lacuna_test::check_pattern(at::none{}, true) == "");
}
