// SPDX-License-Identifier: MIT
#include <lacuna/attention/select/token_blocks.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"
#include "support/selection.hpp"

#include <catch2/catch_test_macros.hpp>

#include <utility>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::guarded_heads;

TEST_CASE("token_blocks: each token once, at its place in its block, however many come at a time") {
  lacuna_test::random r(1);
  for (la::index const unit : {1, 4, 64}) {
    guarded_heads<float> const k(r, 2, 150, 3, true);
    at::token_blocks<float> table(2, unit, unit);
    auto const cuts = lacuna_test::random_cuts(r, 150);
    for (std::size_t c = 1; c < cuts.size(); ++c)
      table.append("test", 3, k.part(cuts[c - 1], cuts[c]),
                   [](la::index, float* block, la::index place, float const* key) { block[place] += key[2]; });
    REQUIRE(table.tokens() == 150);
    CHECK(table.unit() == unit);
    for (la::index h = 0; h != 2; ++h)
      for (la::index t = 0; t != 150; ++t) REQUIRE(table.block(h, t / unit)[t % unit] == k.view().row(h, t)[2]);
  }
}

TEST_CASE("token_blocks: one that was moved from holds no token, and grows again") {
  lacuna_test::random r(2);
  guarded_heads<float> const k(r, 2, 150, 3, true);
  auto const add = [](la::index, float* block, la::index place, float const* key) { block[place] = key[2]; };
  at::token_blocks<float> table(2, 4, 4);
  table.append("test", 3, k.view(), add);
  auto const moved = std::move(table);
  CHECK(moved.tokens() == 150);
  CHECK(table.tokens() == 0);
  table.append("test", 3, k.view(), add);
  REQUIRE(table.tokens() == 150);
  for (la::index h = 0; h != 2; ++h)
    for (la::index t = 0; t != 150; ++t) REQUIRE(table.block(h, t / 4)[t % 4] == moved.block(h, t / 4)[t % 4]);
}

#if LACUNA_EXCEPTIONS
TEST_CASE("token_blocks: keys of another shape are refused, and nothing is added") {
  lacuna_test::random r(1);
  guarded_heads<float> const k(r, 2, 5, 3);
  auto const add = [&](la::index heads, la::index dim) {
    at::token_blocks<float> table(heads, 1, 1);
    auto const message = lacuna_test::message_of<la::shape_error>([&] {
      table.append("test", dim, k.view(), [](la::index, float*, la::index, float const*) {});
      return 0;
    });
    CHECK(table.tokens() == (message == "no error" ? 5 : 0));
    return message;
  };
  CHECK(add(2, 3) == "no error");
  CHECK(add(1, 3) == "test: the index has 1 heads of dimension 3, k has 2 of 3");
  CHECK(add(2, 4) == "test: the index has 2 heads of dimension 4, k has 2 of 3");
}
#endif
