// SPDX-License-Identifier: MIT
#include <lacuna/sddmm.hpp>

#include "support/sampled.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;

TEST_CASE("sddmm: every format, with the orders in turn") {
  lacuna_test::executors const pool;
  int n = 0;
  lacuna_test::for_each_type(lacuna_test::catalogue<float>{}, [&]<class E>(lacuna_test::type_tag<E>) {
    using F = typename E::format;
    if constexpr (la::rewritable_format<F>) {
      CAPTURE(E::name);
      if (++n % 2 == 0)
        CHECK(lacuna_test::sampled_format_problem<F, float, la::order::row_major, float, la::order::col_major>(
                  pool, n) == "");
      else
        CHECK(lacuna_test::sampled_format_problem<F, float, la::order::col_major, float, la::order::row_major>(
                  pool, n) == "");
    }
  });
  CHECK(n >= 20);
}
