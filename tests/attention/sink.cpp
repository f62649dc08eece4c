// SPDX-License-Identifier: MIT
#include <lacuna/attention/sink.hpp>

#include "../support/patterns.hpp"

#include <catch2/catch_test_macros.hpp>

namespace at = lacuna::attention;

TEST_CASE("sink: the first keys, wherever the query stands") {
  STATIC_REQUIRE(at::pattern<at::sink>);
  constexpr at::sink s{4};
  STATIC_REQUIRE(s.allows(1000, 0));
  STATIC_REQUIRE(s.allows(1000, 3));
  STATIC_REQUIRE(!s.allows(1000, 4));
  STATIC_REQUIRE(s.allows(0, 3));  // not causal by itself
}

TEST_CASE("sink: tiles, words and runs are what allows says") {
  for (lacuna::index n : {-1, 0, 1, 5, 20, 64, 1000}) {
    CAPTURE(n);
    CHECK(lacuna_test::check_pattern(at::sink{n}, true, 200) == "");
  }
}
