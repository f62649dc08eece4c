// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/bsr_int8_columns.hpp>

#include "support/int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using lacuna_test::int8_problem;

TEST_CASE("bsr int8 spmm: blocks of one column, exact") {
  CHECK(int8_problem<4, 1>(1) == "");
  CHECK(int8_problem<16, 1>(2) == "");
}

TEST_CASE("bsr int8 spmm: blocks of other columns, exact") {
  CHECK(int8_problem<3, 5>(3) == "");
  CHECK(int8_problem<1, 2>(4) == "");
}

TEST_CASE("bsr int8 spmm: more quads than are made at a time") {
  lacuna_test::random r(5);
  auto const a = lacuna_test::int8_blocks<8, 1>(r, 30, 700);
  auto const x = lacuna_test::int8_inputs<std::uint8_t>(r, 700, 70);
  constexpr auto row = la::order::row_major;
  CHECK(lacuna_test::int8_product_problem<std::uint8_t, row, row>(a, x, lacuna_test::placement::upper) == "");
}
