// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/diagonals.hpp>
#include <lacuna/attention/materialize.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/per_head.hpp>
#include <lacuna/attention/segments.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/strided.hpp>
#include <lacuna/attention/token_lists.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/core/threads.hpp>

#include "../support/allocations.hpp"
#include "../support/lists.hpp"
#include "../support/message_of.hpp"
#include "../support/patterns.hpp"
#include "../support/plans.hpp"
#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <utility>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::any_pattern, lacuna_test::check_plan, lacuna_test::message_of;
using at::operator|;  // for patterns from elsewhere

namespace {

/// Every third pair, heads apart, classified by nobody.
struct thirds {
  [[nodiscard]] static at::cover classify(at::tile) { return at::cover::partial; }
  [[nodiscard]] static bool allows(la::index i, la::index j, la::index head) { return (i + j + head + 300) % 3 == 0; }
};

/// Documents, whatever the shape.
struct documents : at::segments {
  using at::segments::segments;
  static void validate(at::shape) {}
};

std::vector<std::pair<std::string, any_pattern>> const& patterns() {
  static std::vector<std::pair<std::string, any_pattern>> const all{
      {"all", any_pattern(at::all{})},
      {"none", any_pattern(at::none{})},
      {"causal", any_pattern(at::causal{})},
      {"window", any_pattern(at::window{40})},
      {"wide window", any_pattern(at::window{5, 70})},
      {"sink", any_pattern(at::sink{3})},
      {"streaming", any_pattern(at::causal{} & (at::sink{3} | at::window{20}))},
      {"future", any_pattern(~at::causal{})},
      {"far", any_pattern(~(at::window{65} | at::sink{1}))},
      {"thirds", any_pattern(thirds{})},
      {"vertical slash",
       any_pattern(at::causal{} & (at::columns({0, 1, 2, 50, 90, 91, 170}) | at::diagonals({0, 40, 41, 100}, 3)))},
      {"wide diagonals", any_pattern(at::diagonals({0, 70, -30}, 50))},
      {"heads", any_pattern(at::per_head(std::vector<int>{0, 1, 2, 1}, at::causal{}, at::window{9} | at::sink{1},
                                         at::strided{.block = 16, .local = 1, .stride = 3, .shift = 1}))},
      {"segments", any_pattern(at::causal{} & ~documents({0, 30, 31, 90, 1000}))},
  };
  return all;
}

}  // namespace

TEST_CASE("materialize: the plan holds the pairs, for any pattern, shape and tile") {
  lacuna_test::random r(3);
  for (auto const& [name, pattern] : patterns())
    for (la::index const tile : {1, 7, 16, 32, 64, 100})
      for (int n = 0; n != 14; ++n) {
        auto const heads = name == "heads" ? 4 : 1 + r.below(4);
        at::shape const s{n == 0   ? 0
                          : n == 1 ? 1
                                   : r.below(150),
                          n == 2   ? 0
                          : n == 3 ? 1
                                   : r.below(200),
                          heads, r.chance(0.5) ? 1 : heads};
        CAPTURE(name, tile, s.queries, s.keys, s.heads);
        CHECK(check_plan(at::materialize(pattern, s, {.tile_queries = tile}).view(), pattern) == "");
      }
}

TEST_CASE("materialize: the streaming pattern of a long sequence, run by run") {
  auto const p = at::materialize(at::causal{} & (at::sink{64} | at::window{256}), {4096, 4096, 1, 1});
  auto const view = p.view();
  CHECK(view.tiles() == 64);
  auto const last = view.runs_of(63);
  REQUIRE(last.size() == 4);
  CHECK(last[0] == at::run{0, 64, 0, false});
  CHECK(last[1] == at::run{4032 - 255, 63, 0, true});
  CHECK(last[2] == at::run{4095 - 255, 256 - 63, 0, false});
  CHECK(last[3] == at::run{4033, 63, 0, true});
  CHECK(view.tokens_of(63).empty());
  CHECK(view.token_offsets.empty());
}

