// SPDX-License-Identifier: MIT
#include <lacuna/attention/policy.hpp>

#include <catch2/catch_test_macros.hpp>

namespace at = lacuna::attention;

TEST_CASE("policy: three of them, which leave nothing out unless told to") {
  STATIC_REQUIRE(at::policy<at::exact>);
  STATIC_REQUIRE(at::policy<at::skip_below>);
  STATIC_REQUIRE(at::policy<at::stop_below>);
  STATIC_REQUIRE(!at::policy<double>);
  CHECK(at::skip_below{}.lambda == 0);
  CHECK(at::stop_below{}.tau == 0);
}
