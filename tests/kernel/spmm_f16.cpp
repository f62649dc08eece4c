// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm.hpp>

#include "support/products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

namespace la = lacuna;

TEST_CASE("products: every format, f16") {
  CHECK(lacuna_test::catalogue_problems<la::f16, float, float, la::f16, la::f16, 3>() == std::vector<std::string>{});
}
