// SPDX-License-Identifier: MIT
#include <lacuna/attention/block_mask.hpp>
#include <lacuna/attention/materialize.hpp>

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
using lacuna_test::message_of;

TEST_CASE("block_mask: blocks of any size, from a mask or any sparse matrix") {
  lacuna_test::random r(1);
  for (auto const queries : {1, 16, 64, 100})
    for (auto const keys : {1, 5, 16, 64, 70})
      for (double const density : {0.0, 0.1, 0.5, 1.0}) {
        auto const keep = lacuna_test::random_mask(r, 300 / queries + 1, 400 / keys + 1, density);
        at::block_options const o{.queries = queries, .keys = keys, .first_position = -queries};
        at::block_mask const p(keep, o);
        CAPTURE(queries, keys, density);
        CHECK(lacuna_test::check_pattern(p, true, 40) == "");
        for (la::index i = 0; i < 300 - queries; i += 7)
          for (la::index j = 0; j < 400; j += 3) REQUIRE(p.allows(i, j) == keep((i + queries) / queries, j / keys));
        at::block_mask const from_csr(lacuna_test::csr_of(keep), o);
        at::shape const s{200, 250, 1, 1};
        CHECK(at::materialize(from_csr, s) == at::materialize(p, s));
      }
}

TEST_CASE("block_mask: blocks that fit the tiles leave nothing to mask") {
  lacuna_test::random r(2);
  auto const keep = lacuna_test::random_mask(r, 8, 16, 0.4);
  at::block_mask const p(keep, {.queries = 32, .keys = 16});
  for (la::index const tile : {16, 32}) {
    auto const plan = at::materialize(p, {256, 256, 1, 1}, {.tile_queries = tile});
    CHECK(lacuna_test::check_plan(plan.view(), p, true) == "");
    for (auto const run : plan.view().runs) CHECK(!run.partial);
  }
}

TEST_CASE("block_mask: heads use masks that stand one above the other") {
  lacuna_test::random r(3);
  auto const keep = lacuna_test::random_mask(r, 3 * 4, 5, 0.5);
  std::vector<std::int32_t> const slots{2, 0, 2, 1};
  at::block_mask const p(keep, {.queries = 10, .keys = 8, .rows_per_slot = 4, .slot_of_head = slots});
  for (la::index h = 0; h != 4; ++h)
    for (la::index i = 0; i != 40; ++i)
      for (la::index j = 0; j != 40; ++j)
        REQUIRE(p.allows(i, j, h) == keep(slots[static_cast<std::size_t>(h)] * 4 + i / 10, j / 8));
  CHECK(lacuna_test::check_pattern(p, true, 200, 4) == "");
  CHECK(p.alike(0, 2));
  CHECK(!p.alike(0, 1));
  auto const plan = at::materialize(p, {40, 40, 4, 2});
  CHECK(lacuna_test::check_plan(plan.view(), p) == "");
  CHECK(plan.view().run_offsets.size() == 3 + 1);
}

#if LACUNA_EXCEPTIONS
TEST_CASE("block_mask: sizes and slots that are none, and shapes that it does not cover, are errors") {
  la::mask const keep(4, 5, true);
  auto const of = [&](at::block_options o) {
    return message_of<la::value_error>([&] { return at::block_mask(keep, o); });
  };
  std::vector<std::int32_t> const one{0}, two{0, 2};
  CHECK(of({.queries = 0}) == "block_mask: blocks of 0 queries, expected 1 or more");
  CHECK(of({.keys = -3}) == "block_mask: blocks of -3 keys, expected 1 or more");
  CHECK(of({.queries = la::index{1} << 62}) ==
        "block_mask: 4 blocks of 4611686018427387904 queries, expected at most 2^48 positions");
  CHECK(of({.keys = la::index{1} << 46}) ==
        "block_mask: 5 blocks of 70368744177664 keys, expected at most 2^48 positions");
  CHECK(of({.keys = la::index{1} << 45}) == "no error");
  CHECK(of({.first_position = std::numeric_limits<la::index>::min()}) ==
        "block_mask: the first position is -9223372036854775808, expected -2^48 to 2^48");
  CHECK(of({.rows_per_slot = 2, .slot_of_head = two}) == "block_mask: head 1 has slot 2, expected 0 <= slot < 2");
  CHECK(of({.rows_per_slot = -4, .slot_of_head = one}) == "block_mask: rows_per_slot is -4, expected 0 or more");
  auto const format = [&](at::block_options o) { return message_of([&] { return at::block_mask(keep, o); }); };
  CHECK(format({.rows_per_slot = 3, .slot_of_head = one}) ==
        "block_mask: 4 rows, expected a multiple of 3, the blocks of queries of a head");
  CHECK(format({.rows_per_slot = 2}) ==
        "block_mask: the matrix has 4 rows, expected one for each of 2 blocks of queries; lists for several heads need "
        "slot_of_head");

  auto const in = [&](at::shape s, at::block_options o = {.queries = 10, .keys = 10}) {
    return message_of<la::shape_error>([&] { return at::materialize(at::block_mask(keep, o), s); });
  };
  CHECK(in({40, 40, 1, 1}) == "no error");
  CHECK(in({0, 40, 1, 1}) == "no error");
  CHECK(in({41, 40, 1, 1}) ==
        "block_mask: there are lists for queries at positions 0 to 39, but the queries stand at -1 to 39");
  CHECK(in({1, 41, 1, 1}) ==
        "block_mask: there are lists for queries at positions 0 to 39, but the queries stand at 40 to 40");
  CHECK(in({0, 51, 1, 1}) == "block_mask: the blocks cover 50 keys, the shape has 51");
  CHECK(in({40, 40, 3, 1}, {.queries = 10, .keys = 10, .slot_of_head = one}) ==
        "block_mask: slot_of_head has slots for 1 heads, the shape has 3");
}
#endif
