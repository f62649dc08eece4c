// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/from_predicate.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/per_head.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/message_of.hpp"
#include "../support/patterns.hpp"
#include "../support/plans.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

namespace {

std::vector<std::uint8_t> const kinds{0, 2, 1, 0, 2};
auto const three = at::per_head(kinds, at::causal{}, at::none{}, at::causal{} & (at::sink{3} | at::window{20}));

}  // namespace

TEST_CASE("per_head: each head by the pattern of its kind") {
  CHECK(three.allows(50, 10, 0));
  CHECK(three.allows(50, 10, 3));
  CHECK(!three.allows(50, 10, 1));
  CHECK(three.allows(50, 1, 4));
  CHECK(!three.allows(50, 50, 2));
  CHECK(!three.allows(50, 50, 5));
  CHECK(lacuna_test::check_pattern(three, false, 300, 5) == "");
  CHECK(lacuna_test::check_pattern(~three, false, 300, 5) == "");
}

TEST_CASE("per_head: heads of a kind share the rows of the plan") {
  auto const plan = at::materialize(three, {100, 150, 5, 5});
  CHECK(lacuna_test::check_plan(plan.view(), three, true) == "");
  CHECK(plan.view().run_offsets.size() == 3 * 2 + 1);
  auto const slots = plan.arrays().slot_of_head.span();
  CHECK(std::vector<std::int32_t>(slots.begin(), slots.end()) == std::vector<std::int32_t>{0, 1, 2, 0, 1});
  // Unless the pattern of the kind tells heads apart itself.
  at::from_predicate const f{[](la::index, la::index j, la::index head) { return j == head; }};
  auto const mixed = at::per_head(std::vector<int>{0, 1, 1}, at::causal{}, f);
  CHECK(at::materialize(mixed, {10, 10, 3, 1}).view().run_offsets.size() == 3 + 1);
}

#if LACUNA_EXCEPTIONS
TEST_CASE("per_head: kinds that are none and heads without one are errors") {
  using lacuna_test::message_of;
  CHECK(message_of<la::value_error>([] { return at::per_head(std::vector<int>{0, 2}, at::causal{}, at::none{}); }) ==
        "per_head: head 1 has kind 2, expected 0 <= kind < 2");
  CHECK(message_of<la::value_error>([] { return at::per_head(std::vector<int>{-1}, at::causal{}); }) ==
        "per_head: head 0 has kind -1, expected 0 <= kind < 1");
  CHECK(message_of<la::shape_error>([] { return at::materialize(three, {1, 1, 4, 1}); }) ==
        "per_head: there are kinds for 5 heads, the shape has 4");
}
#endif
