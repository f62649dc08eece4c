// SPDX-License-Identifier: MIT
#include <lacuna/attention/all.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/kernel/select/vertical_slash.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using kernel = la::kernel::vertical_slash<la::simd::default_arch, at::top_k, at::top_k>;

namespace {

template <class W>
la::kernel::row_rules rules_of(at::shape s, bool share, W const& within, at::none const& forced) {
  la::kernel::row_rules rules;
  rules.shape = s;
  rules.options.tile_queries = 8;
  rules.share_group = share;
  rules.within = la::kernel::visible_through(within);
  rules.forced = la::kernel::visible_through(forced);
  return rules;
}

/// Places of the k largest sums over heads.
std::vector<bool> largest(at::probe_last const& probe, la::index first, la::index heads, bool diagonals, la::index k) {
  auto const n = probe.keys();
  std::vector<float> sum(static_cast<std::size_t>(n));
  for (auto h = first; h != first + heads; ++h)
    for (std::size_t j = 0; j != sum.size(); ++j) sum[j] += (diagonals ? probe.diagonals(h) : probe.columns(h))[j];
  std::vector<bool> taken(sum.size());
  for (la::index i = 0; i != std::min(k, n); ++i) {
    std::size_t best = sum.size();
    for (std::size_t j = 0; j != sum.size(); ++j)
      if (!taken[j] && (best == sum.size() || sum[j] > sum[best])) best = j;
    taken[best] = true;
  }
  return taken;
}

}  // namespace

TEST_CASE("vertical_slash: columns, and what the queries of a tile meet on the diagonals") {
  at::causal const within;
  at::none const forced;
  for (auto const seed : lacuna_test::seeds(20)) {
    lacuna_test::random r(seed);
    at::shape const s{.queries = 1 + r.below(30), .keys = 1 + r.below(60), .heads = 4, .kv_heads = 2};
    bool const share = seed % 2 == 0;
    auto const rules = rules_of(s, share, within, forced);
    at::probe_last probe(4, s.keys, 1);
    for (la::index h = 0; h != 4; ++h) {
      for (auto& m : probe.columns(h)) m = static_cast<float>(r.below(20));
      for (auto& m : probe.diagonals(h)) m = static_cast<float>(r.below(20));
    }
    at::top_k const columns{r.below(8)}, diagonals{r.below(6)};
    la::serial exec;
    la::kernel::wrong_score wrong;
    auto const plan = kernel(probe, columns, diagonals, rules).run(la::kernel::any_executor(exec), wrong);
    REQUIRE(wrong.slot == -1);
    auto const view = plan.view();
    for (la::index slot = 0; slot != rules.slots(); ++slot) {
      auto const vertical = largest(probe, rules.head_of(slot), share ? 2 : 1, false, columns.k);
      auto const slash = largest(probe, rules.head_of(slot), share ? 2 : 1, true, diagonals.k);
      for (la::index t = 0; t != rules.tiles(); ++t) {
        std::vector<bool> got(static_cast<std::size_t>(s.keys));
        auto const row = slot * rules.tiles() + t;
        for (auto const& run : view.runs_of(row))
          for (auto j = run.first; j != run.first + run.count; ++j) got[static_cast<std::size_t>(j)] = true;
        for (auto const j : view.tokens_of(row)) got[static_cast<std::size_t>(j)] = true;
        auto const tile = rules.tile(slot, t);
        for (la::index j = 0; j != s.keys; ++j) {
          bool wanted = vertical[static_cast<std::size_t>(j)];
          for (auto i = tile.q0; i != tile.q1; ++i)
            wanted |= i - j >= 0 && i - j < s.keys && slash[static_cast<std::size_t>(i - j)];
          // The diagonal goes on ahead of the first query of the tile, and the mask takes it back.
          CAPTURE(seed, slot, t, j, tile.q0, tile.q1);
          REQUIRE(got[static_cast<std::size_t>(j)] == (wanted && j < tile.q1));
        }
      }
    }
  }
}

TEST_CASE("vertical_slash: a wrong mass is told") {
  at::all const within;
  at::none const forced;
  auto const rules = rules_of({.queries = 2, .keys = 4, .heads = 2, .kv_heads = 2}, false, within, forced);
  la::serial exec;
  for (bool const diagonal : {false, true}) {
    at::probe_last probe(2, 4, 1);
    (diagonal ? probe.diagonals(1) : probe.columns(1))[2] = std::numeric_limits<float>::quiet_NaN();
    la::kernel::wrong_score wrong;
    static_cast<void>(kernel(probe, {1}, {1}, rules).run(la::kernel::any_executor(exec), wrong));
    CHECK(wrong.slot == 1);
    CHECK(wrong.tile == (diagonal ? 1 : 0));
    CHECK(wrong.unit == 2);
  }
}
