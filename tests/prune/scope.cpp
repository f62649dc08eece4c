// SPDX-License-Identifier: MIT
#include <lacuna/prune/scope.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <cmath>
#include <limits>

namespace {

using lacuna::detail::dropped_of;
using lacuna::detail::require_fraction;

TEST_CASE("scope: the enumerators stand in the namespace and in the enumeration") {
  CHECK(lacuna::per_row == lacuna::scope::per_row);
  CHECK(lacuna::per_column == lacuna::scope::per_column);
  CHECK(lacuna::whole == lacuna::scope::whole);
}

TEST_CASE("dropped_of: the floor of the product as double has it") {
  CHECK(dropped_of(10, 0.7) == 7);
  CHECK(dropped_of(100, 0.29) == 28);  // 28.999999999999996
  CHECK(dropped_of(3, 0.5) == 1);
  CHECK(dropped_of(0, 1.0) == 0);
  CHECK(dropped_of(5, 0.0) == 0);
  for (lacuna::index n = 0; n != 300; ++n) {
    CHECK(dropped_of(n, 1.0) == n);
    CHECK(dropped_of(n, std::nextafter(1.0, 0.0)) <= n);
    for (double const s : {0.1, 1.0 / 3.0, 0.5, 0.7, 0.9})
      CHECK(dropped_of(n, s) == static_cast<lacuna::index>(std::floor(static_cast<double>(n) * s)));
  }
}

TEST_CASE("require_fraction: both ends are fractions, what lies outside is named") {
  CHECK_NOTHROW(require_fraction(0.0, "x"));
  CHECK_NOTHROW(require_fraction(1.0, "x"));
  constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
  for (double const s : {-0.1, 1.5, nan, std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(require_fraction(s, "x"), lacuna::value_error);
  CHECK_THROWS_MATCHES(require_fraction(1.5, "blocks"), lacuna::value_error,
                       Catch::Matchers::Message("blocks: sparsity is 1.5, which is not in [0, 1]"));
}

}  // namespace
