// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/kernel/select/row.hpp>

#include "support/random.hpp"
#include "support/unsure.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using la::kernel::key_range;

namespace {

/// Whether one row, of queries [q0, q1) at the end of `keys` keys, holds what pairs say.
template <class F, class W>
void check_row(std::vector<key_range> const& chosen, F const& forced, W const& within, la::index q0, la::index q1,
               la::index keys) {
  at::plan_builder builder({.queries = q1 - q0, .keys = keys}, {.tile_queries = 1000});
  builder.set_slot(0);
  at::tile const tile{q0, q1, 0, keys};
  la::kernel::row_builder(tile, la::kernel::visible_through(within), builder)
      .append(chosen.data(), static_cast<la::index>(chosen.size()), la::kernel::visible_through(forced));
  builder.end_row();
  auto const plan = builder.finish();
  auto const view = plan.view();
  enum class seen { none, some, all };
  std::vector<seen> got(static_cast<std::size_t>(keys), seen::none);
  for (auto const& run : view.runs_of(0))
    for (auto j = run.first; j != run.first + run.count; ++j) {
      REQUIRE(got[static_cast<std::size_t>(j)] == seen::none);
      got[static_cast<std::size_t>(j)] = run.partial ? seen::some : seen::all;
    }
  for (auto const j : view.tokens_of(0)) {
    REQUIRE(got[static_cast<std::size_t>(j)] == seen::none);
    got[static_cast<std::size_t>(j)] = seen::all;
  }
  for (la::index j = 0; j != keys; ++j) {
    bool in = std::any_of(chosen.begin(), chosen.end(), [&](key_range r) { return j >= r.first && j < r.last; });
    bool any = false, every = true;
    for (auto i = q0; i != q1; ++i) {
      in |= at::allows(forced, i, j);
      any |= at::allows(within, i, j);
      every &= at::allows(within, i, j);
    }
    CAPTURE(j, q0, q1, keys);
    if (!in || !any)
      REQUIRE(got[static_cast<std::size_t>(j)] == seen::none);
    else if (!every)
      REQUIRE(got[static_cast<std::size_t>(j)] == seen::some);
    else  // what all see may be part of a partial run, which costs only time
      REQUIRE(got[static_cast<std::size_t>(j)] != seen::none);
  }
}

}  // namespace

TEST_CASE("row: what is chosen and what is forced, as far as it may be seen") {
  for (auto const seed : lacuna_test::seeds(60)) {
    lacuna_test::random r(seed);
    auto const keys = 1 + r.below(200);
    auto const q1 = 1 + r.below(keys), q0 = q1 - 1 - r.below(std::min<la::index>(q1, 20));
    std::vector<key_range> chosen;
    for (la::index j = r.below(20) - 5; j < keys; j += r.below(30)) chosen.push_back({j, j + 1 + r.below(20)});
    check_row(chosen, at::none{}, at::all{}, q0, q1, keys);
    check_row(chosen, at::none{}, at::causal{}, q0, q1, keys);
    check_row(chosen, at::sink{7} | at::window{9}, at::causal{}, q0, q1, keys);
    check_row({}, at::sink{7} | at::window{9, 4}, at::window{50, 2}, q0, q1, keys);
    check_row({}, at::none{}, at::causal{}, q0, q1, keys);
    check_row(chosen, lacuna_test::unsure{at::sink{1}}, at::all{}, q0, q1, keys);
  }
}

TEST_CASE("row: touching ranges are one run, short ones single keys") {
  at::all const within;
  at::none const forced;
  at::plan_builder builder({.queries = 1, .keys = 100}, {});
  std::vector<key_range> const chosen{{0, 10}, {10, 20}, {15, 30}, {40, 41}, {50, 60}};
  la::kernel::row_builder({99, 100, 0, 100}, la::kernel::visible_through(within), builder)
      .append(chosen.data(), 5, la::kernel::visible_through(forced));
  builder.end_row();
  auto const plan = builder.finish();
  REQUIRE(plan.runs.size() == 2);
  CHECK(plan.runs[0] == at::run{.first = 0, .count = 30});
  CHECK(plan.runs[1] == at::run{.first = 50, .count = 10});
  REQUIRE(plan.tokens.size() == 1);
  CHECK(plan.tokens[0] == 40);
}

TEST_CASE("row: in order of importance what is forced comes first, and no key twice") {
  at::causal const within;
  auto const forced = at::sink{10} | at::window{5};
  at::plan_builder builder({.queries = 2, .keys = 100}, {});
  std::vector<key_range> const chosen{{64, 80}, {0, 16}, {80, 100}, {32, 48}};
  la::kernel::row_builder({94, 96, 0, 100}, la::kernel::visible_through(within), builder)
      .append_in_order(chosen.data(), 4, la::kernel::visible_through(forced));
  builder.end_row();
  auto const plan = builder.finish();
  std::vector<at::run> const expected{{.first = 0, .count = 10},  {.first = 90, .count = 6, .partial = true},
                                      {.first = 64, .count = 16}, {.first = 10, .count = 6},
                                      {.first = 80, .count = 10}, {.first = 32, .count = 16}};
  REQUIRE(plan.runs.size() == 6);
  for (la::index n = 0; n != 6; ++n) CHECK(plan.runs[n] == expected[static_cast<std::size_t>(n)]);
}

TEST_CASE("row: single keys are copied where nothing else counts") {
  at::causal const within;
  at::none const nothing;
  at::sink const something{1};
  std::vector<std::int32_t> const keys{3, 4, 5, 9};
  auto const append = [&](la::index q0, auto const& forced) {
    at::plan_builder builder({.queries = 2, .keys = 12}, {.single_keys = 4});
    la::kernel::row_builder row({q0, q0 + 2, 0, 12}, la::kernel::visible_through(within), builder);
    bool const done = row.append_keys(keys.data(), 4, la::kernel::visible_through(forced));
    builder.end_row();
    CHECK(builder.finish().tokens.size() == (done ? 4 : 0));
    return done;
  };
  CHECK(append(9, nothing));
  CHECK_FALSE(append(8, nothing));  // its first query does not see key 9
  CHECK_FALSE(append(9, something));
}
