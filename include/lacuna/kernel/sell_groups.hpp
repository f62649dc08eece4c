// SPDX-License-Identifier: MIT
//
// The diagonals of a cell of a tiled_sell matrix of int8 that stand together.
//
// Bound: the lengths, 2 bytes a diagonal, beside 2 bytes a slot.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/simd/isa.hpp>

#include <cstddef>

namespace lacuna::kernel::inline LACUNA_ISA {

/// f(length) is called for each group of diagonals, in order: their lengths, longest first, 0 for those that the last
/// group lacks. Its slots stand row by row: first those of the rows that have a slot in each of the diagonals.
template <class View, class F>
LACUNA_INLINE void visit_sell_groups(View const& a, tiled_sell_cell const* cell, F&& f) noexcept {
  auto const* const lengths = a.diagonals().data();
  index const end = cell[1].diagonal;
  for (index d = cell[0].diagonal; d < end; d += View::group) {
    index length[static_cast<std::size_t>(View::group)] = {};
    for (index e = 0; e != View::group && d + e != end; ++e) length[e] = lengths[d + e];
    f(length);
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
