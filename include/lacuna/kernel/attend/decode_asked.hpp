// SPDX-License-Identifier: MIT
//
// A pattern's keys for a few queries, as a plan that lives as long as a call.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/scratch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// One tile of all queries, whose runs stand in workspace of the calling thread: 64 KB and 12 bytes a head, so that
/// the call allocates nothing in steady state. The pattern is not copied.
template <attention::pattern P>
class decode_asked {
 public:
  static constexpr index most_runs = 4096;

  decode_asked(P const& pattern, attention::shape s)
      : runs_(scratch<attention::run, workspace::attention_parts>(most_runs)),
        slots_(scratch<std::int32_t, workspace::attention>(s.heads)),
        offsets_(scratch<index, workspace::attention>(s.heads + 1)) {
    view_.shape = s;
    view_.tile_queries = std::max<index>(1, s.queries);
    auto sink = [this](index first, index last, attention::cover how, float bias) {
      if (count_ < most_runs)
        runs_[count_] = {static_cast<std::int32_t>(first), static_cast<std::int32_t>(last - first), bias,
                         how == attention::cover::partial};
      ++count_;
    };
    index const first = s.first_position();
    index slots = 0;
    offsets_[0] = 0;
    for (index h = 0; h != s.heads; ++h) {
      if (h == 0 || !attention::alike(pattern, h - 1, h)) {
        attention::runs(pattern, {first, first + s.queries, 0, s.keys, h}, sink);
        offsets_[++slots] = count_;
      }
      slots_[h] = static_cast<std::int32_t>(slots - 1);
    }
    view_.slot_of_head = {slots_, static_cast<std::size_t>(s.heads)};
    view_.run_offsets = {offsets_, static_cast<std::size_t>(slots) + 1};
    view_.runs = {runs_, static_cast<std::size_t>(std::min(count_, most_runs))};
    view_.mask = attention::mask_of(pattern);
  }

  /// Whether all runs had room; else there is no plan.
  [[nodiscard]] bool complete() const noexcept {
    return count_ <= most_runs && view_.shape.keys <= std::numeric_limits<std::int32_t>::max();
  }
  [[nodiscard]] attention::plan_view const& view() const noexcept { return view_; }

 private:
  attention::run* runs_;
  std::int32_t* slots_;
  index* offsets_;
  index count_ = 0;
  attention::plan_view view_;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
