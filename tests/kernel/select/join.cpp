// SPDX-License-Identifier: MIT
#include <lacuna/kernel/select/join.hpp>

#include "support/guard.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;

TEST_CASE("join: sums, and the larger of two of which a NaN wins, at every length, between guard pages") {
  constexpr float specials[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                                -std::numeric_limits<float>::infinity(), 0.0f};
  lacuna_test::random r(1);
  for (auto const where : lacuna_test::both_placements)
    for (la::index count = 0; count != 70; ++count)
      for (bool const add : {false, true}) {
        lacuna_test::guarded<float> to(count, where), more(count, where);
        auto const fill = [&](auto& line) {
          for (auto& x : line) x = r.chance(0.3) ? specials[r.below(4)] : static_cast<float>(r.normal());
        };
        fill(to);
        fill(more);
        std::vector<float> const before(to.begin(), to.end());
        more.make_read_only();
        la::kernel::join_scores<arch>(to.data(), more.data(), count, add);
        REQUIRE(to.intact());
        for (la::index u = 0; u != count; ++u) {
          float const a = before[static_cast<std::size_t>(u)], b = more[u], got = to[u];
          CAPTURE(count, u, add, a, b);
          if (std::isnan(a) || std::isnan(b) || (add && std::isinf(a) && a == -b))
            REQUIRE(std::isnan(got));
          else
            REQUIRE(got == (add ? a + b : a > b ? a : b));
        }
      }
}
