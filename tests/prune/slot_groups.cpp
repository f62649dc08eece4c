// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune/slot_groups.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using lacuna::index;
using lacuna::detail::placed_scores;
using lacuna::detail::slot_groups;

std::vector<index> slots_of(slot_groups const& g, index group) {
  return {g.order.data() + g.offsets[group], g.order.data() + g.offsets[group + 1]};
}

TEST_CASE("slot_groups: a stable sort by row, column, block of columns, or of all") {
  index const row[] = {0, 0, 0, 2, 2}, column[] = {1, 3, 4, 0, 3};
  float const score[] = {1, 2, 3, 4, 5};
  placed_scores<float> const items{3, 5, row, column, score, 5};
  using list = std::vector<index>;
  auto const by_row = group_by_scope(items, lacuna::scope::per_row, 1);
  CHECK((slots_of(by_row, 0) == list{0, 1, 2} && slots_of(by_row, 1).empty() && slots_of(by_row, 2) == list{3, 4}));
  auto const by_column = group_by_scope(items, lacuna::scope::per_column, 1);
  CHECK((slots_of(by_column, 3) == list{1, 4} && slots_of(by_column, 2).empty() && slots_of(by_column, 0) == list{3}));
  auto const by_block = group_by_scope(items, lacuna::scope::per_column_block, 3);
  CHECK((slots_of(by_block, 0) == list{0, 3} && slots_of(by_block, 1) == list{1, 2, 4}));
  CHECK(slots_of(group_by_scope(items, lacuna::scope::whole, 1), 0) == list{0, 1, 2, 3, 4});
}

TEST_CASE("slot_groups: of n in a group floor(n * sparsity) go, of equal ones the first") {
  lacuna_test::random r(4);
  lacuna::threads pool{3};
  for (int repeat = 0; repeat != 50; ++repeat) {
    index const n = 1 + r.below(400), groups = 1 + r.below(9);
    std::vector<float> score;
    std::vector<index> group;
    for (index s = 0; s != n; ++s) {
      score.push_back(static_cast<float>(r.below(6)) - 3);
      group.push_back(r.below(groups));
    }
    double const sparsity = r.uniform();
    auto const g = lacuna::detail::group_slots(n, groups, [&](index s) { return group[static_cast<std::size_t>(s)]; });
    std::vector<std::uint8_t> kept(static_cast<std::size_t>(n));
    keep_of_groups(pool, score.data(), g, sparsity, kept.data());
    for (index k = 0; k != groups; ++k) {
      auto sorted = slots_of(g, k);
      std::sort(sorted.begin(), sorted.end(), [&](index a, index b) {
        auto const x = score[static_cast<std::size_t>(a)], y = score[static_cast<std::size_t>(b)];
        return x != y ? x < y : a < b;
      });
      auto const dropped = lacuna::detail::dropped_of(static_cast<index>(sorted.size()), sparsity);
      for (std::size_t at = 0; at != sorted.size(); ++at)
        REQUIRE(kept[static_cast<std::size_t>(sorted[at])] == (static_cast<index>(at) >= dropped ? 1 : 0));
    }
  }
}

}  // namespace
