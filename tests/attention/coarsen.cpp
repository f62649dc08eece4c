// SPDX-License-Identifier: MIT
#include <lacuna/attention/block_mask.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/coarsen.hpp>
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/diagonals.hpp>
#include <lacuna/attention/from_predicate.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/per_head.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/strided.hpp>
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
using at::cover, lacuna_test::any_pattern, lacuna_test::message_of;

TEST_CASE("coarsen: a materialized plan attends to the same pairs") {
  any_pattern const patterns[] = {
      any_pattern(at::causal{}), any_pattern(at::window{30, 20}),
      any_pattern(at::causal{} & (at::columns({0, 5, 6, 7, 8, 9, 90, 199}) | at::diagonals({0, 40}, 9))),
      any_pattern(at::per_head(std::vector<int>{0, 1, 2, 1}, at::causal{}, at::sink{80} | at::window{9},
                               at::strided{.block = 16, .local = 1, .stride = 3, .shift = 1}))};
  lacuna_test::random r(1);
  for (auto const& p : patterns)
    for (la::index const tile : {1, 16})
      for (la::index const heads : {1, 2, 4})
        for (la::index const tiles : {1, 2, 5}) {
          at::shape const s{r.below(150), r.below(200), 4, 2};
          auto const coarse =
              at::coarsen(at::materialize(p, s, {.tile_queries = tile}), {.tiles = tiles, .heads = heads});
          CAPTURE(tile, heads, tiles, s.queries, s.keys);
          CHECK(coarse.view().tile_queries == tile * tiles);
          CHECK(lacuna_test::check_plan(coarse.view(), p, heads == 1) == "");
        }
}

TEST_CASE("coarsen: heads that chose keys see those of their group, as far as the mask lets them") {
  // Two groups of two heads, 64 queries at positions 0 to 63, masked causally: head h chose key h, and keys 40 to 49.
  at::plan_builder b({64, 64, 4, 2}, {});
  for (la::index h = 0; h != 4; ++h) b.set_slot(h);
  for (la::index h = 0; h != 4; ++h) {
    b.add(h, h + 1, h == 0 ? cover::full : cover::partial);
    b.add(40, 50, cover::partial);
    b.end_row();
  }
  at::plan const fine(at::causal{}, b.finish());
  auto const coarse = at::coarsen(fine, {.heads = 2});
  CHECK(message_of([&] {
          at::validate(coarse.view());
          return 0;
        }) == "no error");
  CHECK(coarse.arrays().slot_of_head[1] == 0);
  CHECK(coarse.arrays().slot_of_head[2] == 1);
  auto const first = lacuna_test::covers_of_row(coarse.view(), 0),
             second = lacuna_test::covers_of_row(coarse.view(), 1);
  for (std::size_t k = 0; k != 64; ++k) {
    bool const both = k >= 40 && k < 50;
    CHECK((first[k] != cover::none) == (both || k < 2));
    CHECK((second[k] != cover::none) == (both || k == 2 || k == 3));
  }
  CHECK(first[1] == cover::partial);
}

TEST_CASE("coarsen: what no head sees is in no row, between runs of any head") {
  // Head 0 sees [0, 10) and [90, 100), head 1 [20, 30) and [40, 50), head 2 nothing, head 3 [25, 45).
  at::from_predicate const p{[](la::index, la::index j, la::index head) {
    return head == 0   ? j < 10 || j >= 90
           : head == 1 ? (j >= 20 && j < 30) || (j >= 40 && j < 50)
                       : head == 3 && j >= 25 && j < 45;
  }};
  for (la::index const heads : {2, 4}) {
    at::plan_builder b({64, 100, 4, 1}, {});
    for (la::index h = 0; h != 4; ++h) b.set_slot(0);
    b.add(0, 100, cover::partial);
    b.end_row();
    auto const coarse = at::coarsen(at::plan(p, b.finish()), {.heads = heads});
    std::vector<cover> expected(100, cover::none);
    for (la::index j = 0; j != 100; ++j)
      for (la::index h = 0; h != heads; ++h)
        if (p.allows(0, j, h)) expected[static_cast<std::size_t>(j)] = cover::partial;
    CHECK(lacuna_test::covers_of_row(coarse.view(), 0) == expected);
  }
}

TEST_CASE("coarsen: heads of one row that the mask tells apart stay apart") {
  at::from_predicate const odd{[](la::index, la::index, la::index head) { return head < 2; }};
  at::plan_builder b({64, 64, 4, 4}, {.tile_queries = 32});
  for (la::index h = 0; h != 4; ++h) b.set_slot(0);
  for (int t = 0; t != 2; ++t) {
    b.add(0, 50, cover::partial);
    b.end_row();
  }
  auto const coarse = at::coarsen(at::plan(odd, b.finish()), {.tiles = 2, .heads = 2});
  CHECK(coarse.view().runs_of(coarse.view().row(1, 0)).size() == 1);
  CHECK((coarse.view().runs_of(coarse.view().row(2, 0)).empty() ||
         coarse.view().runs_of(coarse.view().row(2, 0))[0].partial));
}

TEST_CASE("coarsen: groups of the same rows share theirs, and biases stay") {
  lacuna_test::random r(3);
  auto const keep = lacuna_test::random_mask(r, 4, 100, 0.2);
  at::token_lists const p(lacuna_test::unordered_rows{{{3, 50}, {3, 7}}, 100, 0.5f}, {.queries = 50, .biased = true});
  auto const fine = at::materialize(p, {100, 100, 4, 4}, {.tile_queries = 50});
  auto const coarse = at::coarsen(fine, {.tiles = 2, .heads = 2});
  CHECK(coarse.view().run_offsets.size() == 1 + 1);
  REQUIRE(coarse.view().tokens_of(0).size() == 1);
  CHECK(coarse.view().token_bias_of(0)[0] == 1.5f);
  REQUIRE(coarse.view().runs_of(0).size() == 2);
  CHECK(coarse.view().runs_of(0)[0] == at::run{7, 1, 3.5f, true});
  CHECK(coarse.view().runs_of(0)[1] == at::run{50, 1, 25, true});
}

#if LACUNA_EXCEPTIONS
TEST_CASE("coarsen: counts that are none, groups that are not whole, and two biases of a key are errors") {
  auto const plan = at::materialize(at::causal{}, {10, 20, 4, 2});
  CHECK(message_of<la::value_error>([&] { return at::coarsen(plan, {.tiles = 0}); }) ==
        "coarsen: 0 tiles and 1 heads, expected 1 or more");
  CHECK(message_of<la::value_error>([&] { return at::coarsen(plan, {.heads = -1}); }) ==
        "coarsen: 1 tiles and -1 heads, expected 1 or more");
  CHECK(message_of<la::shape_error>([&] { return at::coarsen(plan, {.heads = 3}); }) ==
        "coarsen: groups of 3 heads, expected a divisor of the plan\'s 4");
  CHECK(message_of<la::value_error>([&] {
          return at::coarsen(plan, {.tiles = std::numeric_limits<la::index>::max()});
        }) == "coarsen: 9223372036854775807 tiles of 64 queries are more than can be counted");
  la::mask const keep(2, 2, true);
  at::token_lists const p(lacuna_test::csr_of(keep), {.biased = true});  // 1 2, 3 4
  auto const fine = at::materialize(p, {2, 2, 1, 1}, {.tile_queries = 1});
  CHECK(message_of<la::value_error>([&] { return at::coarsen(fine, {.tiles = 2}); }) ==
        "coarsen: key 0 has biases 1 and 3 in tiles that become one, expected equal ones");
}
#endif
