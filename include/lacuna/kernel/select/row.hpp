// SPDX-License-Identifier: MIT
//
// One row of a plan from what was chosen: its union with what is forced, as far as the queries may see it.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan_builder.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/kernel/select/visible_keys.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Keys [first, last).
struct key_range {
  index first = 0;
  index last = 0;
};

/// Writes a row of a plan, which the caller ends: the keys of `count` ranges (ordered by their first key, they may
/// overlap) and those that `forced` shows some query of the tile, all of which become one set for the whole tile; of it
/// what `within` shows some query of the tile, partial where not all queries see all. O(ranges and runs), and the
/// pairs / 64 of what `forced` calls partial.
class row_builder {
 public:
  row_builder(attention::tile t, visible_keys within, attention::plan_builder& to)
      : tile_(t), within_(within), to_(to), full_(t.k0) {
    // Most patterns show all queries the keys up to some place: there, nobody is asked range by range.
    bool gap = false;
    auto look = [&](index first, index last, attention::cover how, float bias) {
      gap |= first != full_ || how != attention::cover::full || bias != 0;
      if (!gap) full_ = last;
    };
    if (t.k0 < t.k1) within.runs(within.pattern, t, look);
  }

  void append(key_range const* chosen, index count, visible_keys forced) {
    auto const* const end = chosen + count;
    auto take = [&](index first, index last, float) {
      for (; chosen != end && chosen->first < first; ++chosen) add(*chosen);
      add({first, last});
    };
    visit_visible(forced, tile_, take);
    for (; chosen != end; ++chosen) add(*chosen);
    flush();
  }

  /// The same for single keys that rise, if nothing is forced and all queries see them; else false, and nothing is
  /// done.
  [[nodiscard]] bool append_keys(std::int32_t const* keys, index count, visible_keys forced) {
    if (count != 0 && keys[count - 1] >= full_) return false;
    bool any = false;
    visit_visible(forced, tile_, [&](index, index, float) { any = true; });
    if (any) return false;
    to_.keys(keys, count, attention::cover::full, 0);
    return true;
  }

  /// The same in the order of the ranges, which must not overlap: first what is forced, then what each range adds to
  /// it.
  void append_in_order(key_range const* chosen, index count, visible_keys forced) {
    growing<key_range> before;
    auto take = [&](index first, index last, float) {
      before.push_back({first, last});
      add({first, last});
    };
    visit_visible(forced, tile_, take);
    flush();
    for (index i = 0; i != count; ++i) {
      auto rest = chosen[i];
      for (auto const& b : before.span()) {
        if (b.last <= rest.first) continue;
        if (b.first >= rest.last) break;
        add({rest.first, b.first});
        flush();
        rest.first = b.last;
      }
      add(rest);
      flush();
    }
  }

 private:
  void add(key_range more) {
    if (more.first < tile_.k0) more.first = tile_.k0;
    if (more.last > tile_.k1) more.last = tile_.k1;
    if (more.first >= more.last) return;
    if (more.first <= open_.last && open_.first < open_.last) {
      if (more.last > open_.last) open_.last = more.last;
      return;
    }
    flush();
    open_ = more;
  }
  void flush() {
    if (open_.first < open_.last && open_.last <= full_)
      to_.add(open_.first, open_.last, attention::cover::full);
    else if (open_.first < open_.last)
      within_.runs(within_.pattern, {tile_.q0, tile_.q1, open_.first, open_.last, tile_.head}, to_);
    open_ = {};
  }

  attention::tile tile_;
  visible_keys within_;
  attention::plan_builder& to_;
  index full_;  ///< keys before it are seen by all queries, without a bias
  key_range open_;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
