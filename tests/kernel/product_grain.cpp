// SPDX-License-Identifier: MIT
#include <lacuna/kernel/product_grain.hpp>

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;

TEST_CASE("product_grain: keeps small products in one range and cuts large ones for every worker") {
  using la::kernel::product_grain;
  CHECK(product_grain(100, 1000, 32, 1) == 100);
  CHECK(product_grain(100, 1000, 32, 8) == 100);  // 32000 multiply-adds
  CHECK(product_grain(0, 0, 0, 4) == 1);
  CHECK(product_grain(1000, 1 << 20, 1, 4) == 32);     // 32 ranges of 2^15
  CHECK(product_grain(1000, 1 << 20, 1024, 4) == 32);  // eight for each worker
  CHECK(product_grain(512, 52000, 1, 2) == 128);       // as many for each: four of more than 2^14, not three
  CHECK(product_grain(512, 33000, 1, 8) == 64);        // and one at least
  CHECK(product_grain(2, 52000, 1, 2) == 1);
  CHECK(product_grain(3, 1 << 20, 1024, 4) == 1);
  CHECK(product_grain(la::index{1} << 40, la::index{1} << 50, la::index{1} << 20, 64) == la::index{1} << 31);
}
