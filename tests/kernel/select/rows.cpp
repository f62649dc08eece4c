// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/kernel/select/given.hpp>
#include <lacuna/kernel/select/rows.hpp>

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
namespace at = lacuna::attention;

namespace {

la::kernel::row_rules rules_of(at::shape s, la::index tile_queries, bool share, at::all const& within,
                               at::none const& forced) {
  la::kernel::row_rules rules;
  rules.shape = s;
  rules.options.tile_queries = tile_queries;
  rules.share_group = share;
  rules.within = la::kernel::visible_through(within);
  rules.forced = la::kernel::visible_through(forced);
  return rules;
}

}  // namespace

TEST_CASE("rows: a slot for each head, or for each group") {
  at::all const within;
  at::none const forced;
  auto rules = rules_of({.queries = 70, .keys = 100, .heads = 6, .kv_heads = 2}, 32, false, within, forced);
  CHECK(rules.tiles() == 3);
  CHECK(rules.rows() == 18);
  CHECK(rules.tile(4, 2).q0 == 30 + 64);
  CHECK(rules.tile(4, 2).q1 == 100);
  CHECK(rules.tile(4, 2).head == 4);
  rules.share_group = true;
  CHECK(rules.rows() == 6);
  CHECK(rules.tile(1, 0).head == 3);
}

TEST_CASE("rows: workers write rows in any order, the plan has them in order") {
  at::all const within;
  at::none const forced;
  auto const rules = rules_of({.queries = 4, .keys = 100, .heads = 3, .kv_heads = 3}, 2, false, within, forced);
  la::kernel::row_collector rows(rules, 3);
  for (la::index const row : {5, 0, 3, 1, 4, 2}) {
    auto& builder = rows.next(row, row % 3 == 0 ? 1 : 2);
    builder.add(10 * row, 10 * row + 5 + row, at::cover::full);
    if (row % 2 == 0) builder.add_token(90 + row);
    builder.end_row();
  }
  auto const plan = rows.collect();
  auto const view = plan.view();
  REQUIRE(plan.run_offsets.size() == 7);
  for (la::index row = 0; row != 6; ++row) {
    REQUIRE(view.runs_of(row).size() == 1);
    CHECK(view.runs_of(row)[0].first == 10 * row);
    CHECK(view.runs_of(row)[0].count == 5 + row);
    REQUIRE(view.tokens_of(row).size() == (row % 2 == 0 ? 1u : 0u));
    if (row % 2 == 0) CHECK(view.tokens_of(row)[0] == 90 + row);
  }
  CHECK(view.row(2, 1) == 5);
}

TEST_CASE("rows: the first wrong score is told, in order of heads and tiles") {
  at::all const within;
  at::none const forced;
  auto const rules = rules_of({.queries = 2, .keys = 4, .heads = 2, .kv_heads = 2}, 1, false, within, forced);
  float scores[2][2][4] = {};
  scores[1][1][0] = -1;
  scores[1][0][3] = -1;
  la::heads_view<float const> const view{&scores[0][0][0], 2, 2, 4, 8, 4};
  at::given const scorer(view, 4, 1);
  at::top_k const chooser{1};
  la::serial exec;
  la::kernel::wrong_score wrong;
  la::kernel::row_selection<la::simd::default_arch, at::given, float, at::top_k> const rows(scorer, {}, chooser, rules);
  auto const none = rows.run(la::kernel::any_executor(exec), wrong);
  CHECK(wrong.slot == 1);
  CHECK(wrong.tile == 0);
  CHECK(wrong.unit == 3);
  CHECK(none.runs.empty());
}
