// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/block_mask.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/columns.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/diagonals.hpp>
#include <lacuna/attention/extend.hpp>
#include <lacuna/attention/inspect.hpp>
#include <lacuna/attention/per_head.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>

#include "../support/message_of.hpp"
#include "../support/patterns.hpp"
#include "../support/plans.hpp"
#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::any_pattern, lacuna_test::message_of;

namespace {

/// Counts how often a full row is asked for.
struct counting {
  inline static la::index whole_rows = 0;
  [[nodiscard]] static at::cover classify(at::tile t) { return at::causal{}.classify(t); }
  [[nodiscard]] static bool allows(la::index i, la::index j) { return j <= i; }
  static void runs(at::tile t, at::run_sink sink) {
    whole_rows += t.k0 == 0;
    at::causal{}.runs(t, sink);
  }
};

}  // namespace

TEST_CASE("extend: the plan is that of the longer sequence, however it grew") {
  any_pattern const patterns[] = {
      any_pattern(at::causal{}),
      any_pattern(at::all{}),
      any_pattern(at::window{30, 20}),
      any_pattern(at::diagonals({90}, 20)),
      any_pattern(at::causal{} & (at::columns({0, 5, 6, 7, 8, 9, 90, 199}) | at::diagonals({0, 40}, 9))),
      any_pattern(at::per_head(std::vector<int>{0, 1, 0, 1}, at::causal{}, at::sink{80} | at::window{9}))};
  lacuna_test::random r(1);
  for (auto const& p : patterns)
    for (la::index const tile : {1, 16, 64})
      for (int n = 0; n != 12; ++n) {
        at::shape s{r.below(100), r.below(100), 4, 2};
        auto plan = at::materialize(p, s, {.tile_queries = tile});
        for (int step = 0; step != 4; ++step) {
          auto const more = r.below(3) == 0 ? 1 : r.below(70);
          s.keys += more;
          if (n % 2 == 0) s.queries += more;  // else the queries move on
          plan = at::extend(plan, s);
          CAPTURE(tile, n, step, s.queries, s.keys);
          REQUIRE(plan == at::materialize(p, s, {.tile_queries = tile}));
        }
      }
}

TEST_CASE("extend: rows that see nothing new are copied") {
  auto plan = at::materialize(counting{}, {1000, 1000, 1, 1});
  counting::whole_rows = 0;
  plan = at::extend(plan, {1128, 1128, 1, 1});
  CHECK(counting::whole_rows == 3);  // the last, of 40 queries, and two new
  CHECK(plan.view() == at::materialize(at::causal{}, {1128, 1128, 1, 1}).view());
}

TEST_CASE("extend: a pattern that only classifies is cut at other keys, and lets the same pairs meet") {
  struct halved {
    [[nodiscard]] static at::cover classify(at::tile t) { return at::causal{}.classify(t); }
    [[nodiscard]] static bool allows(la::index i, la::index j) { return j <= i; }
  };
  at::shape const s{200, 200, 1, 1};
  auto const plan = at::extend(at::materialize(halved{}, {64, 64, 1, 1}, {.tile_queries = 10}), s);
  CHECK(lacuna_test::check_plan(plan.view(), at::causal{}) == "");
  CHECK(at::allowed_pairs(plan) == at::allowed_pairs(at::materialize(at::causal{}, s)));
}

TEST_CASE("extend: single keys as many as were asked for, biases too") {
  auto const p = at::causal{} & at::sink{10};
  auto const plan = at::extend(at::materialize(p, {100, 100, 1, 1}, {.single_keys = 20}), {200, 200, 1, 1}, 20);
  CHECK(plan == at::materialize(p, {200, 200, 1, 1}, {.single_keys = 20}));
}

#if LACUNA_EXCEPTIONS
TEST_CASE("extend: a sequence that shrinks, other heads, and a pattern that ends are errors") {
  auto const plan = at::materialize(at::causal{}, {10, 20, 4, 2});
  auto const to = [&](at::shape s) { return message_of<la::shape_error>([&] { return at::extend(plan, s); }); };
  CHECK(to({10, 20, 4, 2}) == "no error");
  CHECK(to({10, 19, 4, 2}) == "extend: the plan has 20 keys, the new shape 19");
  CHECK(to({10, 20, 4, 4}) == "extend: the plan has 4 heads over 2, the new shape 4 over 4");
  CHECK(to({10, 20, 2, 2}) == "extend: the plan has 4 heads over 2, the new shape 2 over 2");
  auto const masked = at::materialize(at::block_mask(la::mask(2, 2, true)), {128, 128, 1, 1});
  CHECK(message_of<la::shape_error>([&] { return at::extend(masked, {129, 129, 1, 1}); }) ==
        "block_mask: there are lists for queries at positions 0 to 127, but the queries stand at 0 to 128");
}
#endif
