// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/kernel/select/given.hpp>

#include "support/random.hpp"
#include "support/scoring.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

TEST_CASE("given scores: they are copied, each to its line") {
  lacuna_test::random r(1);
  lacuna_test::scoring const s{.heads = 4, .kv_heads = 2, .queries = 10, .keys = 35, .tile_queries = 4, .unit = 8};
  guarded_heads<float> const numbers(r, 4, 3, 5, true, 2);
  at::given const scorer(numbers.view(), 35, 8);
  for (la::index const step : {1, 2, 3}) {
    auto const scores = lacuna_test::all_scores(scorer, la::heads_view<float const>{}, s, at::causal{}, step);
    CHECK(lacuna_test::check_scores(scores, s, 0,
                                    [&](la::index h, la::index t, la::index u) { return numbers(h, t, u); }) == "");
  }
}
