// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm.hpp>

#include "support/products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

namespace la = lacuna;

TEST_CASE("products: every format, bf16") {
  CHECK(lacuna_test::catalogue_problems<la::bf16, float, float, la::bf16, la::bf16, 2>() == std::vector<std::string>{});
}
