// SPDX-License-Identifier: MIT
//
// From a pattern to a plan.
#pragma once

#include <lacuna/attention/owned_plan.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan_builder.hpp>
#include <lacuna/attention/plan_parts.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/format/arrays.hpp>

#include <cstdint>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// Gives each head its slot, the same for heads that see the same, and returns a head for each slot.
template <attention::pattern P>
growing<index> share_slots(P const& p, attention::plan_builder& builder, index heads) {
  growing<index> firsts;
  for (index h = 0; h != heads; ++h) {
    index slot = 0;
    while (slot != firsts.size() && !attention::alike(p, firsts[slot], h)) ++slot;
    if (slot == firsts.size()) firsts.push_back(h);
    builder.set_slot(slot);
  }
  return firsts;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention::inline LACUNA_ISA {

/// The plan of a pattern: for each tile of queries, of each set of heads that see the same, the keys that all of them
/// see as runs and single keys, and those that some may see as partial runs. The pattern is copied into the plan.
/// Throws shape_error if a count is negative, the pattern cannot tell about all of the shape, or there are 2^31 keys or
/// more; value_error if the options make no sense, or if a union gives a key two biases within a tile.
///
/// O(tiles * runs) of the pattern (see `runs`), 10 to 20 ns for each of both, and for 32 heads that are alike as for
/// one; nothing of the size tokens * tokens is touched, but by from_predicate and patterns of your own that cannot
/// classify.
///
///     auto const plan = at::materialize(at::causal{} & (at::columns(ids) | at::window{256}), {.queries = n, .keys =
///     n});
template <pattern P>
[[nodiscard]] plan<P> materialize(P const& p, shape s, plan_options options = {}) {
  plan_builder builder(s, options);
  attention::validate(p, s);
  auto const heads = detail::share_slots(p, builder, s.heads);
  for (index slot = 0; slot != heads.size(); ++slot)
    for (index t = 0; t != builder.tiles(); ++t) {
      attention::runs(p, builder.tile_of(t, heads[slot]), builder);
      builder.end_row();
    }
  return plan<P>(lacuna::detail::unchecked, p, builder.finish());
}

/// The same by the workers of an executor, 16 rows at a time: the same plan, bit for bit, and the same error, for every
/// number of threads. The pattern is asked by several threads at once.
template <executor E, pattern P>
[[nodiscard]] plan<P> materialize(E&& exec, P const& p, shape s, plan_options options = {}) {
  index const workers = exec.concurrency();
  if (workers == 1) return attention::materialize(p, s, options);
  plan_builder builder(s, options);
  attention::validate(p, s);
  auto const heads = lacuna::detail::share_slots(p, builder, s.heads);
  index const tiles = builder.tiles();
  plan_parts parts(s, options, heads.size() * tiles, workers);
  exec.for_ranges(heads.size() * tiles, 16, [&](index first, index last, index worker) {
    for (index row = first; row != last; ++row) {
      attention::runs(p, builder.tile_of(row % tiles, heads[row / tiles]), parts.row(worker));
      parts.end_row(worker, row);
    }
  });
  return plan<P>(lacuna::detail::unchecked, p, parts.collect(builder));
}

}  // namespace lacuna::attention::inline LACUNA_ISA
