// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm.hpp>

#include "support/products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

TEST_CASE("products: every format, int8") {
  CHECK(lacuna_test::catalogue_problems<std::int8_t, std::int8_t, std::int32_t, std::uint8_t, float, 4>() ==
        std::vector<std::string>{});
}
