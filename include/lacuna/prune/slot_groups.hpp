// SPDX-License-Identifier: MIT
//
// Slots of a sparse matrix, or blocks of them, that compete with each other: sorted into groups, and the lowest of each
// group dropped.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/select_lowest.hpp>
#include <lacuna/prune/sort_key.hpp>

#include <cstdint>

namespace lacuna::detail::inline LACUNA_ISA {

/// Items in groups: the slots of group g are order[offsets[g]] .. order[offsets[g + 1]], in their own order.
struct slot_groups {
  buffer<index> offsets;
  buffer<index> order;
};

/// A counting sort by group. O(n + groups).
template <class F>
[[nodiscard]] slot_groups group_slots(index n, index groups, F const& group_of) {
  slot_groups g{buffer<index>(groups + 1), buffer<index>(n)};
  for (index s = 0; s != n; ++s) ++g.offsets[group_of(s) + 1];
  for (index k = 0; k != groups; ++k) g.offsets[k + 1] += g.offsets[k];
  auto next = g.offsets;
  for (index s = 0; s != n; ++s) g.order[next[group_of(s)]++] = s;
  return g;
}

/// Calls f(g, worker) for all groups of n items, in ranges that are worth waking a thread.
template <executor E, class F>
void for_groups(E&& exec, index groups, index n, F const& f) {
  index const grain = (index{1} << 15) / (n / (groups + 1) + 1) + 1;
  exec.for_ranges(groups, grain, [&](index first, index last, index) {
    for (index g = first; g != last; ++g) f(g);
  });
}

/// What is scored and where it stands: slots, or blocks of them.
template <class Score>
struct placed_scores {
  index rows = 0;
  index cols = 0;
  index const* row = nullptr;
  index const* column = nullptr;
  Score const* score = nullptr;
  index size = 0;
};

/// The items that compete with each other.
template <class Score>
[[nodiscard]] slot_groups group_by_scope(placed_scores<Score> const& items, scope how, index block) {
  switch (how) {
    case scope::per_row:
      return group_slots(items.size, items.rows, [&](index s) { return items.row[s]; });
    case scope::per_column:
      return group_slots(items.size, items.cols, [&](index s) { return items.column[s]; });
    case scope::per_column_block:
      return group_slots(items.size, ceil_div(items.cols, block), [&](index s) { return items.column[s] / block; });
    case scope::whole:
      break;
  }
  return group_slots(items.size, 1, [](index) { return index{0}; });
}

/// Sets kept[s] to 1 for all but the floor(n * sparsity) lowest of each group of n.
template <executor E, class Score>
void keep_of_groups(E&& exec, Score const* score, slot_groups const& groups, double sparsity, std::uint8_t* kept) {
  index const n = groups.order.size();
  buffer<sort_key_t<Score>> keys(n);
  for_groups(exec, groups.offsets.size() - 1, n, [&](index g) {
    index const first = groups.offsets[g];
    index const count = groups.offsets[g + 1] - first;
    for (index p = first; p != first + count; ++p) keys[p] = sort_key(score[groups.order[p]]);
    auto found = select_lowest(keys.data() + first, count, dropped_of(count, sparsity));
    for (index p = first; p != first + count; ++p)
      if (keys[p] > found.key || (keys[p] == found.key && found.ties-- <= 0)) kept[groups.order[p]] = 1;
  });
}

}  // namespace lacuna::detail::inline LACUNA_ISA
