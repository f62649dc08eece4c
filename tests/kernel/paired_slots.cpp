// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/few_columns/csr_int8.hpp>
#include <lacuna/kernel/paired_slots.hpp>

#include "support/byte_products.hpp"
#include "support/few_int8_products.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;

TEST_CASE("paired_slots: one vector, rows of any length, between guard pages") {
  lacuna_test::check_byte_spmv<la::csr<std::int8_t>>({1, 4, 19}, {0, 1, 15, 16, 17, 33, 70});
  lacuna_test::check_byte_spmv<la::csr<std::int8_t, std::uint16_t>>({7, 20}, {3, 48, 90});
}

TEST_CASE("paired_slots: extremes beside each other, for every number of vectors") {
  lacuna_test::random r(1);
  for (la::index const cols : {1, 4, 15, 16, 18, 35}) {
    la::dense<std::int8_t> w(6, cols);
    for (la::index i = 0; i != 6; ++i)
      for (la::index j = 0; j != cols; ++j) w(i, j) = (i + j / 2) % 3 == 0 ? std::int8_t{127} : std::int8_t{-128};
    la::mask keep(6, cols, true);
    for (la::index j = 0; j < cols; ++j) keep.set(2, j, false), keep.set(3, j, j % 3 != 0);
    auto const a = la::pack<la::csr<std::int8_t>>(w, keep);
    for (la::index n = 1; n != 10; ++n) {
      la::dense<std::uint8_t> high(cols, n);
      la::dense<std::int8_t> low(cols, n);
      for (la::index j = 0; j != cols; ++j)
        for (la::index t = 0; t != n; ++t) {
          high(j, t) = r.below(4) == 0 ? std::uint8_t{0} : std::uint8_t{255};
          low(j, t) = r.below(4) == 0 ? std::int8_t{127} : std::int8_t{-128};
        }
      la::dense<std::int32_t> y(6, n);
      la::spmm(a, high, y);
      CHECK(lacuna_test::check_product(a, high, y) == "");
      la::spmm(a, low, y);
      CHECK(lacuna_test::check_product(a, low, y) == "");
    }
  }
}
