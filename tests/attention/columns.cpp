// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/materialize.hpp>

#include "../support/message_of.hpp"
#include "../support/patterns.hpp"
#include "../support/plans.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::check_pattern;

TEST_CASE("columns: the keys listed, whatever the order, of any integers") {
  std::vector<std::int32_t> const ids{90, 3, 4, 3, 200};
  at::columns const c(ids);
  for (la::index j = 0; j != 300; ++j) CHECK(c.allows(7, j) == (j == 90 || j == 3 || j == 4 || j == 200));
  CHECK(at::columns({90, 3, 4, 200}).word(0, 3, 64, 0) == 3);
  CHECK(at::columns(std::vector<std::uint16_t>{7}).allows(0, 7));
  CHECK(!at::columns(std::vector<int>{}).allows(0, 0));
}

TEST_CASE("columns: tiles, words and runs are what allows says") {
  CHECK(check_pattern(at::columns(std::vector<int>{}), true, 100) == "");
  CHECK(check_pattern(at::columns({0}), true, 200) == "");
  CHECK(check_pattern(at::columns({5, 6, 7, 60, 64, 65, 130, 131, 132, 133, 134, 200}), true) == "");
}

TEST_CASE("columns: single keys of the plan where all queries see them, masked runs at the diagonal") {
  auto const p = at::causal{} & at::columns({2, 300, 500, 510, 511});
  auto const plan = at::materialize(p, {512, 512, 1, 1});
  CHECK(lacuna_test::check_plan(plan.view(), p, true) == "");
  auto const last = plan.view().tokens_of(7);  // queries 448 to 511
  REQUIRE(last.size() == 2);
  CHECK(last[0] == 2);
  CHECK(last[1] == 300);
  CHECK(plan.view().runs_of(7).size() == 2);
}

#if LACUNA_EXCEPTIONS
TEST_CASE("columns: an id that is no key is an error") {
  using lacuna_test::message_of;
  CHECK(message_of<la::value_error>([] { return at::columns({3, -1}); }) ==
        "columns: number 1 is -1, expected a key from 0 to 2^31 - 1");
  CHECK(message_of<la::value_error>([] { return at::columns(std::vector<std::uint64_t>{~std::uint64_t{0}}); }) ==
        "columns: number 0 is 18446744073709551615, expected a key from 0 to 2^31 - 1");
}
#endif
