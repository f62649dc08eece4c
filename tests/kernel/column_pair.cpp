// SPDX-License-Identifier: MIT
#include <lacuna/kernel/column_pair.hpp>

#include "support/guard.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <span>

namespace tests_of_column_pair {

namespace la = lacuna;

TEMPLATE_TEST_CASE("column_pair: two neighbours of any type, wherever they stand, and nothing behind them", "",
                   std::uint16_t, std::int16_t, std::uint32_t, std::int32_t, std::int64_t) {
  constexpr auto most = std::numeric_limits<TestType>::max();
  TestType const all[] = {0, 1, most, 7, static_cast<TestType>(most - 1), most, 0};
  lacuna_test::guarded<TestType> const columns{std::span<TestType const>(all)};
  for (la::index k = 0; k != 6; ++k) {
    auto const pair = la::kernel::load_pair(columns.data() + k);
    CAPTURE(k);
    CHECK(pair.first == static_cast<la::index>(all[k]));
    CHECK(pair.second == static_cast<la::index>(all[k + 1]));
  }
}

}  // namespace tests_of_column_pair
