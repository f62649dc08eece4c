// SPDX-License-Identifier: MIT
#include <lacuna/active.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/kernel/active/bitmap.hpp>

#include "support/active_rows.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::active_rows_problem;

TEMPLATE_TEST_CASE("active bitmap: every count of outputs, every density, with Inf and NaN, between guard pages", "",
                   float, double, la::bf16, la::f16) {
  using T = TestType;
  if constexpr (la::simd::has_batch<arch, la::accumulator_t<T>>) {
    STATIC_REQUIRE(la::kernel::chosen_active<la::bitmap_view<T>, arch>::name == "active/bitmap");
    lacuna_test::random r(1);
    for (la::index outputs = 0; outputs <= 200; outputs += lacuna_test::quick() ? 17 : 1) {
      CAPTURE(outputs);
      REQUIRE(active_rows_problem<la::bitmap<T>>(r, 1 + outputs % 67, outputs) == "");  // strips have 16 rows
    }
    for (la::index const outputs : {1000, 2051}) REQUIRE(active_rows_problem<la::bitmap<T>>(r, 40, outputs) == "");
  }
}
