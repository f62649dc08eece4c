// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/plan_arrays.hpp>

#include <catch2/catch_test_macros.hpp>

namespace la = lacuna;
namespace at = lacuna::attention;

namespace {

at::plan_arrays example() {
  at::plan_arrays a;
  a.shape = {2, 9, 1, 1};
  a.slot_of_head.push_back(0);
  for (la::index const offset : {0, 1}) a.run_offsets.push_back(offset);
  a.runs.push_back({1, 5, 0.5f, true});
  for (la::index const offset : {0, 1}) a.token_offsets.push_back(offset);
  a.tokens.push_back(7);
  a.token_bias.push_back(2);
  return a;
}

}  // namespace

TEST_CASE("plan_arrays: the view is of them all") {
  auto const a = example();
  at::causal const p;
  auto const v = a.view(at::mask_of(p));
  CHECK(v.shape == at::shape{2, 9, 1, 1});
  CHECK(v.tile_queries == 64);
  CHECK(v.slot_of_head.size() == 1);
  CHECK(v.runs_of(0)[0] == at::run{1, 5, 0.5f, true});
  CHECK(v.tokens_of(0)[0] == 7);
  CHECK(v.token_bias_of(0)[0] == 2);
  CHECK(v.mask.pattern == &p);
  CHECK(a.view().mask.word == nullptr);
}

TEST_CASE("plan_view: two are equal if everything but the mask is") {
  auto const a = example();
  CHECK(a.view() == example().view());
  at::causal const p;
  CHECK(a.view(at::mask_of(p)) == a.view());
  auto const differs = [&](auto change) {
    auto b = example();
    change(b);
    return !(a.view() == b.view());
  };
  CHECK(differs([](auto& b) { b.shape.keys = 10; }));
  CHECK(differs([](auto& b) { b.tile_queries = 32; }));
  CHECK(differs([](auto& b) { b.slot_of_head[0] = 1; }));
  CHECK(differs([](auto& b) { b.run_offsets[1] = 0; }));
  CHECK(differs([](auto& b) { b.runs[0].partial = false; }));
  CHECK(differs([](auto& b) { b.token_offsets[1] = 0; }));
  CHECK(differs([](auto& b) { b.tokens[0] = 8; }));
  CHECK(differs([](auto& b) { b.token_bias = {}; }));
}
