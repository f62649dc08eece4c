// SPDX-License-Identifier: MIT
#include <lacuna/attention/key_set.hpp>

#include "../support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <set>

namespace la = lacuna;
namespace at = lacuna::attention;

namespace {

/// Random intervals between -100 and 300, which may be put far away from others so that there are no bits.
struct example {
  at::key_set keys;
  std::set<la::index> expected;

  example(lacuna_test::random& r, la::index count, bool far) {
    la::growing<at::interval> intervals;
    for (la::index n = 0; n != count; ++n) {
      auto const first = r.below(400) - 100, last = first + 1 + r.below(r.chance(0.5) ? 3 : 60);
      intervals.push_back({first, last});
      for (auto x = first; x != last; ++x) expected.insert(x);
    }
    la::index const distant = la::index{1} << 40;
    if (far) intervals.push_back({distant, distant + 1});
    keys = at::key_set(std::move(intervals));
  }
};

}  // namespace

TEST_CASE("key_set: members, words and covers, with bits and without") {
  lacuna_test::random r(1);
  for (int n = 0; n != 60; ++n) {
    example const e(r, n % 12, n % 2 == 0);
    for (la::index x = -200; x != 500; ++x) {
      REQUIRE(e.keys.contains(x) == (e.expected.count(x) != 0));
      auto const count = 1 + r.below(64);
      std::uint64_t word = 0;
      for (la::index b = 0; b != count; ++b) word |= std::uint64_t{e.expected.count(x + b) != 0} << b;
      REQUIRE(e.keys.word(x, count) == word);
      auto const whole = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
      REQUIRE(e.keys.cover_of(x, x + count) == (word == 0       ? at::cover::none
                                                : word == whole ? at::cover::full
                                                                : at::cover::partial));
    }
  }
}

TEST_CASE("key_set: intervals rise and do not touch") {
  lacuna_test::random r(2);
  for (int n = 0; n != 60; ++n) {
    example const e(r, n, false);
    auto const& list = e.keys.intervals();
    for (la::index k = 1; k < list.size(); ++k) REQUIRE(list[k - 1].last < list[k].first);
    la::index members = 0;
    for (la::index k = 0; k < list.size(); ++k) members += list[k].last - list[k].first;
    REQUIRE(members == static_cast<la::index>(e.expected.size()));
  }
}

TEST_CASE("key_set: the empty one has no members") {
  at::key_set const none;
  CHECK(!none.contains(0));
  CHECK(none.word(-5, 64) == 0);
  CHECK(none.cover_of(0, 100) == at::cover::none);
}
