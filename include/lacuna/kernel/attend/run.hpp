// SPDX-License-Identifier: MIT
//
// Attention, unit by unit.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/call.hpp>
#include <lacuna/kernel/attend/unit.hpp>
#include <lacuna/kernel/attend/walk.hpp>
#include <lacuna/kernel/scratch.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Some queries of some heads.
struct attend_part {
  index head;
  index heads;
  index tile;
  index query;
  index queries;
};

/// Computes a call. alike(head, most) tells how many heads from `head` on, at most `most`, meet the same keys;
/// walk(part) begins the walk over the keys of a part. Tiles of queries are taken from the last one on: under a causal
/// mask those are the longest, and what is begun last should be short.
template <class Arch, class A, class E, class Alike, class Walk>
void attend_run(E&& exec, attend_call<A> const& call, index tile_queries, Alike&& alike, Walk&& walk) {
  auto const units = attend_units::of<A>(call.shape, tile_queries, call.key_dim, call.value_dim);
  exec.for_ranges(units.count(), 1, [&](index first, index last, index /*worker*/) {
    attend_workspace<Arch, A> memory(call, units.step * units.heads);
    memory.place(scratch<A, workspace::attention>(memory.size()));
    index const group = call.shape.group();
    for (index u = first; u != last; ++u) {
      index const kv_head = u / (units.tiles * units.parts), place = u % (units.tiles * units.parts);
      index const tile = units.tiles - 1 - place / units.parts;
      index const query = tile * tile_queries + place % units.parts * units.step;
      index const end = std::min({query + units.step, (tile + 1) * tile_queries, call.shape.queries});
      if (query >= end) continue;  // the last tile has fewer queries
      for (index head = kv_head * group, stop = head + group; head != stop;) {
        index const heads = alike(head, std::min(units.heads, stop - head));
        attend_unit<Arch, A> unit(call, memory, kv_head, head, heads, query, end - query);
        unit(walk(attend_part{head, heads, tile, query, end - query}));
        head += heads;
      }
    }
  });
}

/// What a plan tells.
template <class Arch, class A, class E>
void attend_planned(E&& exec, attend_call<A> const& call, attention::plan_view const& plan) {
  auto const* const slot = plan.slot_of_head.data();
  attend_run<Arch>(
      exec, call, plan.tile_queries,
      [&](index head, index most) {
        index n = 1;
        while (n != most && slot[head + n] == slot[head]) ++n;
        return n;
      },
      [&](attend_part const& p) { return plan_walk(plan, plan.row(p.head, p.tile)); });
}

/// What a pattern tells as it is asked.
template <class Arch, class A, class E>
void attend_asked(E&& exec, attend_call<A> const& call, pattern_of_heads pattern) {
  attend_run<Arch>(
      exec, call, attend_tile::rows, [](index, index most) { return most; },
      [&](attend_part const& p) {
        index const first = p.query + call.shape.first_position();
        return pattern_walk(pattern, first, first + p.queries, call.shape.keys, p.head, p.heads);
      });
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
