// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/plan.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

namespace at = lacuna::attention;

namespace {

/// Three heads of which two share a slot, 70 queries in tiles of 32: 2 slots of 3 tiles.
struct arrays {
  std::vector<std::int32_t> slot_of_head{1, 0, 1};
  std::vector<lacuna::index> run_offsets{0, 1, 1, 3, 3, 3, 4};
  std::vector<at::run> runs{{0, 5}, {9, 2, 0.5f}, {20, 1, 0, true}, {7, 7}};
  std::vector<lacuna::index> token_offsets{0, 0, 2, 2, 2, 3, 3};
  std::vector<std::int32_t> tokens{4, 2, 1};
  std::vector<float> bias{1, 2, 3};

  [[nodiscard]] at::plan_view view() const {
    return {.shape = {70, 30, 3, 1},
            .tile_queries = 32,
            .slot_of_head = slot_of_head,
            .run_offsets = run_offsets,
            .runs = runs,
            .token_offsets = token_offsets,
            .tokens = tokens,
            .token_bias = bias,
            .mask = {}};
  }
};

}  // namespace

TEST_CASE("plan_view: a row for each slot and tile") {
  arrays const a;
  auto const p = a.view();
  CHECK(p.tiles() == 3);
  CHECK(p.row(0, 0) == 3);
  CHECK(p.row(1, 2) == 2);
  CHECK(p.row(2, 1) == p.row(0, 1));
  CHECK(p.head_of(2) == 1);
  CHECK(p.head_of(3) == 0);
  CHECK(p.head_of(6) == -1);
  CHECK(p.runs_of(0).size() == 1);
  CHECK(p.runs_of(1).empty());
  REQUIRE(p.runs_of(2).size() == 2);
  CHECK(p.runs_of(2)[0] == at::run{9, 2, 0.5f, false});
  CHECK(p.runs_of(2)[1] == at::run{20, 1, 0, true});
  CHECK(p.runs_of(5)[0].count == 7);
  REQUIRE(p.tokens_of(1).size() == 2);
  CHECK(p.tokens_of(1)[1] == 2);
  CHECK(p.token_bias_of(1)[1] == 2);
  CHECK(p.token_bias_of(4)[0] == 3);
  CHECK(p.tokens_of(5).empty());
}

TEST_CASE("plan_view: single keys and their biases may be missing") {
  arrays const a;
  auto p = a.view();
  p.token_bias = {};
  CHECK(p.tokens_of(1).size() == 2);
  CHECK(p.token_bias_of(1).empty());
  p.token_offsets = {};
  CHECK(p.tokens_of(1).empty());
  CHECK(at::plan_view{}.tiles() == 0);
}

TEST_CASE("mask_of: a pattern as a kernel asks it") {
  at::causal const p;
  auto const mask = at::mask_of(p);
  CHECK(mask.pattern == &p);
  CHECK(mask.word(mask.pattern, 10, 8, 64, 0) == 7);
  CHECK(mask.word(mask.pattern, 10, 8, 2, 0) == 3);
  CHECK(mask.word(mask.pattern, -1, 0, 64, 0) == 0);
}
