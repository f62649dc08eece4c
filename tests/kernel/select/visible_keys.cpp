// SPDX-License-Identifier: MIT
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/kernel/select/visible_keys.hpp>

#include "support/random.hpp"
#include "support/unsure.hpp"

#include <catch2/catch_test_macros.hpp>

#include <new>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

namespace {

/// Each key that some query of the tile sees comes once, in order, and no other.
template <class P>
void check(P const& pattern, at::tile t) {
  std::vector<la::index> expected, got;
  for (auto j = t.k0; j < t.k1; ++j) {
    bool any = false;
    for (auto i = t.q0; i != t.q1; ++i) any |= at::allows(pattern, i, j);
    if (any) expected.push_back(j);
  }
  la::kernel::visit_visible(la::kernel::visible_through(pattern), t, [&](la::index first, la::index last, float bias) {
    REQUIRE(first < last);
    REQUIRE(bias == 0);
    for (auto j = first; j != last; ++j) got.push_back(j);
  });
  CAPTURE(t.q0, t.q1, t.k0, t.k1);
  REQUIRE(got == expected);
}

}  // namespace

TEST_CASE("visible_keys: those that some query sees, also where the pattern itself is unsure") {
  for (auto const seed : lacuna_test::seeds(40)) {
    lacuna_test::random r(seed);
    auto const q0 = r.below(300), k0 = r.below(150);
    at::tile const t{q0, q0 + 1 + r.below(20), k0, k0 + r.below(200)};
    check(at::causal{}, t);
    check(at::sink{7} | at::window{9, 4}, t);
    check(lacuna_test::unsure{at::causal{}}, t);
    check(lacuna_test::unsure{at::sink{170} | at::window{9, 70}}, t);
    check(lacuna_test::unsure{at::sink{1}}, t);
  }
}

TEST_CASE("visible_keys: a pattern is asked by pointer") {
  at::causal const pattern;
  auto const keys = la::kernel::visible_through(pattern);
  la::index first = -1, last = -1;
  auto take = [&](la::index f, la::index l, at::cover, float) {
    if (first < 0) first = f;
    last = l;
  };
  keys.runs(keys.pattern, {.q0 = 5, .q1 = 8, .k0 = 2, .k1 = 20}, take);
  CHECK(first == 2);
  CHECK(last == 8);
}

#if LACUNA_EXCEPTIONS
TEST_CASE("visible_keys: what takes the keys may run out of memory") {
  at::causal const pattern;
  auto const keys = la::kernel::visible_through(pattern);
  auto take = [](la::index, la::index, at::cover, float) { throw std::bad_alloc(); };
  CHECK_THROWS_AS(keys.runs(keys.pattern, {.q0 = 5, .q1 = 8, .k0 = 2, .k1 = 20}, take), std::bad_alloc);
}
#endif
