// SPDX-License-Identifier: MIT
#include <lacuna/kernel/x_rows.hpp>

#include <catch2/catch_test_macros.hpp>

#include <type_traits>

namespace tests_of_x_rows {

namespace la = lacuna;

TEST_CASE("x_rows: rows at a distance that is told or constant, from any row on") {
  double const x[100] = {};
  la::kernel::x_rows<double, la::index> const told{x, 7};
  la::kernel::x_rows<double, std::integral_constant<la::index, 9>> const constant{x, {}};
  CHECK(told[0] == x);
  CHECK(told[3] == x + 21);
  CHECK(told.from(2)[3] == x + 35);
  CHECK(constant[3] == x + 27);
  CHECK(constant.from(2)[3] == x + 45);
}

}  // namespace tests_of_x_rows
