// SPDX-License-Identifier: MIT
#include <lacuna/active.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/active/csr.hpp>

#include "support/active_rows.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::active_rows_problem;

TEST_CASE("active csr: every count of outputs, every density, with Inf and NaN, between guard pages") {
  STATIC_REQUIRE(la::kernel::chosen_active<la::csr_view<float>, arch>::name == "active/csr");
  lacuna_test::random r(1);
  for (la::index outputs = 0; outputs <= 200; outputs += lacuna_test::quick() ? 17 : 1) {
    CAPTURE(outputs);
    REQUIRE(active_rows_problem<la::csr<float>>(r, 1 + outputs % 40, outputs) == "");
    REQUIRE(active_rows_problem<la::csr<double, std::int16_t, std::int64_t>>(r, 1 + outputs % 40, outputs) == "");
    REQUIRE(active_rows_problem<la::csr<la::bf16, std::uint16_t, std::uint32_t>>(r, 1 + outputs % 7, outputs) == "");
  }
}
