// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm.hpp>

#include "support/products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

TEST_CASE("products: every format, double") {
  CHECK(lacuna_test::catalogue_problems<double, double, double, double, double, 1>() == std::vector<std::string>{});
}
