// SPDX-License-Identifier: MIT
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/kernel/attend/decode_slots.hpp>

#include "support/attention_heads.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("decode_slots: a walk from any place gives each key once, with its bias and who sees it") {
  la::index const heads = 4, queries = 3, keys = 700, dim = 2;
  std::vector<float> k(static_cast<std::size_t>(2 * keys * dim)), v(k);
  at::dense_kv<float> const kv({k.data(), 2, keys, dim, keys * dim, dim}, {v.data(), 2, keys, dim, keys * dim, dim});
  la::kernel::kv_rows<float, float> const rows(kv);
  lacuna_test::plan_kind const kinds[] = {
      {.density = 1, .longest = 900},
      {.density = 0.7, .longest = 20, .partial = true, .tokens = true, .bias = true},
      {.density = 0.5, .longest = 300, .tokens = true}};
  for (auto const& kind : kinds) {
    lacuna_test::random r(7);
    auto const written = lacuna_test::random_plan(r, {queries, keys, heads, 2}, queries, kind);
    auto const plan = written.view();
    la::kernel::decode_group const group{0, 1, 2, 2, 0, 3};
    std::vector<la::kernel::decode_place> places;
    for (la::index run = 0; run != static_cast<la::index>(written.runs.size()); ++run)
      for (la::index at = 0; at < written.runs[static_cast<std::size_t>(run)].count; at += 37)
        places.push_back({run, at});
    auto const tokens = static_cast<la::index>(written.tokens.size());
    for (la::index at = 0; at < tokens; at += 50) places.push_back({static_cast<la::index>(written.runs.size()), at});
    la::index all = tokens;
    for (auto const& run : written.runs) all += run.count;
    for (auto const& from : places) {
      la::index before = from.offset;
      for (la::index n = 0; n != from.run; ++n) before += written.runs[static_cast<std::size_t>(n)].count;
      la::kernel::decode_walk<float, float> walk(plan, rows, group, from, all - before, dim);
      std::vector<bool> met(static_cast<std::size_t>(keys));
      la::index count = 0;
      la::kernel::decode_slots<float, float> slots;
      for (walk.next(slots); slots.count != 0; walk.next(slots)) {
        REQUIRE((slots.count == 64 || count + slots.count == all - before));
        for (la::index j = 0; j != slots.count; ++j) {
          auto const key = (slots.key[j] - k.data()) / dim - keys;
          REQUIRE(slots.value[j] - v.data() == slots.key[j] - k.data());
          REQUIRE(!met[static_cast<std::size_t>(key)]);
          met[static_cast<std::size_t>(key)] = true;
          bool seen = false;
          for (la::index row = 0; row != group.rows(); ++row)
            for (auto const& s : lacuna_test::keys_of(plan, group.head + row % 2, row / 2))
              if (s.key == key) {
                seen = true;
                REQUIRE((!slots.masked || (slots.word[row] >> j & 1u) != 0));
                REQUIRE(static_cast<double>(slots.biased ? slots.bias[j] : 0.0f) == s.bias);
              }
          REQUIRE((seen || slots.masked));
        }
        if (slots.masked)
          for (la::index row = 0; row != group.rows(); ++row)
            REQUIRE((slots.word[row] & ~la::kernel::first_bits(slots.count)) == 0);
        count += slots.count;
      }
      REQUIRE(count == all - before);
    }
  }
}

TEST_CASE("decode_slots: neighbours stand as four streams") {
  std::vector<float> k(300 * 3);
  at::dense_kv<float> const kv({k.data(), 1, 300, 3, 0, 3}, {k.data(), 1, 300, 3, 0, 3});
  la::kernel::kv_rows<float, float> const rows(kv);
  lacuna_test::written_plan plan;
  plan.shape = {1, 300, 1, 1};
  plan.slot_of_head = {0};
  plan.runs = {{5, 70}, {100, 50}};
  plan.end_row();
  auto const view = plan.view();
  la::kernel::decode_walk<float, float> walk(view, rows, {0, 0, 0, 1, 0, 1}, {}, 120, 3);
  la::kernel::decode_slots<float, float> slots;
  walk.next(slots);
  CHECK(slots.streams);
  for (la::index j = 0; j != 64; ++j) CHECK(slots.key[j] == k.data() + 3 * (5 + j % 4 * 16 + j / 4));
  walk.next(slots);
  CHECK(!slots.streams);
  CHECK(slots.count == 56);
  CHECK(slots.key[5] == k.data() + 3 * 74);
  CHECK(slots.key[6] == k.data() + 3 * 100);
  walk.next(slots);
  CHECK(slots.count == 0);
}

TEST_CASE("decode_slots: rows are cut into groups of 4, 2 and 1") {
  for (la::index rows = 0; rows != 12; ++rows) {
    la::index next = 0, groups = 0;
    la::kernel::for_each_height<4>(rows, [&](la::index r, auto height, auto first) {
      CHECK(r == next);
      CHECK(decltype(first)::value == (r == 0));
      next += decltype(height)::value;
      ++groups;
    });
    CHECK(next == rows);
    CHECK(groups == rows / 4 + (rows % 4 + 1) / 2);
  }
}
