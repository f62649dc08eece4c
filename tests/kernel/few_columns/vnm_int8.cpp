// SPDX-License-Identifier: MIT
#include <lacuna/kernel/few_columns/vnm_int8.hpp>

#include "support/few_int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using lacuna_test::few_int8_problem;

TEST_CASE("few columns of int8 vnm: every remainder") {
  CHECK(few_int8_problem<la::vnm<std::int8_t, 4, 2, 4>, 4, 4, std::uint8_t, std::int8_t>(1) == "");
  CHECK(few_int8_problem<la::vnm<std::int8_t, 3, 1, 5>, 3, 5, std::uint8_t>(2) == "");
}

TEST_CASE("few columns of int8 vnm: columns that are decoded in several pieces") {
  constexpr auto row = la::order::row_major;
  using bands = la::vnm<std::int8_t, 4, 2, 4>;
  if constexpr (la::kernel::takes_few_quads<la::view_t<bands>, la::simd::default_arch>) {
    lacuna_test::random r(12);
    for (auto const where : lacuna_test::both_placements)
      CHECK(lacuna_test::int8_matrix_problem<lacuna_test::int8_few, bands, row, row, std::uint8_t, std::int8_t>(
                r, 9, 4500, 3, where) == "");
  }
}
