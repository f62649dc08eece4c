// SPDX-License-Identifier: MIT
//
// One choice of units over many layers.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/heap_sort.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/sort_key.hpp>
#include <lacuna/prune/units.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lacuna::detail::inline LACUNA_ISA {

/// A unit of one of the layers that compete.
struct joint_unit {
  double score = 0;
  index layer = 0;
  index unit = 0;
};

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// The units that stay when those of all layers compete: row l of the mask has the units of layer l, from column 0 on;
/// expand_units(mask, rows, cols, shape, l) makes the mask of a matrix of it. `costs[l]` is what each unit of layer l
/// costs, its weights, say. Units go from the lowest score up, of equal ones the lower layer first, then the lower
/// index, as long as what they cost is no more than floor(cost of all * sparsity); the first one that would exceed it
/// ends the choice, so that nothing of a higher score goes before one of a lower. Of costs of 1 that is the one rule
/// of counting. Scores of different layers are compared as they are: unit_scores::standardize makes them alike. Throws
/// value_error for a sparsity outside [0, 1], a NaN or a negative cost, naming layer and unit, shape_error unless there
/// is a cost for each layer. O(n log n), 24 bytes a unit. FLAP and NIRVANA choose like this.
[[nodiscard]] inline mask select_joint(std::span<unit_scores const> layers, std::span<index const> costs,
                                       double sparsity) {
  detail::require_fraction(sparsity, "select_joint");
  if (costs.size() != layers.size())
    detail::fail<shape_error>("select_joint: ", layers.size(), " layers, ", costs.size(), " costs");
  index count = 0, widest = 0, total = 0;
  for (std::size_t l = 0; l != layers.size(); ++l) {
    index const n = layers[l].size();
    if (costs[l] < 0)
      detail::fail<value_error>("select_joint: a unit of layer ", l, " costs ", costs[l], ", expected 0 or more");
    count = detail::checked_add(count, n, "select_joint");
    total = detail::checked_add(total, detail::checked_multiply(n, costs[l], "select_joint"), "select_joint");
    widest = n > widest ? n : widest;
  }
  buffer<detail::joint_unit> units(count);
  mask keep(static_cast<index>(layers.size()), widest);
  index next = 0;
  for (std::size_t l = 0; l != layers.size(); ++l)
    for (index u = 0; u != layers[l].size(); ++u) {
      auto const row = static_cast<index>(l);
      if (detail::is_nan(layers[l][u]))
        detail::fail<value_error>("select_joint: the score of unit ", u, " of layer ", l, " is NaN");
      units[next++] = {layers[l][u], row, u};
      keep.set(row, u);
    }
  detail::heap_sort(units.data(), units.size(), [](detail::joint_unit const& a, detail::joint_unit const& b) {
    if (a.score != b.score) return a.score < b.score;
    return a.layer != b.layer ? a.layer < b.layer : a.unit < b.unit;
  });
  index left = detail::dropped_of(total, sparsity);
  for (auto const& unit : units) {
    index const cost = costs[static_cast<std::size_t>(unit.layer)];
    if (cost > left) break;
    left -= cost;
    keep.set(unit.layer, unit.unit, false);
  }
  return keep;
}

}  // namespace lacuna::inline LACUNA_ISA
