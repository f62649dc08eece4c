// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/few_columns/csr_int8.hpp>

#include "support/few_int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

TEST_CASE("few columns of int8 csr: any rows, indices of any type") {
  CHECK(
      lacuna_test::few_int8_problem<la::csr<std::int8_t, std::uint16_t, std::int32_t>, 1, 1, std::uint8_t, std::int8_t>(
          2) == "");
}
