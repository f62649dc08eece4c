// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/kernel/attend/walk.hpp>

#include "../../support/attention_heads.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
namespace kernel = lacuna::kernel;

namespace {

struct met {
  la::index key;
  float bias;
  bool partial;
  friend bool operator==(met const&, met const&) = default;
};

template <class Walk>
std::vector<met> all_of(Walk walk, bool full_tiles) {
  std::vector<met> keys;
  kernel::key_slots slots;
  bool full = true;
  while (walk(slots)) {
    CHECK(slots.count > 0);
    CHECK(slots.count <= 64);
    if (full_tiles) CHECK(full);  // only the last tile may be short
    full = slots.count == 64;
    for (la::index p = 0; p != slots.pieces; ++p) {
      auto const& piece = slots.piece[p];
      for (la::index i = 0; i != piece.count; ++i)
        keys.push_back(
            {piece.ids != nullptr ? piece.ids[i] : piece.first + i, slots.bias[piece.slot + i], piece.partial});
    }
  }
  CHECK(!walk(slots));
  return keys;
}

}  // namespace

TEST_CASE("walk over a plan: its keys in order, 64 at a time") {
  lacuna_test::random r(1);
  for (auto const longest : {3, 40, 500}) {
    at::shape const s{50, 700, 1, 1};
    auto const plan = lacuna_test::random_plan(
        r, s, 50,
        {.density = 0.5, .longest = longest, .partial = true, .tokens = true, .bias = true, .shuffled = true});
    std::vector<met> expected;
    auto const view = plan.view();
    for (auto const& run : view.runs_of(0))
      for (la::index k = 0; k != run.count; ++k) expected.push_back({run.first + k, run.bias, run.partial});
    for (std::size_t t = 0; t != view.tokens_of(0).size(); ++t)
      expected.push_back({view.tokens_of(0)[t], view.token_bias_of(0)[t], false});
    CAPTURE(longest);
    CHECK(all_of(kernel::plan_walk(view, 0), true) == expected);
  }
}

TEST_CASE("walk over a pattern: tiles at multiples of 64, and every key that some query sees") {
  auto const pattern = at::causal{} & (at::sink{70} | at::window{130});
  using P = decltype(pattern);
  kernel::pattern_of_heads const erased{&pattern, kernel::classify_heads<std::remove_const_t<P>>};
  for (la::index const keys : {0, 1, 64, 1000, 5000})
    for (la::index const first : {0, 100, 900, 4900}) {
      if (first >= keys) continue;
      auto const last = std::min<la::index>(first + 64, keys);
      kernel::pattern_walk walk(erased, first, last, keys, 0, 1);
      kernel::key_slots slots;
      std::vector<bool> met(static_cast<std::size_t>(keys));
      while (walk(slots)) {
        REQUIRE(slots.pieces == 1);
        auto const& piece = slots.piece[0];
        CHECK(piece.first % 64 == 0);
        for (la::index k = piece.first; k != piece.first + piece.count; ++k) {
          met[static_cast<std::size_t>(k)] = true;
          for (la::index q = first; q != last; ++q)
            if (!piece.partial) CHECK(pattern.allows(q, k));
        }
      }
      for (la::index k = 0; k != keys; ++k) {
        bool seen = false;
        for (la::index q = first; q != last; ++q) seen = seen || pattern.allows(q, k);
        if (seen && !met[static_cast<std::size_t>(k)])
          FAIL("key " << k << " of " << keys << ", queries from " << first);
      }
    }
}
