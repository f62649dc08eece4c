// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/bsr_int8_columns.hpp>

#include "support/int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using lacuna_test::int8_problem;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

TEST_CASE("bsr int8 spmm: blocks of one column, exact") {
  CHECK(int8_problem<4, 1, row, row>(1) == "");
  CHECK(int8_problem<16, 1, col, row>(2) == "");
}

TEST_CASE("bsr int8 spmm: blocks of other columns, exact") {
  CHECK(int8_problem<3, 5, row, col>(3) == "");
  CHECK(int8_problem<1, 2, col, col>(4) == "");
}

TEST_CASE("bsr int8 spmm: more quads than are made at a time") {
  lacuna_test::random r(5);
  CHECK(lacuna_test::int8_matrix_problem<lacuna_test::int8_tiles, la::bsr<std::int8_t, 4, 1>, row, row, std::uint8_t,
                                         std::int8_t>(r, 30, 700, 70, lacuna_test::placement::upper) == "");
}
