// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/select/mean_pool.hpp>

#include "support/random.hpp"
#include "support/scoring.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

TEMPLATE_TEST_CASE("mean_pool scores: mean query times mean key, whatever the jobs", "", float, la::bf16) {
  for (auto const seed : lacuna_test::seeds(12)) {
    lacuna_test::random r(seed);
    lacuna_test::scoring const s{.heads = 4,
                                 .kv_heads = 2,
                                 .queries = 1 + r.below(20),
                                 .keys = 1 + r.below(60),
                                 .tile_queries = 1 + r.below(6),
                                 .unit = 1 + r.below(9)};
    guarded_heads<TestType> const q(r, 4, s.queries, 1 + r.below(40)), k(r, 2, s.keys, q.view().dim);
    at::mean_pool const pool(k.view(), s.unit);
    auto const scores = lacuna_test::all_scores(pool, q.view(), s, at::causal{}, 1);
    CHECK(lacuna_test::same_bits(scores, lacuna_test::all_scores(pool, q.view(), s, at::causal{}, 3)));
    CHECK(lacuna_test::check_scores(scores, s, 1e-5, [&](la::index h, la::index t, la::index u) {
            auto const q1 = std::min(s.queries, (t + 1) * s.tile_queries), k1 = std::min(s.keys, (u + 1) * s.unit);
            double sum = 0;
            for (auto i = t * s.tile_queries; i != q1; ++i)
              for (auto j = u * s.unit; j != k1; ++j) sum += lacuna_test::dot(q, h, i, k, h / 2, j);
            return static_cast<double>(s.scale) * sum /
                   static_cast<double>((q1 - t * s.tile_queries) * (k1 - u * s.unit));
          }) == "");
  }
}
