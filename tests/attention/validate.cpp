// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/validate.hpp>

#include "../support/message_of.hpp"
#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

#if LACUNA_EXCEPTIONS
namespace {

/// A sound plan, to be spoilt: 3 heads in 2 slots, 70 queries in tiles of 32, 100 keys.
struct arrays {
  at::shape shape{70, 100, 3, 1};
  la::index tile_queries = 32;
  std::vector<std::int32_t> slot_of_head{1, 0, 1};
  std::vector<la::index> run_offsets{0, 1, 1, 3, 3, 3, 4};
  std::vector<at::run> runs{{0, 5}, {9, 2, 0.5f}, {20, 80, 0, true}, {7, 7}};
  std::vector<la::index> token_offsets{0, 0, 2, 2, 2, 3, 3};
  std::vector<std::int32_t> tokens{4, 99, 1};
  std::vector<float> bias{1, 2, 3};
  at::causal pattern;
  bool masked = true;
};

template <class Spoil>
std::string message_after(Spoil spoil) {
  arrays a;
  spoil(a);
  return lacuna_test::message_of([&] {
    at::validate({.shape = a.shape,
                  .tile_queries = a.tile_queries,
                  .slot_of_head = a.slot_of_head,
                  .run_offsets = a.run_offsets,
                  .runs = a.runs,
                  .token_offsets = a.token_offsets,
                  .tokens = a.tokens,
                  .token_bias = a.bias,
                  .mask = a.masked ? at::mask_of(a.pattern) : at::pair_mask{}});
    return 0;
  });
}

constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("validate: sound plans pass, with and without single keys, biases, heads and queries") {
  CHECK(message_after([](arrays&) {}) == "no error");
  CHECK(message_after([](arrays& a) { a.bias.clear(); }) == "no error");
  CHECK(message_after([](arrays& a) { a.bias.clear(), a.tokens.clear(), a.token_offsets.clear(); }) == "no error");
  CHECK(message_after([](arrays& a) { std::swap(a.runs[1], a.runs[2]); }) == "no error");
  CHECK(message_after([](arrays& a) { std::swap(a.tokens[0], a.tokens[1]); }) == "no error");
  CHECK(message_after([](arrays& a) {
          a = {};
          a.shape = {0, 0, 0, 0};
          a.slot_of_head.clear();
          a.run_offsets = {0};
          a.token_offsets = {0};
          a.runs.clear();
          a.tokens.clear();
          a.bias.clear();
        }) == "no error");
}

TEST_CASE("validate: counts") {
  CHECK(message_after([](arrays& a) { a.shape.keys = -1; }) ==
        "plan: a shape of 70 queries, -1 keys, 3 heads and 1 kv_heads, expected none below 0");
  CHECK(message_after([](arrays& a) { a.shape.keys = la::index{1} << 31; }) ==
        "plan: 2147483648 keys, expected at most 2147483647");
  CHECK(message_after([](arrays& a) { a.shape.kv_heads = 2; }) ==
        "plan: 3 heads, expected a multiple of kv_heads, which is 2");
  CHECK(message_after([](arrays& a) { a.shape.kv_heads = 0; }) ==
        "plan: 3 heads, expected a multiple of kv_heads, which is 0");
  CHECK(message_after([](arrays& a) { a.tile_queries = 0; }) == "plan: tile_queries is 0, expected 1 or more");
  CHECK(message_after([](arrays& a) { a.slot_of_head.pop_back(); }) ==
        "plan: slot_of_head has 2 slots, expected one for each of 3 heads");
  CHECK(message_after([](arrays& a) { a.slot_of_head[1] = 2; }) == "plan: head 1 has slot 2, expected 0 <= slot < 2");
  CHECK(message_after([](arrays& a) { a.slot_of_head[2] = -1; }) == "plan: head 2 has slot -1, expected 0 <= slot < 2");
  CHECK(message_after([](arrays& a) { a.tile_queries = 16; }) ==
        "plan: 6 rows, expected a multiple of 5, the tiles of 16 queries");
}

TEST_CASE("validate: offsets") {
  CHECK(message_after([](arrays& a) { a.run_offsets.clear(); }) == "plan: no run offsets, expected at least one");
  CHECK(message_after([](arrays& a) { a.run_offsets[0] = 1; }) == "plan: the first run offset is 1, expected 0");
  CHECK(message_after([](arrays& a) { a.run_offsets[2] = 0; }) == "plan: run offsets fall from 1 to 0 at row 1");
  CHECK(message_after([](arrays& a) { a.run_offsets.back() = 5; }) ==
        "plan: the last run offset is 5, but there are 4 runs");
  CHECK(message_after([](arrays& a) { a.token_offsets.back() = 4; }) ==
        "plan: the last token offset is 4, but there are 3 tokens");
  CHECK(message_after([](arrays& a) { a.token_offsets.pop_back(); }) ==
        "plan: 6 token offsets, expected 7, as many as run offsets");
  CHECK(message_after([](arrays& a) { a.token_offsets.clear(); }) == "plan: no token offsets, expected at least one");
  CHECK(message_after([](arrays& a) { a.bias.pop_back(); }) ==
        "plan: there are 2 biases of tokens, expected none or 3");
}

TEST_CASE("validate: runs and single keys say head, tile and entry") {
  CHECK(message_after([](arrays& a) { a.runs[2].count = 81; }) ==
        "plan: head 1, tile 2: run 1 covers keys [20, 101), expected some of [0, 100)");
  CHECK(message_after([](arrays& a) { a.runs[0].first = -1; }) ==
        "plan: head 1, tile 0: run 0 covers keys [-1, 4), expected some of [0, 100)");
  CHECK(message_after([](arrays& a) { a.runs[3].count = 0; }) ==
        "plan: head 0, tile 2: run 0 covers keys [7, 7), expected some of [0, 100)");
  CHECK(message_after([](arrays& a) { a.runs[3] = {std::numeric_limits<std::int32_t>::max(), 5}; }) ==
        "plan: head 0, tile 2: run 0 covers keys [2147483647, 2147483652), expected some of [0, 100)");
  CHECK(message_after([](arrays& a) { a.runs[1].bias = infinity; }) ==
        "plan: head 1, tile 2: run 0 has bias inf, which is not finite");
  CHECK(message_after([](arrays& a) { a.masked = false; }) ==
        "plan: head 1, tile 2: run 1 is partial, but the plan has no mask");
  CHECK(message_after([](arrays& a) { a.tokens[1] = 100; }) ==
        "plan: head 1, tile 1: token 1 is key 100, expected 0 <= key < 100");
  CHECK(message_after([](arrays& a) { a.tokens[2] = -5; }) ==
        "plan: head 0, tile 1: token 0 is key -5, expected 0 <= key < 100");
  CHECK(message_after([](arrays& a) { a.bias[1] = -infinity; }) ==
        "plan: head 1, tile 1: token 1 has bias -inf, which is not finite");
}

TEST_CASE("validate: a key that stands twice in a row") {
  CHECK(message_after([](arrays& a) { a.tokens[1] = 4; }) == "plan: head 1, tile 1: key 4 stands there twice");
  CHECK(message_after([](arrays& a) { a.runs[1].count = 12; }) == "plan: head 1, tile 2: key 20 stands there twice");
  CHECK(message_after([](arrays& a) { a.runs[1].first = 99; }) ==
        "plan: head 1, tile 2: run 0 covers keys [99, 101), expected some of [0, 100)");
  CHECK(message_after([](arrays& a) { a.runs[1].first = 98; }) == "plan: head 1, tile 2: key 98 stands there twice");
  CHECK(message_after([](arrays& a) { a.token_offsets = {0, 0, 0, 3, 3, 3, 3}; }) ==
        "plan: head 1, tile 2: key 99 stands there twice");
}

TEST_CASE("validate: rows in any order are found out exactly when a key stands twice, far apart as well") {
  lacuna_test::random r(5);
  for (int n = 0; n != 300; ++n) {
    la::index const keys = n % 3 == 0 ? 200 : 100000;
    std::vector<at::run> runs;
    std::vector<std::int32_t> tokens;
    std::multiset<la::index> all;
    for (int x = 0; x != 6; ++x) {
      auto const count = static_cast<std::int32_t>(1 + r.below(keys / 60));
      auto const first = static_cast<std::int32_t>(r.below(keys - count));
      runs.push_back({first, count});
      for (auto j = first; j != first + count; ++j) all.insert(j);
    }
    for (int x = 0; x != 6; ++x) {
      tokens.push_back(static_cast<std::int32_t>(r.below(keys)));
      all.insert(tokens.back());
    }
    if (n % 2 == 0) {
      std::sort(tokens.begin(), tokens.end());
      std::sort(runs.begin(), runs.end(), [](auto a, auto b) { return a.first < b.first; });
    }
    bool const twice = std::adjacent_find(all.begin(), all.end()) != all.end();
    std::vector<std::int32_t> const slots{0};
    std::vector<la::index> const run_offsets{0, 6}, token_offsets{0, 6};
    auto const said = lacuna_test::message_of([&] {
      at::validate({.shape = {1, keys, 1, 1},
                    .slot_of_head = slots,
                    .run_offsets = run_offsets,
                    .runs = runs,
                    .token_offsets = token_offsets,
                    .tokens = tokens,
                    .token_bias = {},
                    .mask = {}});
      return 0;
    });
    CAPTURE(n, said);
    CHECK((said != "no error") == twice);
  }
}
#endif
