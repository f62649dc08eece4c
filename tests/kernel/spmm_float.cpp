// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm.hpp>

#include "support/products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

TEST_CASE("products: every format, float") {
  CHECK(lacuna_test::catalogue_problems<float, float, float, float, float, 0>() == std::vector<std::string>{});
}