TEST_CASE("materialize: a single query has no partial runs, and touching runs are one") {
  auto const p = at::materialize(at::causal{}, {3, 1000, 1, 1}, {.tile_queries = 1});
  for (la::index t = 0; t != 3; ++t) {
    REQUIRE(p.view().runs_of(t).size() == 1);
    CHECK(p.view().runs_of(t)[0] == at::run{0, static_cast<std::int32_t>(998 + t), 0, false});
  }
  auto const halves = at::materialize(lacuna_test::never_sure{at::causal{}}, {1, 1000, 1, 1});
  CHECK(halves.view().runs_of(0).size() == 1);
}

TEST_CASE("materialize: up to 4 keys seen by all are single keys, or as many as you say") {
  auto const p = at::causal{} & at::sink{4};
  auto const plan = at::materialize(p, {64, 1000, 1, 1});
  CHECK(plan.view().runs_of(0).empty());
  REQUIRE(plan.view().tokens_of(0).size() == 4);
  CHECK(plan.view().tokens_of(0)[3] == 3);
  CHECK(plan.view().token_bias.empty());
  auto const run = at::materialize(p, {64, 1000, 1, 1}, {.single_keys = 0});
  CHECK(run.view().tokens_of(0).empty());
  CHECK(run.view().runs_of(0)[0] == at::run{0, 4, 0, false});
  CHECK(!(plan == run));
  CHECK(plan == at::materialize(p, {64, 1000, 1, 1}));
}

TEST_CASE("materialize: heads that are alike share their rows") {
  struct pairs_of_heads {
    [[nodiscard]] static at::cover classify(at::tile t) { return at::causal{}.classify(moved(t)); }
    [[nodiscard]] static bool allows(la::index i, la::index j, la::index head) { return j <= i - head / 2; }
    [[nodiscard]] static bool alike(la::index g, la::index h) { return g / 2 == h / 2; }
    [[nodiscard]] static at::tile moved(at::tile t) {
      return {t.q0 - t.head / 2, t.q1 - t.head / 2, t.k0, t.k1, t.head};
    }
  };
  auto const p = at::materialize(pairs_of_heads{}, {100, 100, 6, 2});
  CHECK(check_plan(p.view(), pairs_of_heads{}) == "");
  CHECK(p.arrays().slot_of_head.size() == 6);
  for (la::index h = 0; h != 6; ++h) CHECK(p.arrays().slot_of_head[h] == h / 2);
  CHECK(p.view().run_offsets.size() == 3 * 2 + 1);
  CHECK(at::materialize(at::causal{}, {100, 100, 32, 8}).view().run_offsets.size() == 2 + 1);
  CHECK(at::materialize(thirds{}, {100, 100, 3, 1}).view().run_offsets.size() == 3 * 2 + 1);
}

TEST_CASE("materialize: biases reach runs and single keys") {
  struct raised {
    [[nodiscard]] static at::cover classify(at::tile t) { return at::sink{10}.classify(t); }
    [[nodiscard]] static bool allows(la::index, la::index j) { return j < 10; }
    static void runs(at::tile t, at::run_sink to) {
      if (t.k0 < 2) to(t.k0, 2, at::cover::full, 0.5f);
      to(4, 10, at::cover::full, -1.0f);
    }
  };
  auto const plan = at::materialize(at::sink{1} | raised{}, {5, 50, 1, 1});
  auto const view = plan.view();
  REQUIRE(view.tokens_of(0).size() == 2);
  CHECK(view.token_bias_of(0)[0] == 0);
  CHECK(view.token_bias_of(0)[1] == 0.5f);
  CHECK(view.runs_of(0)[0] == at::run{4, 6, -1.0f, false});
}

