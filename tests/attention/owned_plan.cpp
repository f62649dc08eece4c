// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/owned_plan.hpp>
#include <lacuna/attention/renumbered.hpp>
#include <lacuna/attention/sink.hpp>

#include "../support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <utility>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

namespace {

at::plan_arrays example(std::int32_t last = 9) {
  at::plan_arrays a;
  a.shape = {2, 9, 1, 1};
  a.slot_of_head.push_back(0);
  for (la::index const offset : {0, 1}) a.run_offsets.push_back(offset);
  a.runs.push_back({1, last - 1, 0, true});
  return a;
}

la::index keys_of(at::plan_view const& p) { return p.shape.keys; }

}  // namespace

TEST_CASE("plan: owns its arrays and its pattern, and is a view wherever one is wanted") {
  at::plan const p(at::sink{3}, example());
  STATIC_REQUIRE(std::same_as<decltype(p), at::plan<at::sink> const>);
  CHECK(keys_of(p) == 9);
  CHECK(p.shape().queries == 2);
  CHECK(p.pattern().n == 3);
  auto const v = p.view();
  CHECK(v.mask.pattern == &p.pattern());
  CHECK(v.mask.word(v.mask.pattern, 8, 1, 8, 0) == 3);
}

TEST_CASE("plan: copies and moved ones ask their own pattern") {
  at::plan p(at::sink{3}, example());
  auto const copy = p;
  CHECK(copy == p);
  CHECK(copy.view().mask.pattern == &copy.pattern());
  auto const moved = std::move(p);
  CHECK(moved == copy);
  CHECK(moved.view().mask.pattern == &moved.pattern());
}

TEST_CASE("plan: what is left of one that was moved from is for no heads") {
  at::plan p(at::sink{3}, example());
  auto q = std::move(p);
  CHECK(p.shape() == at::shape{.heads = 0, .kv_heads = 0});
  p = std::move(q);
  CHECK(p.shape() == example().shape);
  CHECK(p == at::plan(at::sink{3}, example()));
  CHECK(q.shape() == at::shape{.heads = 0, .kv_heads = 0});
}

TEST_CASE("plan: equality is that of the arrays") {
  at::plan const p(at::sink{3}, example()), other_pattern(at::sink{2}, example()), shorter(at::sink{3}, example(5));
  CHECK(p == other_pattern);
  CHECK(!(p == shorter));
}

#if LACUNA_EXCEPTIONS
TEST_CASE("plan: a pattern that cannot tell about all keys is an error") {
  std::vector<int> const places{2, 0, 1};
  CHECK(lacuna_test::message_of<la::shape_error>([&] {
          return at::plan(at::renumbered(at::causal{}, places), example());
        }) == "renumbered: there are positions for 3 keys, the shape has 9");
}

TEST_CASE("plan: arrays that are none are an error") {
  CHECK(lacuna_test::message_of([] { return at::plan(at::causal{}, example(10)); }) ==
        "plan: head 0, tile 0: run 0 covers keys [1, 10), expected some of [0, 9)");
}
#endif
