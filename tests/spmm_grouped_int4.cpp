// SPDX-License-Identifier: MIT
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;

TEST_CASE("spmm: groups of int4 with every verb") {
  lacuna_test::random r(1);
  using format = la::grouped_int4<16, la::f16, std::uint16_t, std::uint32_t>;
  auto const a = la::pack<format>(lacuna_test::random_dense<float>(r, 45, 101),
                                  lacuna_test::random_mask(r, 45, 101, lacuna_test::coverage::ragged));
  STATIC_REQUIRE(la::kernel_of<format, float, la::order::row_major>::spmm == "row-tile");
  STATIC_REQUIRE(la::kernel_of<format, float, la::order::row_major>::spmv == "int4/groups");
  for (la::index const n : {1, 3, 40}) {
    auto const x = lacuna_test::random_dense<float>(r, 101, n), back = lacuna_test::random_dense<float>(r, 45, n);
    la::dense<float> y(45, n), tokens(n, 45), turned(101, n);
    la::spmm(a, x, y);
    CHECK(lacuna_test::check_product(a, x, y) == "");
    la::linear(la::transpose(x.view()), a, tokens);
    la::index differ = 0;
    for (la::index i = 0; i != 45; ++i)
      for (la::index t = 0; t != n; ++t) differ += tokens(t, i) != y(i, t);
    CHECK(differ == 0);
    la::spmm(la::transposed(a), back, turned);
    CHECK(lacuna_test::check_product(la::transpose(a), back, turned) == "");
  }
}
