// SPDX-License-Identifier: MIT
#include <lacuna/attention/block_lists.hpp>
#include <lacuna/attention/block_mask.hpp>

#include "../support/lists.hpp"
#include "../support/patterns.hpp"

#include <catch2/catch_test_macros.hpp>

#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;
using lacuna_test::unordered_rows;

TEST_CASE("block_lists: more blocks than are counted at a time, with gaps between") {
  unordered_rows lists{{}, 5000};
  for (la::index r = 0; r != 4; ++r) lists.lists.push_back({r, 30, 1023, 1024, 2000 + 5 * r, 4999});
  at::block_mask const p(lists, {.queries = 16, .keys = 1});
  std::vector<la::index> full, partial;
  auto collect = [&](la::index first, la::index last, at::cover how, float) {
    for (auto j = first; j != last; ++j) (how == at::cover::full ? full : partial).push_back(j);
  };
  at::runs(p, {0, 64, 0, 5000}, collect);
  CHECK(full == std::vector<la::index>{30, 1023, 1024, 4999});
  CHECK(partial == std::vector<la::index>{0, 1, 2, 3, 2000, 2005, 2010, 2015});
  full.clear();
  partial.clear();
  at::runs(p, {0, 32, 31, 2001}, collect);
  CHECK(full == std::vector<la::index>{1023, 1024});
  CHECK(partial == std::vector<la::index>{2000});
}

TEST_CASE("block_lists: queries outside of all lists see nothing, and leave no key to all") {
  at::block_mask const p(unordered_rows{{{0}, {0, 1}}, 2}, {.queries = 4, .keys = 4, .first_position = 10});
  CHECK(!p.allows(9, 0));
  CHECK(p.allows(10, 0));
  CHECK(p.allows(17, 7));
  CHECK(!p.allows(18, 0));
  CHECK(p.classify({10, 18, 0, 4}) == at::cover::full);
  CHECK(p.classify({9, 18, 0, 4}) == at::cover::partial);
  CHECK(p.classify({10, 19, 0, 4}) == at::cover::partial);
  CHECK(p.classify({9, 12, 0, 4}) == at::cover::partial);
  CHECK(p.classify({0, 10, 0, 8}) == at::cover::none);
  CHECK(p.classify({18, 30, 0, 8}) == at::cover::none);
  CHECK(p.classify({10, 14, 8, 20}) == at::cover::none);
  CHECK(lacuna_test::check_pattern(p, true) == "");
}
