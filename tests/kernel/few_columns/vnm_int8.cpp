// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/vnm_int8.hpp>

#include "support/few_int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using lacuna_test::few_int8_problem;

TEST_CASE("few columns of int8 N:M: bands") {
  CHECK(few_int8_problem<la::vnm<std::int8_t, 4, 2, 4>, 4, 4, std::uint8_t, std::int8_t>(1) == "");
  CHECK(few_int8_problem<la::vnm<std::int8_t, 3, 1, 5>, 3, 5, std::uint8_t>(2) == "");
}

TEST_CASE("few columns of int8 N:M: rows with codes") {
  CHECK(few_int8_problem<la::nm<std::int8_t, 1, 4>, 1, 4, std::int8_t>(11) == "");
}
