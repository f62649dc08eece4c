// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/minmax.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/selection.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

TEMPLATE_TEST_CASE("minmax: the ends of each channel over each page, the last one short", "", float, la::bf16,
                   la::f16) {
  lacuna_test::random r(1);
  for (la::index const tokens : {0, 1, 7, 8, 9, 40}) {
    guarded_heads<TestType> const k(r, 2, tokens, 5, tokens % 2 == 0, 1);
    at::minmax const pages(k.view(), 8);
    for (la::index h = 0; h != 2; ++h)
      for (la::index p = 0; p * 8 < tokens; ++p)
        for (la::index d = 0; d != 5; ++d) {
          double largest = k(h, p * 8, d), least = largest;
          for (la::index t = p * 8; t < tokens && t < p * 8 + 8; ++t) {
            largest = std::max(largest, k(h, t, d));
            least = std::min(least, k(h, t, d));
          }
          REQUIRE(static_cast<double>(pages.bounds(h, p)[d]) == largest);
          REQUIRE(static_cast<double>(pages.bounds(h, p)[5 + d]) == least);
        }
  }
}

TEST_CASE("minmax: no logit of a page exceeds its bound") {
  for (auto const seed : lacuna_test::seeds(50)) {
    lacuna_test::random r(seed);
    auto const tokens = 1 + r.below(60), page = 1 + r.below(16), dim = 1 + r.below(20);
    guarded_heads<float> const k(r, 1, tokens, dim), q(r, 1, 3, dim);
    at::minmax const pages(k.view(), page);
    for (la::index i = 0; i != 3; ++i)
      for (la::index t = 0; t != tokens; ++t) {
        double bound = 0;
        for (la::index d = 0; d != dim; ++d)
          bound += std::max(q(0, i, d) * static_cast<double>(pages.bounds(0, t / page)[d]),
                            q(0, i, d) * static_cast<double>(pages.bounds(0, t / page)[dim + d]));
        REQUIRE(lacuna_test::dot(q, 0, i, k, 0, t) <= bound + 1e-12);
      }
  }
}

TEST_CASE("minmax: appended in any pieces it has the same bits as built at once") {
  for (auto const seed : lacuna_test::seeds(20)) {
    lacuna_test::random r(seed);
    auto const tokens = r.below(200), page = 1 + r.below(20);
    guarded_heads<la::bf16> const k(r, 3, tokens, 4);
    at::minmax const once(k.view(), page);
    at::minmax grown(3, 4, page);
    auto const cuts = lacuna_test::random_cuts(r, tokens);
    for (std::size_t c = 1; c < cuts.size(); ++c) grown.append(k.part(cuts[c - 1], cuts[c]));
    for (la::index h = 0; h != 3; ++h)
      for (la::index p = 0; p * page < tokens; ++p)
        REQUIRE(std::memcmp(grown.bounds(h, p), once.bounds(h, p), 8 * sizeof(float)) == 0);
  }
}

TEST_CASE("minmax: a NaN among the keys of a page stays, wherever it stands") {
  for (int place = 0; place != 4; ++place) {
    float keys[4] = {1, -2, 3, -4};
    keys[place] = std::numeric_limits<float>::quiet_NaN();
    at::minmax const pages(la::heads_view<float const>{keys, 1, 4, 1, 4, 1}, 4);
    CHECK(std::isnan(pages.bounds(0, 0)[0]));
    CHECK(std::isnan(pages.bounds(0, 0)[1]));
  }
}

TEST_CASE("minmax: keys of another shape are refused") {
  lacuna_test::random r(1);
  guarded_heads<float> const k(r, 2, 3, 4);
  at::minmax fewer_heads(1, 4), other_dim(2, 5);
  CHECK_THROWS_AS(fewer_heads.append(k.view()), la::shape_error);
  CHECK_THROWS_AS(other_dim.append(k.view()), la::shape_error);
  CHECK(lacuna_test::message_of<la::shape_error>([&] { return at::minmax(1, 4, 0); }) ==
        "minmax: 1 heads of dimension 4, pages of 0 keys, expected none below 0 and pages of 1 or more");
}

TEST_CASE("minmax: a block that is larger than any sequence holds all of it") {
  lacuna_test::random r(1);
  guarded_heads<float> const k(r, 2, 9, 4);
  at::minmax const nine(k.view(), 9), all(k.view(), std::numeric_limits<la::index>::max());
  for (la::index h = 0; h != 2; ++h) CHECK(std::memcmp(all.bounds(h, 0), nine.bounds(h, 0), 8 * sizeof(float)) == 0);
}
