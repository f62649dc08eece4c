// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/select/minmax.hpp>

#include "support/random.hpp"
#include "support/scoring.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

TEMPLATE_TEST_CASE("minmax scores: the bound of the page, above each of its logits, whatever the jobs", "", float,
                   la::bf16) {
  for (auto const seed : lacuna_test::seeds(12)) {
    lacuna_test::random r(seed);
    lacuna_test::scoring const s{.heads = 4,
                                 .kv_heads = 2,
                                 .queries = 1 + r.below(20),
                                 .keys = 1 + r.below(60),
                                 .tile_queries = 1 + r.below(6),
                                 .unit = 1 + r.below(9)};
    auto const dim = 1 + r.below(40);
    guarded_heads<TestType> const q(r, 4, s.queries, dim), k(r, 2, s.keys, dim);
    at::minmax const pages(k.view(), s.unit);
    auto const scores = lacuna_test::all_scores(pages, q.view(), s, at::causal{}, 1);
    CHECK(lacuna_test::same_bits(scores, lacuna_test::all_scores(pages, q.view(), s, at::causal{}, 3)));
    CHECK(lacuna_test::check_scores(scores, s, 1e-4, [&](la::index h, la::index t, la::index u) {
            double top = -std::numeric_limits<double>::infinity();
            for (auto i = t * s.tile_queries; i != std::min(s.queries, (t + 1) * s.tile_queries); ++i) {
              double bound = 0;
              for (la::index d = 0; d != dim; ++d)
                bound += std::max(q(h, i, d) * static_cast<double>(pages.bounds(h / 2, u)[d]),
                                  q(h, i, d) * static_cast<double>(pages.bounds(h / 2, u)[dim + d]));
              top = std::max(top, bound);
            }
            return static_cast<double>(s.scale) * top;
          }) == "");
    for (la::index h = 0; h != s.heads; ++h)
      for (la::index i = 0; i != s.queries; ++i)
        for (la::index j = 0; j != s.keys; ++j)
          REQUIRE(static_cast<double>(s.scale) * lacuna_test::dot(q, h, i, k, h / 2, j) <=
                  static_cast<double>(scores[s.at(h, i / s.tile_queries, j / s.unit)]) + 1e-4);
  }
}

TEST_CASE("minmax scores: a NaN key makes the scores of its page NaN, and no other") {
  lacuna_test::random r(1);
  for (la::index const queries : {1, 5}) {
    float keys[8] = {1, 2, 3, std::numeric_limits<float>::quiet_NaN(), 5, 6, 7, 8};
    at::minmax const pages(la::heads_view<float const>{keys, 1, 8, 1, 8, 1}, 2);
    lacuna_test::scoring const s{.queries = queries, .keys = 8, .tile_queries = 5, .unit = 2};
    guarded_heads<float> const q(r, 1, queries, 1);
    auto const scores = lacuna_test::all_scores(pages, q.view(), s, at::causal{}, 1);
    for (la::index u = 0; u != 4; ++u) CHECK(std::isnan(scores[s.at(0, 0, u)]) == (u == 1));
  }
}

TEST_CASE("minmax scores: a NaN among the queries of a tile stays, whichever has it") {
  float keys[4] = {1, 2, 3, 4};
  at::minmax const pages(la::heads_view<float const>{keys, 1, 4, 1, 4, 1}, 2);
  lacuna_test::scoring const s{.queries = 3, .keys = 4, .unit = 2};
  for (la::index place = 0; place != 3; ++place) {
    float queries[3] = {1, 2, 3};
    queries[place] = std::numeric_limits<float>::quiet_NaN();
    la::heads_view<float const> const q{queries, 1, 3, 1, 3, 1};
    for (auto const score : lacuna_test::all_scores(pages, q, s, at::causal{}, 1)) CHECK(std::isnan(score));
  }
}
