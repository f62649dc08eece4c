// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/strided.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/kernel/select/row_rules.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

TEST_CASE("row_rules: a slot for each head, or for each group") {
  lacuna::kernel::row_rules rules;
  rules.shape = {.queries = 70, .keys = 100, .heads = 6, .kv_heads = 2};
  rules.options.tile_queries = 32;
  CHECK(rules.tiles() == 3);
  CHECK(rules.rows() == 18);
  CHECK(rules.tile(4, 2).q0 == 30 + 64);
  CHECK(rules.tile(4, 2).q1 == 100);
  CHECK(rules.tile(4, 2).head == 4);
  CHECK(rules.slots_of_heads().finish().slot_of_head[4] == 4);
  rules.share_group = true;
  CHECK(rules.rows() == 6);
  CHECK(rules.tile(1, 0).head == 3);
  CHECK(rules.slots_of_heads().finish().slot_of_head[4] == 1);
}

TEST_CASE("row_rules: what is asked for, or what is wrong with it") {
  namespace at = lacuna::attention;
  at::strided const by_heads{.shift = 1};
  auto const rules =
      lacuna::kernel::rules_of({70, 100, 4, 2}, at::none{}, by_heads, {.tile_queries = 5, .single_keys = 9});
  CHECK(rules.options.tile_queries == 5);
  CHECK(rules.options.single_keys == 9);
  CHECK(!rules.share_group);
  CHECK(rules.within.pattern == &by_heads);
#if LACUNA_EXCEPTIONS
  CHECK(lacuna_test::message_of<lacuna::value_error>([&] {
          return lacuna::kernel::rules_of({70, 100, 4, 2}, at::none{}, by_heads, {.share_group = true});
        }) == "select: heads 0 and 1 choose together, but their patterns differ");
  CHECK(lacuna_test::message_of<lacuna::shape_error>(
            [&] { return lacuna::kernel::rules_of({-1, 100, 4, 2}, at::none{}, at::causal{}, {}); }) != "no error");
#endif
}
