// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/renumbered.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/token_lists.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/lists.hpp"
#include "../support/message_of.hpp"
#include "../support/patterns.hpp"
#include "../support/plans.hpp"
#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::message_of;

namespace {

/// 0, 1, ... with those within each `width` shuffled.
std::vector<std::int32_t> shuffled(la::index n, la::index width, la::index from = 0) {
  lacuna_test::random r(static_cast<std::uint64_t>(n));
  std::vector<std::int32_t> ids(static_cast<std::size_t>(n));
  std::iota(ids.begin(), ids.end(), static_cast<std::int32_t>(from));
  for (la::index i = 0; i != n; ++i) {
    la::index const first = i / width * width, last = first + width < n ? first + width : n;
    std::swap(ids[static_cast<std::size_t>(i)], ids[static_cast<std::size_t>(first + r.below(last - first))]);
  }
  return ids;
}

}  // namespace

TEST_CASE("renumbered: the positions that keys had decide") {
  for (la::index const width : {1, 7, 100, 500}) {
    auto const keys = shuffled(500, width);
    auto const inner = at::causal{} & (at::sink{4} | at::window{50});
    auto const p = at::renumbered(inner, keys);
    for (la::index i = 0; i < 500; i += 11)
      for (la::index j = 0; j != 500; ++j)
        REQUIRE(p.allows(i, j) == inner.allows(i, keys[static_cast<std::size_t>(j)]));
    CHECK(lacuna_test::check_pattern(p, false, 200) == "");
    CHECK(lacuna_test::check_pattern(at::renumbered(at::causal{}, keys), false, 200) == "");
    auto const plan = at::materialize(p, {300, 500, 2, 1});
    CHECK(lacuna_test::check_plan(plan.view(), p, true) == "");
  }
}

TEST_CASE("renumbered: in the old order the plan is the old one") {
  auto const keys = shuffled(500, 1);
  at::shape const s{300, 500, 1, 1};
  CHECK(at::materialize(at::renumbered(at::causal{}, keys), s).view() == at::materialize(at::causal{}, s).view());
}

TEST_CASE("renumbered: queries may be in another order as well") {
  auto const keys = shuffled(260, 260), queries = shuffled(150, 150, 110);
  auto const p = at::renumbered(at::causal{}, keys, queries);
  for (la::index i = 0; i != 150; ++i)
    for (la::index j = 0; j != 260; ++j)
      REQUIRE(p.allows(110 + i, j) == (keys[static_cast<std::size_t>(j)] <= queries[static_cast<std::size_t>(i)]));
  for (la::index const tile : {1, 16, 64}) {
    auto const plan = at::materialize(p, {150, 260, 1, 1}, {.tile_queries = tile});
    CHECK(lacuna_test::check_plan(plan.view(), p, true) == "");
  }
}

TEST_CASE("renumbered: biases stay with their keys") {
  // Query 0 is told key 4 with bias 2 and key 70 with bias 35, query 1 the same of key 70.
  at::token_lists const lists(lacuna_test::unordered_rows{{{4, 70}, {70}}, 100, 0.5f},
                              {.biased = true, .first_position = 98});
  std::vector<std::int32_t> keys(100);
  for (std::size_t j = 0; j != 100; ++j) keys[j] = static_cast<std::int32_t>(99 - j);
  auto const plan = at::materialize(at::renumbered(lists, keys), {2, 100, 1, 1}, {.tile_queries = 2});
  REQUIRE(plan.arrays().tokens.size() == 1);
  CHECK(plan.arrays().tokens[0] == 29);
  CHECK(plan.arrays().token_bias[0] == 35);
  REQUIRE(plan.arrays().runs.size() == 1);
  CHECK(plan.arrays().runs[0] == at::run{95, 1, 2, true});
}

#if LACUNA_EXCEPTIONS
TEST_CASE("renumbered: counts and positions that do not fit are errors") {
  std::vector<std::int64_t> const ten(10);
  CHECK(message_of<la::shape_error>([&] { return at::materialize(at::renumbered(at::causal{}, ten), {5, 9, 1, 1}); }) ==
        "renumbered: there are positions for 10 keys, the shape has 9");
  CHECK(message_of<la::shape_error>([&] {
          return at::materialize(at::renumbered(at::causal{}, ten, std::vector<int>(4)), {5, 10, 1, 1});
        }) == "renumbered: there are positions for 4 queries, the shape has 5");
  CHECK(message_of<la::value_error>([&] {
          return at::renumbered(at::causal{}, std::vector<std::int64_t>{0, std::int64_t{1} << 40});
        }) == "renumbered: key 1 has position 1099511627776, which does not fit 32 bits");
}
#endif
