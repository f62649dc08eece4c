// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/vnm_int8.hpp>

#include "support/int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>

namespace la = lacuna;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// Remainders of bands, of tiles of columns and of quads; columns that are decoded in several pieces.
template <class F>
void check(unsigned seed) {
  constexpr la::index V = F::layout::band_rows;
  lacuna_test::random r(seed);
  la::index number = 0;
  for (la::index const rows : {V - 1, V, 2 * V + 1})
    for (la::index const cols : {0, 1, 3, 4, 31, 67, 2117})
      for (la::index const n : {1, 9, 64, 97}) {
        if (++number % (lacuna_test::quick() ? 17 : 5) != 0) continue;
        auto const a = lacuna_test::int8_matrix<F>(r, rows, cols);
        auto const where = lacuna_test::both_placements[static_cast<std::size_t>(number % 2)];
        auto const u = lacuna_test::int8_inputs<std::uint8_t>(r, cols, n);
        auto const s = lacuna_test::int8_inputs<std::int8_t>(r, cols, n);
        CAPTURE(V, rows, cols, n, where);
        REQUIRE((lacuna_test::int8_product_problem<std::uint8_t, row, row>(a, u, where)) == "");
        REQUIRE((lacuna_test::int8_product_problem<std::int8_t, col, col>(a, s, where)) == "");
      }
}

}  // namespace

TEST_CASE("vnm int8 spmm: bands of sixteen rows, exact") {
  check<la::vnm<std::int8_t, 16, 2, 4>>(1);
  check<la::vnm<std::int8_t, 16, 1, 4>>(2);
}

TEST_CASE("vnm int8 spmm: other bands and groups, exact") {
  check<la::vnm<std::int8_t, 3, 3, 5>>(3);
  check<la::vnm<std::int8_t, 1, 8, 32>>(4);
}
