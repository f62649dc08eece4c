// SPDX-License-Identifier: MIT
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/token_lists.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/lists.hpp"
#include "../support/message_of.hpp"
#include "../support/patterns.hpp"
#include "../support/plans.hpp"
#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::message_of, lacuna_test::unordered_rows;

TEST_CASE("token_lists: the keys of a query's list") {
  lacuna_test::random r(1);
  for (la::index const queries : {1, 4, 64}) {
    auto const keep = lacuna_test::random_mask(r, 256 / queries, 300, 0.05);
    at::token_lists const p(keep, {.queries = queries});
    for (la::index i = 0; i != 256; ++i)
      for (la::index j = 0; j != 300; ++j) REQUIRE(p.allows(i, j) == keep(i / queries, j));
    CHECK(lacuna_test::check_pattern(p, true, 200) == "");
    CHECK(lacuna_test::check_plan(at::materialize(p, {256, 256, 1, 1}).view(), p) == "");
    auto const own = at::materialize(p, {256, 256, 1, 1}, {.tile_queries = queries});
    CHECK(lacuna_test::check_plan(own.view(), p, true) == "");
    for (auto const run : own.view().runs) CHECK(!run.partial);
  }
}

TEST_CASE("token_lists: biases go with their keys, in any order") {
  at::token_lists const p(unordered_rows{{{7, 3, 90}, {3}}, 100, 0.5f},
                          {.queries = 8, .biased = true, .first_position = 84});
  auto const plan = at::materialize(p, {16, 100, 1, 1}, {.tile_queries = 8});
  auto const view = plan.view();
  REQUIRE(view.tokens_of(0).size() == 3);
  for (std::size_t n = 0; n != 3; ++n)
    CHECK(view.token_bias_of(0)[n] == 0.5f * static_cast<float>(view.tokens_of(0)[n]));
  CHECK(view.token_bias_of(1)[0] == 1.5f);
  // A tile of both lists: key 3 has the same bias in both, the others are masked.
  auto const wide = at::materialize(p, {16, 100, 1, 1}, {.tile_queries = 16});
  CHECK(wide.view().tokens_of(0).size() == 1);
  CHECK(wide.view().token_bias_of(0)[0] == 1.5f);
  REQUIRE(wide.view().runs_of(0).size() == 2);
  CHECK(wide.view().runs_of(0)[1] == at::run{90, 1, 45, true});
  // Where a window sees a key as well, the left side of the union decides.
  auto const both = at::materialize(at::window{97, 16} | p, {8, 100, 1, 1}, {.tile_queries = 8});
  CHECK(both.view().token_bias.empty());
}

#if LACUNA_EXCEPTIONS
TEST_CASE("token_lists: biases that are none, or that differ within a tile, are errors") {
  auto const infinite = std::numeric_limits<float>::infinity();
  CHECK(message_of<la::value_error>([&] {
          return at::token_lists(unordered_rows{{{}, {3}}, 100, infinite}, {.biased = true});
        }) == "token_lists: row 1, column 3 has bias inf, expected a finite one");
  CHECK_NOTHROW(at::token_lists(unordered_rows{{{}, {3}}, 100, infinite}));
  CHECK(message_of<la::value_error>([] { return at::token_lists(la::mask(2, 2), {.queries = 0}); }) ==
        "token_lists: blocks of 0 queries, expected 1 or more");
  CHECK(message_of<la::value_error>([] { return at::token_lists(la::mask(2, 2), {.rows_per_slot = -1}); }) ==
        "token_lists: rows_per_slot is -1, expected 0 or more");
  la::mask const keep(2, 2, true);
  at::token_lists const p(lacuna_test::csr_of(keep), {.biased = true});  // 1 2, 3 4
  CHECK(message_of<la::value_error>([&] { return at::materialize(p, {2, 2, 1, 1}); }) ==
        "plan: head 0, tile 0: key 0 has no finite bias, or different ones for different queries of a tile of 64");
  CHECK(message_of<la::value_error>([&] { return at::materialize(p, {2, 2, 1, 1}, {.tile_queries = 1}); }) ==
        "no error");
}
#endif
