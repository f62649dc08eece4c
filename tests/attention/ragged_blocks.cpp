// SPDX-License-Identifier: MIT
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/ragged_blocks.hpp>

#include "../support/lists.hpp"
#include "../support/message_of.hpp"
#include "../support/patterns.hpp"
#include "../support/plans.hpp"
#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::message_of;

TEST_CASE("ragged_blocks: every pair by its blocks") {
  lacuna_test::random r(1);
  for (int n = 0; n != 8; ++n) {
    std::vector<la::index> q{0}, k{0};
    while (q.back() < 250) q.push_back(q.back() + 1 + r.below(n % 2 == 0 ? 5 : 90));
    while (k.back() < 390) k.push_back(k.back() + 1 + r.below(n % 3 == 0 ? 5 : 120));
    auto const keep =
        lacuna_test::random_mask(r, static_cast<la::index>(q.size()) - 1, static_cast<la::index>(k.size()) - 1, 0.3);
    at::ragged_blocks const p(q, k, keep, {.first_position = 0});
    auto const block = [](std::vector<la::index> const& ends, la::index x) {
      return std::upper_bound(ends.begin(), ends.end(), x) - ends.begin() - 1;
    };
    for (la::index i = 0; i < 250; i += 3)
      for (la::index j = 0; j < 390; j += 5) REQUIRE(p.allows(i, j) == keep(block(q, i), block(k, j)));
    CHECK(lacuna_test::check_pattern(p, true, 200) == "");
    CHECK(lacuna_test::check_plan(at::materialize(p, {200, 240, 1, 1}).view(), p) == "");
  }
}

TEST_CASE("ragged_blocks: of any integers, with slots of heads") {
  std::vector<std::int32_t> const q{0, 3, 10}, slots{1, 0};
  std::vector<std::uint16_t> const k{0, 20};
  la::mask keep(4, 1);
  keep.set(1, 0);
  keep.set(2, 0);
  at::ragged_blocks const p(q, k, keep, {.slot_of_head = slots});
  CHECK(!p.allows(0, 5, 1));
  CHECK(p.allows(3, 5, 1));
  CHECK(p.allows(0, 5, 0));
  CHECK(!p.allows(3, 5, 0));
  CHECK(lacuna_test::check_pattern(p, true, 200, 2) == "");
}

#if LACUNA_EXCEPTIONS
TEST_CASE("ragged_blocks: ends that do not rise and masks that do not fit are errors") {
  using list = std::vector<la::index>;
  auto const of = [](list const& q, list const& k) {
    return message_of([&] { return at::ragged_blocks(q, k, la::mask(2, 1)); });
  };
  CHECK(of({0, 2, 5}, {0, 4}) == "no error");
  CHECK(of({}, {0, 4}) == "ragged_blocks: there are no ends of blocks of queries, expected at least one, which is 0");
  CHECK(of({0, 2, 5}, {1, 4}) == "ragged_blocks: the ends of the blocks of keys begin with 1, expected 0");
  CHECK(of({0, 2, 2}, {0, 4}) == "ragged_blocks: block 1 of queries goes from 2 to 2, expected ends that rise");
  CHECK(of({0, 2, 5, 9}, {0, 4}) ==
        "ragged_blocks: the matrix has 2 rows, expected one for each of 3 blocks of queries");
  CHECK(of({0, 2, 5}, {0, 4, 6}) ==
        "ragged_blocks: the matrix has 1 columns, expected one for each of 2 blocks of keys");
}
#endif
