// SPDX-License-Identifier: MIT
#include <lacuna/active.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/active.hpp>

#include "support/active_rows.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::active_rows_problem;

TEST_CASE("active rows: formats without a kernel of their own are visited") {
  STATIC_REQUIRE(la::kernel::chosen_active<la::view_t<la::bsr<float, 4, 4>>, arch>::name == "fallback");
  lacuna_test::random r(1);
  for (la::index outputs = 0; outputs <= 140; outputs += 7) {
    CAPTURE(outputs);
    REQUIRE(active_rows_problem<la::bsr<float, 4, 4>>(r, 1 + outputs % 40, outputs) == "");
    REQUIRE(active_rows_problem<la::bsr<la::f16, 1, 8>>(r, 1 + outputs % 40, outputs) == "");
  }
}
