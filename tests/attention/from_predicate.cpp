// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/from_predicate.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/patterns.hpp"
#include "../support/plans.hpp"

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("from_predicate: a function of query and key, or of the head as well") {
  at::from_predicate const third{[](la::index i, la::index j) { return (i - j) % 3 == 0; }};
  CHECK(third.allows(7, 4));
  CHECK(!third.allows(7, 5));
  CHECK(at::alike(third, 0, 1));
  CHECK(lacuna_test::check_pattern(third, false, 100) == "");
  at::from_predicate const by_head{[](la::index i, la::index j, la::index head) { return j % 4 == head && j <= i; }};
  CHECK(!at::alike(by_head, 0, 1));
  CHECK(lacuna_test::check_pattern(by_head, false, 100, 3) == "");
  CHECK(lacuna_test::check_pattern(at::from_predicate{[](la::index, la::index j) { return j > 70 && j < 200; }}, false,
                                   100) == "");
}

TEST_CASE("from_predicate: its plan is exact, the same as that of the pattern that it repeats") {
  at::from_predicate const f{[](la::index i, la::index j) { return at::window{30, 4}.allows(i, j); }};
  for (la::index const tile : {1, 16, 64}) {
    at::shape const s{150, 170, 1, 1};
    CHECK(at::materialize(f, s, {.tile_queries = tile}).view() ==
          at::materialize(at::window{30, 4}, s, {.tile_queries = tile}).view());
  }
}

TEST_CASE("from_predicate: within another pattern, only the pairs of that are asked for") {
  static la::index calls;
  calls = 0;
  at::from_predicate const f{[](la::index i, la::index j) { return ++calls, (i + j) % 2 == 0; }};
  auto const plan = at::materialize(at::window{64} & f, {4096, 4096, 1, 1});
  CHECK(calls <= 4096 * 128);
  CHECK(plan.view().runs.size() >= 64);
}