TEST_CASE("materialize: the same plan for every number of threads") {
  at::token_lists const lists(lacuna_test::unordered_rows{{{3, 50}, {3, 7, 90}, {}, {0}}, 300, 0.5f},
                              {.queries = 60, .biased = true, .first_position = 60});
  for (la::index const threads : {1, 2, 3, 7}) {
    la::threads pool(threads);
    for (auto const& [name, pattern] : patterns())
      for (la::index const tile : {1, 64}) {
        at::shape const s{240, 300, 4, 2};
        CAPTURE(name, tile, threads);
        CHECK(at::materialize(pool, pattern, s, {.tile_queries = tile}) ==
              at::materialize(pattern, s, {.tile_queries = tile}));
      }
    auto const biased = at::columns({1, 2, 4, 6, 8}) | lists;
    CHECK(at::materialize(pool, biased, {240, 300, 1, 1}, {.tile_queries = 20}) ==
          at::materialize(biased, {240, 300, 1, 1}, {.tile_queries = 20}));
    CHECK(at::materialize(pool, at::causal{}, {0, 0, 0, 0}) == at::materialize(at::causal{}, {0, 0, 0, 0}));
  }
}

#if LACUNA_EXCEPTIONS
TEST_CASE("materialize: no memory is an exception, whichever worker wants it") {
  la::threads pool(3);
  at::shape const s{400, 400, 4, 2};
  auto const& pattern = patterns()[10].second;
  auto const expected = at::materialize(pattern, s, {.tile_queries = 4});
  bool same = true;
  CHECK(lacuna_test::failing_allocations(
            [&] { same = same && at::materialize(pattern, s, {.tile_queries = 4}) == expected; }) >= 0);
  CHECK(lacuna_test::failing_allocations(
            [&] { same = same && at::materialize(pool, pattern, s, {.tile_queries = 4}) == expected; }) >= 0);
  CHECK(same);
}

TEST_CASE("materialize: says what is wrong with shape, options or pattern") {
  auto const shape_of = [](at::shape s) {
    return message_of<la::shape_error>([s] { return at::materialize(at::causal{}, s); });
  };
  CHECK(shape_of({-1, 5, 1, 1}) ==
        "plan: a shape of -1 queries, 5 keys, 1 heads and 1 kv_heads, expected none below 0");
  CHECK(shape_of({1, 1, 3, 2}) == "plan: 3 heads, expected a multiple of kv_heads, which is 2");
  CHECK(shape_of({1, 1, 3, 0}) == "plan: 3 heads, expected a multiple of kv_heads, which is 0");
  CHECK(shape_of({1, 1, 0, 0}) == "no error");
  CHECK(shape_of({1, la::index{1} << 31, 1, 1}) == "plan: 2147483648 keys, expected at most 2147483647");
  CHECK(message_of<la::value_error>([] { return at::materialize(at::all{}, {1, 1, 1, 1}, {.tile_queries = 0}); }) ==
        "plan: tile_queries is 0, expected 1 or more");
  CHECK(message_of<la::value_error>([] { return at::materialize(at::all{}, {1, 1, 1, 1}, {.single_keys = -1}); }) ==
        "plan: single_keys is -1, expected 0 or more");
  struct biased {
    float bias;
    [[nodiscard]] static at::cover classify(at::tile) { return at::cover::partial; }
    [[nodiscard]] static bool allows(la::index i, la::index j) { return (i + j) % 2 == 0; }
    void runs(at::tile t, at::run_sink to) const { to(t.k0, t.k1, at::cover::partial, bias); }
  };
  CHECK(message_of<la::value_error>([] { return at::materialize(biased{1} | biased{2}, {100, 50, 1, 1}); }) ==
        "plan: head 0, tile 0: key 0 has no finite bias, or different ones for different queries of a tile of 64");
  // Of several, the first row is told, whichever worker was first.
  auto const p = at::sink{0} | at::per_head(std::vector<int>{0, 1}, biased{1} | biased{1}, biased{1} | biased{2});
  la::threads pool(3);
  for (int n = 0; n != 20; ++n)
    CHECK(message_of<la::value_error>([&] { return at::materialize(pool, p, {100, 50, 2, 1}, {.tile_queries = 1}); }) ==
          "plan: head 1, tile 0: key 0 has no finite bias, or different ones for different queries of a tile of 1");
  CHECK(message_of<la::value_error>([] { return at::materialize(biased{1} | biased{1}, {100, 50, 1, 1}); }) ==
        "no error");
}
#endif
