// SPDX-License-Identifier: MIT
#include <lacuna/attention/plan_builder.hpp>
#include <lacuna/attention/validate.hpp>

#include "../support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <initializer_list>
#include <limits>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using at::cover;

namespace {

struct piece {
  la::index first, last;
  cover how;
  float bias = 0;
};

at::plan_arrays row_of(std::initializer_list<piece> pieces) {
  at::plan_builder b({1, 1000, 1, 1}, {});
  b.set_slot(0);
  for (auto const p : pieces) b.add(p.first, p.last, p.how, p.bias);
  b.end_row();
  return b.finish();
}

std::vector<at::run> runs_of(std::initializer_list<piece> pieces) {
  auto const a = row_of(pieces);
  CHECK(a.tokens.empty());
  return {a.runs.data(), a.runs.data() + a.runs.size()};
}

}  // namespace

TEST_CASE("plan_builder: runs that touch become one, if they are alike") {
  CHECK(runs_of({{0, 10, cover::full}, {10, 20, cover::full}, {21, 40, cover::full}}) ==
        std::vector<at::run>{{0, 20}, {21, 19}});
  CHECK(runs_of({{0, 10, cover::partial}, {10, 20, cover::partial}}) == std::vector<at::run>{{0, 20, 0, true}});
  CHECK(runs_of({{0, 10, cover::full, 1}, {10, 20, cover::full, 2}}) == std::vector<at::run>{{0, 10, 1}, {10, 10, 2}});
  CHECK(runs_of({{0, 40, cover::full}, {40, 50, cover::partial}}) == std::vector<at::run>{{0, 40}, {40, 10, 0, true}});
  CHECK(runs_of({{50, 60, cover::full}, {20, 50, cover::full}}) == std::vector<at::run>{{50, 10}, {20, 30}});
}

TEST_CASE("plan_builder: a run shorter than 32 keys joins a partial neighbour") {
  CHECK(runs_of({{0, 31, cover::full}, {31, 50, cover::partial}}) == std::vector<at::run>{{0, 50, 0, true}});
  CHECK(runs_of({{0, 32, cover::full}, {32, 50, cover::partial}}) == std::vector<at::run>{{0, 32}, {32, 18, 0, true}});
  CHECK(runs_of({{0, 5, cover::partial}, {5, 6, cover::full}, {6, 9, cover::partial}, {9, 10, cover::full}}) ==
        std::vector<at::run>{{0, 10, 0, true}});
  // What grows to 32 does not.
  CHECK(runs_of({{0, 5, cover::partial}, {5, 20, cover::full}, {20, 40, cover::full}}) ==
        std::vector<at::run>{{0, 5, 0, true}, {5, 35}});
  CHECK(runs_of({{0, 5, cover::partial, 1}, {5, 20, cover::full}}) == std::vector<at::run>{{0, 5, 1, true}, {5, 15}});
  CHECK(runs_of({{0, 5, cover::partial}, {6, 20, cover::full}}) == std::vector<at::run>{{0, 5, 0, true}, {6, 14}});
}

TEST_CASE("plan_builder: short runs are single keys, with biases once one is there") {
  auto const a =
      row_of({{3, 7, cover::full}, {8, 13, cover::full}, {20, 21, cover::full, 0.5f}, {30, 31, cover::partial}});
  CHECK(a.runs.size() == 2);
  REQUIRE(a.tokens.size() == 5);
  CHECK(a.tokens[3] == 6);
  CHECK(a.tokens[4] == 20);
  REQUIRE(a.token_bias.size() == 5);
  CHECK(a.token_bias[3] == 0);
  CHECK(a.token_bias[4] == 0.5f);
  CHECK(row_of({{3, 7, cover::full}}).token_bias.empty());
  CHECK(row_of({}).token_offsets.empty());
}

