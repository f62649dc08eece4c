// SPDX-License-Identifier: MIT
#include <lacuna/kernel/attend/weights.hpp>

#include "../../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

namespace la = lacuna;
namespace kernel = lacuna::kernel;
using arch = la::simd::default_arch;

namespace {

struct tile {
  alignas(64) float scores[64 * 64];
  kernel::attend_state<float> state;
};

void fill(lacuna_test::random& r, tile& t, la::index count) {
  t.state.clear_peak();
  for (la::index s = 0; s != count; ++s)
    for (la::index i = 0; i != 64; ++i) {
      t.scores[s * 64 + i] = static_cast<float>(10 * r.normal());
      t.state.peak[i] = std::max(t.state.peak[i], t.scores[s * 64 + i]);
    }
}

}  // namespace

TEST_CASE("weights: a softmax over two tiles, of any number of keys") {
  lacuna_test::random r(1);
  auto const t = std::make_unique<tile>();
  for (la::index const count : {1, 2, 3, 4, 5, 7, 63, 64}) {
    t->state.clear();
    double mass[64] = {}, top[64];
    std::fill_n(top, 64, -1e300);
    for (int round = 0; round != 2; ++round) {
      fill(r, *t, count);
      double was[64];
      for (int i = 0; i != 64; ++i) {
        was[i] = top[i];
        for (la::index s = 0; s != count; ++s) top[i] = std::max(top[i], static_cast<double>(t->scores[s * 64 + i]));
        mass[i] *= std::exp(was[i] - top[i]);
        for (la::index s = 0; s != count; ++s) mass[i] += std::exp(static_cast<double>(t->scores[s * 64 + i]) - top[i]);
      }
      auto const grew = kernel::attend_weigh<arch>(t->scores, count, 64, t->state);
      for (int i = 0; i != 64; ++i) {
        CHECK(static_cast<double>(t->state.top[i]) == top[i]);
        CHECK((grew >> i & 1u) == (top[i] > was[i] ? 1u : 0u));
        CHECK(std::fabs(static_cast<double>(t->state.mass[i]) - mass[i]) <= 1e-5 * mass[i]);
        CHECK((t->state.shrink[i] == 1) == (top[i] == was[i]));
      }
    }
  }
}

TEST_CASE("weights: sums shrink where a row has grown, and nowhere else") {
  alignas(64) float sums[3 * 64], shrink[64] = {0.5f, 0.25f, 2.0f};
  std::fill_n(sums, 3 * 64, 4.0f);
  kernel::attend_shrink<arch>(sums, 64, 2, 0b101u, shrink);
  for (int c = 0; c != 64; ++c) {
    CHECK(sums[c] == 2);
    CHECK(sums[64 + c] == 4);
    CHECK(sums[128 + c] == 4);  // a row that is not in use
  }
}

TEST_CASE("weights: below and settled speak of rows in use only") {
  kernel::attend_state<float> state{};
  for (int i = 0; i != 64; ++i) {
    state.top[i] = 1;
    state.peak[i] = i < 10 ? -2.5f : 5.0f;
    state.mass[i] = 10;
    state.added[i] = i < 10 ? 0.5f : 5.0f;
  }
  CHECK(kernel::attend_all_below(state, 10, -3.0f));
  CHECK(!kernel::attend_all_below(state, 11, -3.0f));
  CHECK(!kernel::attend_all_below(state, 10, -4.0f));
  CHECK(kernel::attend_all_settled(state, 10, 0.1f));
  CHECK(!kernel::attend_all_settled(state, 11, 0.1f));
  CHECK(!kernel::attend_all_settled(state, 10, 0.05f));
}
