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

/// The parts of units [first, last) of a call, in order. Queries are taken from the last ones on: under a causal mask
/// those see most, and what is begun last should be short. alike(head, most) tells how many heads from `head` on, at
/// most `most`, meet the same keys.
template <class Alike>
class attend_parts {
 public:
  attend_parts(attention::shape const& shape, attend_units const& units, index tile_queries, index first, index last,
               Alike const& alike) noexcept
      : shape_(shape), units_(units), tile_queries_(tile_queries), unit_(first), last_(last), alike_(alike) {}

  /// The next part; false where there are none left.
  bool operator()(attend_part& to) noexcept {
    index const group = shape_.group();
    for (; unit_ != last_; ++unit_, head_ = 0) {
      index const of_head = units_.tiles * units_.parts, place = unit_ / units_.chunks % of_head;
      to.kv_head = unit_ / units_.chunks / of_head;
      to.tile = units_.tiles - 1 - place / units_.parts;
      to.query = to.tile * tile_queries_ + (units_.parts - 1 - place % units_.parts) * units_.step;
      to.queries = std::min({units_.step, (to.tile + 1) * tile_queries_ - to.query, shape_.queries - to.query});
      index const head = unit_ % units_.chunks * units_.heads, heads = std::min(units_.heads, group - head);
      if (to.queries <= 0 || head_ == heads) continue;  // the last tile has fewer queries
      to.head = to.kv_head * group + head + head_;
      to.heads = alike_(to.head, heads - head_);
      head_ += to.heads;
      return true;
    }
    return false;
  }

 private:
  attention::shape const& shape_;
  attend_units const& units_;
  index tile_queries_, unit_, last_;
  Alike const& alike_;
  index head_ = 0;  // of the unit, the next one
};

/// The units of a call for so many workers, of at most `most_queries` each. Going through the keys takes a unit as long
/// as 4 rows (Zen 3, 128 dimensions: 32 rows reach 80 % of the peak where 64 reach 83), 10 where they are converted. A
/// unit of a million multiply-adds, 20 us, is not worth being shared.
template <class Arch, class A>
[[nodiscard]] attend_units attend_units_of(attend_call<A> const& call, index tile_queries, index most_queries,
                                           index workers) noexcept {
  constexpr index least = index{1} << 20;
  auto units = attend_units::of<A>(call.shape, tile_queries, call.keys.dim, call.value_dim, most_queries);
  if (!call.rows_apart() || units.step * units.heads * call.shape.keys < least / (call.keys.dim + call.value_dim + 1))
    return units;
  index const more = call.keys.in_place() && call.values.in_place() ? 4 : 10;
  units.share_out(call.shape, tile_queries, workers, attend_workspace<Arch, A>::lanes, more);
  return units;
}

/// Computes a call; walk(part) begins the walk over the keys of a part.
template <class Arch, class A, class E, class Alike, class Walk>
void attend_run(E&& exec, attend_call<A> const& call, index tile_queries, index most_queries, Alike&& alike,
                Walk&& walk) {
  auto const units = attend_units_of<Arch>(call, tile_queries, most_queries, exec.concurrency());
  exec.for_ranges(units.count(), 1, [&](index first, index last, index /*worker*/) {
    attend_workspace<Arch, A> memory(call, units.step * units.heads);
    memory.place(scratch<A, workspace::attention>(memory.size()));
    attend_unit<Arch, A> unit(call, memory);
    attend_parts parts(call.shape, units, tile_queries, first, last, alike);
    attend_part part{}, next{};
    for (bool more = parts(part); more; part = next) {
      more = parts(next);
      unit(part, walk(part), more ? &next : nullptr, [&](key_slots& slots) { return walk(next)(slots); });
    }
  });
}

/// What a plan tells.
template <class Arch, class A, class E>
void attend_planned(E&& exec, attend_call<A> const& call, attention::plan_view const& plan) {
  auto const* const slot = plan.slot_of_head.data();
  attend_run<Arch>(
      exec, call, plan.tile_queries, plan.tile_queries,
      [&](index head, index most) {
        index n = 1;
        while (n != most && slot[head + n] == slot[head]) ++n;
        return n;
      },
      [&](attend_part const& p) { return plan_walk(plan, plan.row(p.head, p.tile)); });
}

/// What a pattern tells as it is asked. Keys that are converted are so for twice as many queries: 0.96 instead of 0.92
/// of the rate of those that are not.
template <class Arch, class A, class E>
void attend_asked(E&& exec, attend_call<A> const& call, pattern_of_heads pattern) {
  bool const in_place = call.keys.in_place() && call.values.in_place();
  index const most_queries = in_place ? attend_tile::rows : 2 * attend_tile::rows;
  attend_run<Arch>(
      exec, call, std::max<index>(call.shape.queries, 1), most_queries, [](index, index most) { return most; },
      [&](attend_part const& p) {
        index const first = p.query + call.shape.first_position();
        return pattern_walk(pattern, first, first + p.queries, call.shape.keys, p.head, p.heads);
      });
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
