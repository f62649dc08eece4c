// SPDX-License-Identifier: MIT
//
// The rows of a plan from columns and diagonals that were chosen once for a head.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan_arrays.hpp>
#include <lacuna/attention/plan_parts.hpp>
#include <lacuna/attention/select/probe_last.hpp>
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/select/choose.hpp>
#include <lacuna/kernel/select/exponentials.hpp>
#include <lacuna/kernel/select/query_lines.hpp>
#include <lacuna/kernel/select/row.hpp>
#include <lacuna/kernel/select/row_rules.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Chooses columns by C and diagonals by D. A tile of queries sees the columns, and of each diagonal the keys that one
/// of its queries meets there, all of which all of its queries see: as blocks of a block-sparse kernel would have it.
template <class Arch, class C, class D>
class vertical_slash {
 public:
  vertical_slash(attention::probe_last const& probe, C const& columns, D const& diagonals,
                 row_rules const& rules) noexcept
      : probe_(probe), columns_(columns), diagonals_(diagonals), rules_(rules) {}

  /// The plan; or, where a mass is wrong, the first such, its tile 0 for a column and 1 for a diagonal.
  [[nodiscard]] attention::plan_arrays run(any_executor const& exec, wrong_score& wrong) const {
    auto plan = rules_.slots_of_heads();
    attention::plan_parts rows(rules_.shape, rules_.options, rules_.rows(), exec.concurrency());
    buffer<wrong_score> wrong_slots(rules_.slots());
    exec.for_ranges(rules_.slots(), 1, [&](index first, index last, index worker) {
      for (index slot = first; slot != last; ++slot) wrong_slots[slot] = run_slot(slot, worker, rows);
    });
    for (auto const& w : wrong_slots)
      if (w.slot > 0) {
        wrong = {w.slot - 1, w.tile, w.unit};
        return {};
      }
    return rows.collect(plan);
  }

 private:
  struct places {
    std::int32_t* chosen;
    index count;
  };

  /// slot + 1 where a mass is wrong, else 0.
  wrong_score run_slot(index slot, index worker, attention::plan_parts& rows) const {
    auto const line = (rules_.shape.keys + 31) / 16 * 16;
    float* const memory = scratch<float>(6 * line);
    places columns{reinterpret_cast<std::int32_t*>(memory + 4 * line), 0};
    places diagonals{columns.chosen + line, 0};
    if (auto const at = choose(probe_, slot, columns_, false, memory, line, columns); at >= 0) return {slot + 1, 0, at};
    if (auto const at = choose(probe_, slot, diagonals_, true, memory, line, diagonals); at >= 0)
      return {slot + 1, 1, at};
    growing<key_range> ranges;
    for (index t = 0; t != rules_.tiles(); ++t) {
      auto const tile = rules_.tile(slot, t);
      merge(columns, diagonals, tile, ranges);
      row_builder(tile, rules_.within, rows.row(worker)).append(ranges.data(), ranges.size(), rules_.forced);
      rows.end_row(worker, slot * rules_.tiles() + t);
    }
    return {0, 0, 0};
  }

  /// What a chooser takes of the masses of the heads of a slot; a wrong one, or -1.
  template <class Chooser>
  index choose(attention::probe_last const& probe, index slot, Chooser const& chooser, bool diagonals, float* memory,
               index line, places& to) const {
    auto const keys = rules_.shape.keys;
    auto const heads = rules_.share_group ? rules_.shape.group() : 1;
    float* const mass = memory + 3 * line;
    for (index j = 0; j != keys; ++j) mass[j] = 0;
    for (index h = rules_.head_of(slot); h != rules_.head_of(slot) + heads; ++h)
      add_line<Arch>((diagonals ? probe.diagonals(h) : probe.columns(h)).data(), keys, mass);
    if (auto const at = choose_units<Arch>::first_wrong(mass, keys, attention::score_kind::mass); at >= 0) return at;
    scored_units const units{mass, keys, attention::score_kind::mass, largest<Arch>(mass, keys), memory};
    to.count = choose_units<Arch>::run(chooser, units, to.chosen);
    return -1;
  }

  /// The columns, and the diagonals between the first and the last query of a tile, by their first key.
  static void merge(places columns, places diagonals, attention::tile t, growing<key_range>& to) {
    to.shrink(0);
    index c = 0;
    for (index o = diagonals.count; o-- != 0;) {
      key_range const diagonal{t.q0 - diagonals.chosen[o], t.q1 - diagonals.chosen[o]};
      if (diagonal.last <= 0) continue;
      for (; c != columns.count && columns.chosen[c] < diagonal.first; ++c)
        to.push_back({columns.chosen[c], columns.chosen[c] + 1});
      to.push_back(diagonal);
    }
    for (; c != columns.count; ++c) to.push_back({columns.chosen[c], columns.chosen[c] + 1});
  }

  attention::probe_last const& probe_;
  C const& columns_;
  D const& diagonals_;
  row_rules const& rules_;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