TEST_CASE("plan_builder: keys many at a time are what they are one by one") {
  std::int32_t const ids[] = {3, 5, 6, 200};
  for (la::index const single : {0, 4, 9})
    for (float const bias : {0.0f, 2.0f})
      for (auto const how : {cover::partial, cover::full}) {
        at::plan_builder one({1, 1000, 1, 1}, {.single_keys = single}), many({1, 1000, 1, 1}, {.single_keys = single});
        for (auto* const b : {&one, &many}) {
          b->set_slot(0);
          b->add(0, 2, cover::full);
          if (b == &one)
            for (auto const id : ids) b->add(id, id + 1, how, bias);
          else
            b->keys(ids, 4, how, bias);
          b->add(300, 302, cover::full, bias);
          b->end_row();
        }
        CHECK(one.finish().view() == many.finish().view());
      }
}

TEST_CASE("plan_builder: keys that stand apart are stored alike, whether a bias was met before or not") {
  std::int32_t const ids[] = {3, 4, 5, 6, 7, 8, 9};
  at::plan_builder b({128, 1000, 1, 1}, {});
  b.set_slot(0);
  for (int row = 0; row != 2; ++row) {
    b.keys(ids, 7, cover::full, 0);
    b.add_token(20, 0.5f);
    b.end_row();
  }
  auto const a = b.finish();
  CHECK(a.runs.empty());
  REQUIRE(a.view().tokens_of(1).size() == 8);
  CHECK(a.view().token_bias_of(1)[6] == 0);
  CHECK(a.view().token_bias_of(1)[7] == 0.5f);
}

TEST_CASE("plan_builder: tiles, rows and slots") {
  at::plan_builder b({70, 30, 2, 1}, {.tile_queries = 32});
  CHECK(b.tiles() == 3);
  CHECK(b.tile_of(0, 1).q0 == -40);
  CHECK(b.tile_of(2, 1).q0 == 24);
  CHECK(b.tile_of(2, 1).q1 == 30);
  CHECK(b.tile_of(2, 1).k1 == 30);
  CHECK(b.tile_of(2, 1).head == 1);
  b.set_slot(0);
  b.set_slot(0);
  b.add(0, 9, cover::full);
  b.end_row();
  b.add_token(4);
  b.add_token(2, 0.5f);
  b.end_row();
  b.end_row();
  auto const a = b.finish();
  CHECK_NOTHROW(at::validate(a.view()));
  CHECK(a.view().runs_of(0).size() == 1);
  CHECK(a.view().runs_of(1).empty());
  CHECK(a.view().tokens_of(1)[1] == 2);
  CHECK(a.view().token_bias_of(1)[1] == 0.5f);
  CHECK(a.view().tokens_of(2).empty());

  at::plan_builder c({70, 30, 1, 1}, {.tile_queries = 32});
  c.set_slot(0);
  c.copy_rows(a.view(), 0, 1);
  c.copy_rows(a.view(), 1, 2);
  auto copy = c.finish();
  copy.shape = a.shape;
  copy.slot_of_head.push_back(0);
  CHECK(copy.view() == a.view());
}

#if LACUNA_EXCEPTIONS
TEST_CASE("plan_builder: a bias that is not finite is an error") {
  CHECK(lacuna_test::message_of<la::value_error>(
            [] { return row_of({{3, 7, cover::full, std::numeric_limits<float>::quiet_NaN()}}); }) ==
        "plan: head 0, tile 0: key 3 has no finite bias, or different ones for different queries of a tile of 64");
  CHECK(lacuna_test::message_of<la::value_error>([] {
          at::plan_builder b({70, 10, 4, 2}, {});
          for (la::index const slot : {0, 0, 1, 1}) b.set_slot(slot);
          for (int row = 0; row != 3; ++row) b.end_row();
          b.add_token(7, std::numeric_limits<float>::infinity());
          b.end_row();
          return 0;
        }) ==
        "plan: head 2, tile 1: key 7 has no finite bias, or different ones for different queries of a tile of 64");
}
#endif
