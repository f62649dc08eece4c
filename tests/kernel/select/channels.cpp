// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/select/channels.hpp>

#include "support/random.hpp"
#include "support/scoring.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

TEMPLATE_TEST_CASE("channels scores: the largest product over the labels, whatever the jobs", "", float, la::bf16,
                   la::f16) {
  std::vector<std::int32_t> const labels{0, 2, 5, 1, 3, 4};
  for (auto const seed : lacuna_test::seeds(12)) {
    lacuna_test::random r(seed);
    lacuna_test::scoring const s{
        .heads = 4, .kv_heads = 2, .queries = 1 + r.below(9), .keys = 1 + r.below(200), .tile_queries = 1 + r.below(4)};
    guarded_heads<TestType> const q(r, 4, s.queries, 6), k(r, 2, s.keys, 6);
    at::channels<TestType> const index(k.view(), labels);
    auto const scores = lacuna_test::all_scores(index, q.view(), s, at::causal{}, 1);
    CHECK(lacuna_test::same_bits(scores, lacuna_test::all_scores(index, q.view(), s, at::causal{}, 3)));
    CHECK(lacuna_test::check_scores(scores, s, 1e-5, [&](la::index h, la::index t, la::index j) {
            double top = -std::numeric_limits<double>::infinity();
            for (auto i = t * s.tile_queries; i != std::min(s.queries, (t + 1) * s.tile_queries); ++i) {
              double sum = 0;
              for (la::index c = 0; c != 3; ++c) {
                auto const d = labels[static_cast<std::size_t>(h / 2 * 3 + c)];
                sum += q(h, i, d) * k(h / 2, j, d);
              }
              top = std::max(top, sum);
            }
            return static_cast<double>(s.scale) * top;
          }) == "");
  }
}

TEST_CASE("channels scores: a NaN stays the largest, whichever query has it") {
  std::vector<std::int32_t> const labels{0};
  float keys[70];
  for (auto& x : keys) x = 1;
  at::channels<> const index(la::heads_view<float const>{keys, 1, 70, 1, 70, 1}, labels);
  lacuna_test::scoring const s{.queries = 3, .keys = 70};
  for (la::index place = 0; place != 3; ++place) {
    float queries[3] = {1, 2, 3};
    queries[place] = std::numeric_limits<float>::quiet_NaN();
    auto const scores =
        lacuna_test::all_scores(index, la::heads_view<float const>{queries, 1, 3, 1, 3, 1}, s, at::causal{}, 1);
    for (auto const score : scores) CHECK(std::isnan(score));
  }
}
