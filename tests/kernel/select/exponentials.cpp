// SPDX-License-Identifier: MIT
#include <lacuna/kernel/select/exponentials.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::guarded;

TEST_CASE("exponentials: a softmax in parts, at every length, in place too, between guard pages") {
  lacuna_test::random r(1);
  for (la::index n = 0; n <= 70; ++n)
    for (auto const where : lacuna_test::both_placements) {
      guarded<float> scores(n, where), to(n, where);
      float top = std::numeric_limits<float>::lowest();
      for (la::index i = 0; i != n; ++i) {
        scores[i] = static_cast<float>(r.uniform(-90, -80));
        top = std::max(top, scores[i]);
      }
      REQUIRE(la::kernel::largest<arch>(scores.data(), n) == top);
      auto const sum = la::kernel::exponentials<arch>(scores.data(), n, top, to.data());
      double expected = 0;
      for (la::index i = 0; i != n; ++i) {
        auto const e = std::exp(static_cast<double>(scores[i] - top));
        REQUIRE(std::fabs(static_cast<double>(to[i]) - e) <= 1e-6);
        expected += e;
      }
      REQUIRE(std::fabs(static_cast<double>(sum) - expected) <= 1e-5 * (1 + expected));
      REQUIRE(la::kernel::exponentials<arch>(scores.data(), n, top, scores.data()) == sum);
      for (la::index i = 0; i != n; ++i) REQUIRE(scores[i] == to[i]);
    }
}
