// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/mean_pool.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/selection.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <limits>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

TEMPLATE_TEST_CASE("mean_pool: sums of the keys of each block, the last one short", "", float, la::bf16, la::f16,
                   double) {
  lacuna_test::random r(1);
  for (la::index const tokens : {0, 1, 7, 8, 9, 40})
    for (bool const tokens_outer : {false, true}) {
      guarded_heads<TestType> const k(r, 2, tokens, 5, tokens_outer, 3);
      at::mean_pool const pool(k.view(), 8);
      REQUIRE(pool.heads() == 2);
      REQUIRE(pool.dim() == 5);
      REQUIRE(pool.tokens() == tokens);
      for (la::index h = 0; h != 2; ++h)
        for (la::index b = 0; b * 8 < tokens; ++b)
          for (la::index d = 0; d != 5; ++d) {
            double sum = 0;
            for (la::index t = b * 8; t < tokens && t < b * 8 + 8; ++t) sum += k(h, t, d);
            REQUIRE(std::fabs(static_cast<double>(pool.sum(h, b)[d]) - sum) < 1e-5);
          }
    }
}

TEST_CASE("mean_pool: appended in any pieces it has the same bits as built at once") {
  for (auto const seed : lacuna_test::seeds(20)) {
    lacuna_test::random r(seed);
    auto const tokens = r.below(200), block = 1 + r.below(20);
    guarded_heads<float> const k(r, 3, tokens, 4);
    at::mean_pool const once(k.view(), block);
    at::mean_pool grown(3, 4, block);
    auto const cuts = lacuna_test::random_cuts(r, tokens);
    for (std::size_t c = 1; c < cuts.size(); ++c) grown.append(k.part(cuts[c - 1], cuts[c]));
    REQUIRE(grown.tokens() == once.tokens());
    for (la::index h = 0; h != 3; ++h)
      for (la::index b = 0; b * block < tokens; ++b)
        REQUIRE(std::memcmp(grown.sum(h, b), once.sum(h, b), 4 * sizeof(float)) == 0);
  }
}

TEST_CASE("mean_pool: keys of another shape are refused") {
  lacuna_test::random r(1);
  guarded_heads<float> const k(r, 2, 3, 4);
  at::mean_pool fewer_heads(1, 4), other_dim(2, 5);
  CHECK_THROWS_AS(fewer_heads.append(k.view()), la::shape_error);
  CHECK_THROWS_AS(other_dim.append(k.view()), la::shape_error);
  CHECK(lacuna_test::message_of<la::shape_error>([&] { return at::mean_pool(1, 4, 0); }) ==
        "mean_pool: 1 heads of dimension 4, blocks of 0 keys, expected none below 0 and blocks of 1 or more");
  CHECK_THROWS_AS(at::mean_pool(-1, 4), la::shape_error);
  CHECK(fewer_heads.tokens() == 0);
}

TEST_CASE("mean_pool: a block that is larger than any sequence holds all of it") {
  lacuna_test::random r(1);
  guarded_heads<float> const k(r, 2, 9, 4);
  at::mean_pool const nine(k.view(), 9), all(k.view(), std::numeric_limits<la::index>::max());
  for (la::index h = 0; h != 2; ++h) CHECK(std::memcmp(all.sum(h, 0), nine.sum(h, 0), 4 * sizeof(float)) == 0);
}
