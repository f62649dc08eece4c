// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/decode_groups.hpp>

#include "support/attention_heads.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

namespace {

/// Every head and query in exactly one group, whose heads share keys and slot and whose queries share a tile.
void check(at::shape s, la::index tile_queries, std::vector<std::int32_t> slots) {
  lacuna_test::written_plan plan;
  plan.shape = s;
  plan.tile_queries = tile_queries;
  plan.slot_of_head = slots;
  for (la::index row = 0; row != 3 * ((s.queries + tile_queries - 1) / tile_queries); ++row) {
    plan.runs.push_back({0, static_cast<std::int32_t>(row + 1)});
    plan.tokens.push_back(40);
    plan.end_row();
  }
  auto const view = plan.view();
  std::vector<int> met(static_cast<std::size_t>(s.heads * s.queries));
  la::kernel::decode_groups groups(view);
  for (la::kernel::decode_group g; groups.next(g);) {
    REQUIRE(g.rows() > 0);
    REQUIRE(g.rows() <= la::kernel::decode_most_rows);
    REQUIRE(groups.keys(g) == g.row + 2);
    for (la::index h = g.head; h != g.head + g.heads; ++h)
      for (la::index i = g.query; i != g.query + g.queries; ++i) {
        REQUIRE(h / s.group() == g.kv_head);
        REQUIRE(view.row(h, i / tile_queries) == g.row);
        ++met[static_cast<std::size_t>(h * s.queries + i)];
      }
  }
  REQUIRE(met == std::vector<int>(met.size(), 1));
}

}  // namespace

TEST_CASE("decode_groups: every row once, with those that read the same keys") {
  check({1, 50, 8, 2}, 1, {0, 0, 0, 0, 0, 0, 0, 0});
  check({5, 50, 8, 2}, 2, {0, 0, 1, 1, 1, 2, 2, 0});
  check({70, 90, 3, 1}, 64, {0, 1, 1});
  check({3, 50, 40, 1}, 8, std::vector<std::int32_t>(40, 2));
  check({0, 50, 4, 2}, 8, {0, 0, 0, 0});
}
