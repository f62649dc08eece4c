// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/kernel/select/given.hpp>
#include <lacuna/kernel/select/rows.hpp>

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("rows: the first wrong score is told, in order of heads and tiles") {
  at::all const within;
  at::none const forced;
  la::kernel::row_rules rules;
  rules.shape = {.queries = 2, .keys = 4, .heads = 2, .kv_heads = 2};
  rules.options.tile_queries = 1;
  rules.within = la::kernel::visible_through(within);
  rules.forced = la::kernel::visible_through(forced);
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
