// SPDX-License-Identifier: MIT
#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/attention/kv_source.hpp>
#include <lacuna/attention/paged_kv.hpp>
#include <lacuna/kernel/attend/decode_walk.hpp>

#include "support/attention_heads.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

TEST_CASE("decode_walk: a walk from any place gives each key once, with its bias and who sees it") {
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
          auto const* const address = la::kernel::decode_row(slots.whole, slots.key, j, dim);
          auto const key = (address - k.data()) / dim - keys;
          REQUIRE(la::kernel::decode_row(slots.whole, slots.value, j, dim) - v.data() == address - k.data());
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

namespace {

/// The keys of a walk over runs of one head, tile by tile: 300 keys of 3 numbers, or as many as each row is apart.
struct walked {
  explicit walked(std::vector<at::run> runs, la::index count, la::index apart = 3)
      : k(static_cast<std::size_t>(300 * apart)) {
    at::dense_kv<float> const kv({k.data(), 1, 300, 3, 0, apart}, {k.data(), 1, 300, 3, 0, apart});
    walk(kv, std::move(runs), count, apart);
  }
  /// Keys in pages, which stand in the order of `table`.
  walked(std::vector<at::run> runs, la::index count, la::index page, std::vector<std::int32_t> const& table)
      : k(static_cast<std::size_t>(900)) {
    auto const pool = at::paged_view<float const>::packed(k.data(), 300 / page, 1, page, 3);
    walk(at::paged_kv<float>(pool, pool, table, static_cast<la::index>(table.size()) * page), std::move(runs), count,
         3);
  }
  template <at::kv_source S>
  void walk(S const& kv, std::vector<at::run> runs, la::index count, la::index apart) {
    la::kernel::kv_rows<float, float> const rows(kv);
    lacuna_test::written_plan plan;
    plan.shape = {1, 300, 1, 1};
    plan.slot_of_head = {0};
    plan.runs = std::move(runs);
    plan.end_row();
    auto const view = plan.view();
    la::kernel::decode_walk<float, float> walk(view, rows, {0, 0, 0, 1, 0, 1}, {}, count, 3);
    la::kernel::decode_slots<float, float> slots;
    for (walk.next(slots); slots.count != 0; walk.next(slots)) {
      keys.emplace_back();
      for (la::index j = 0; j != slots.count; ++j)
        keys.back().push_back((la::kernel::decode_row(slots.whole, slots.key, j, 3) - k.data()) / apart);
      streams.push_back(slots.streams);
      whole.push_back(slots.whole);
    }
  }
  std::vector<float> k;
  std::vector<std::vector<la::index>> keys;
  std::vector<bool> streams, whole;
};

}  // namespace

TEST_CASE("decode_walk: 64 neighbours without gaps by one address where they are read in order, others by their own") {
  CHECK(walked({{5, 134}}, 134).whole ==
        std::vector<bool>{la::kernel::decode_in_order, la::kernel::decode_in_order, false});
  CHECK(walked({{5, 134}}, 134, 4).whole == std::vector<bool>(3));
  CHECK(walked({{5, 10}, {20, 54}}, 64).whole == std::vector<bool>(1));
  CHECK(walked({{5, 64, 0.5f}}, 64).whole == std::vector<bool>(1));
}

TEST_CASE("decode_walk: 64 keys of a page by one address where they are read in order") {
  walked const w({{0, 64}, {70, 64}, {150, 64}}, 192, 75, {2, 0, 1});
  REQUIRE(w.keys.size() == 3);
  CHECK(w.whole == std::vector<bool>{la::kernel::decode_in_order, false, la::kernel::decode_in_order});
  for (la::index j = 0; j != 64; ++j) {
    auto const at = la::kernel::decode_in_order ? j : j % 4 * 16 + j / 4;
    CHECK(w.keys[0][static_cast<std::size_t>(j)] == 150 + at);
    CHECK(w.keys[1][static_cast<std::size_t>(j)] == (at < 5 ? 220 + at : at - 5));
    CHECK(w.keys[2][static_cast<std::size_t>(j)] == 75 + at);
  }
}

TEST_CASE("decode_walk: neighbours stand in order or as four streams, fewer than 64 as they come") {
  walked const w({{5, 134}, {200, 50}}, 184);
  REQUIRE(w.keys.size() == 3);
  REQUIRE(w.keys[0].size() == 64);
  REQUIRE(w.keys[1].size() == 64);
  for (la::index j = 0; j != 64; ++j) {
    auto const at = la::kernel::decode_in_order ? j : j % 4 * 16 + j / 4;
    CHECK(w.keys[0][static_cast<std::size_t>(j)] == 5 + at);
    CHECK(w.keys[1][static_cast<std::size_t>(j)] == 69 + at);
  }
  REQUIRE(w.keys[2].size() == 56);
  CHECK(w.keys[2][5] == 138);
  CHECK(w.keys[2][6] == 200);
  CHECK(w.streams == std::vector<bool>{true, true, false});
}

TEST_CASE("decode_walk: rows apart are no streams, but stand in the same order") {
  walked const apart({{0, 128}}, 128, 5), tight({{0, 128}}, 128);
  CHECK(apart.keys == tight.keys);
  CHECK(tight.streams == std::vector<bool>{true, true});
  CHECK(apart.streams == std::vector<bool>{false, false});
}
