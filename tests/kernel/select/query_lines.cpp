// SPDX-License-Identifier: MIT
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/select/query_lines.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::guarded;

TEMPLATE_TEST_CASE("query_lines: copied, added, and split by sign, between guard pages", "", float, double, la::bf16,
                   la::f16) {
  lacuna_test::random r(1);
  for (la::index n = 0; n <= 37; ++n)
    for (auto const where : lacuna_test::both_placements) {
      guarded<TestType> from(n, where);
      for (la::index i = 0; i != n; ++i) from[i] = TestType(static_cast<float>(r.uniform(-1, 1)));
      from.make_read_only();
      guarded<float> copy(n, where), sum(n, where), halves(2 * n, where);
      for (la::index i = 0; i != n; ++i) sum[i] = static_cast<float>(i);
      la::kernel::copy_line<arch>(static_cast<TestType const*>(from.data()), n, copy.data());
      la::kernel::add_line<arch>(static_cast<TestType const*>(from.data()), n, sum.data());
      la::kernel::split_line<arch>(static_cast<TestType const*>(from.data()), n, halves.data());
      for (la::index i = 0; i != n; ++i) {
        auto const x = static_cast<float>(from[i]);
        REQUIRE(copy[i] == x);
        REQUIRE(sum[i] == static_cast<float>(i) + x);
        REQUIRE(halves[i] == std::max(x, 0.0f));
        REQUIRE(halves[n + i] == std::min(x, 0.0f));
      }
      la::kernel::scale_line<arch>(copy.data(), n, 3.0f);
      for (la::index i = 0; i != n; ++i) REQUIRE(copy[i] == 3.0f * static_cast<float>(from[i]));
    }
}

TEST_CASE("query_lines: both halves of a NaN are NaN") {
  float const from[3] = {1, std::numeric_limits<float>::quiet_NaN(), -1};
  float halves[6];
  la::kernel::split_line<arch>(from, 3, halves);
  CHECK(std::isnan(halves[1]));
  CHECK(std::isnan(halves[4]));
}
