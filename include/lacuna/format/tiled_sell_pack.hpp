// SPDX-License-Identifier: MIT
//
// Sorting the rows of each cell of a tiled_sell matrix by their number of slots.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/tiled_sell_layout.hpp>

#include <cstdint>

namespace lacuna::detail::inline LACUNA_ISA {

/// The arrays of a tiled_sell matrix.
template <scalar T>
struct tiled_sell_arrays {
  buffer<tiled_sell_cell> cells;
  buffer<std::uint8_t> places;
  buffer<std::uint16_t> diagonals;
  buffer<std::uint8_t> columns;
  buffer<T> values;
};

/// Calls f(window, row within it, tile, number of the slot in this row and tile, column, value) for each slot.
template <int Tile, int Lanes, row_visitable S, class F>
void for_each_sell_slot(S const& source, tiled_sell_grid<Tile, Lanes> const&, F&& f) {
  constexpr auto window = tiled_sell_layout<Tile, Lanes>::window;
  for (index i = 0; i != source.rows(); ++i) {
    index tile = -1;
    index number = 0;
    source.visit_row(i, [&](index j, auto value) {
      number = j / Tile == tile ? number + 1 : 0;
      tile = j / Tile;
      f(i / window, i % window, tile, number, j % Tile, value);
    });
  }
}

/// Writes the places of the rows of a cell: more slots first, of equal rows the upper first. counts[r] is what row r
/// has, at most 256; on return, of[c] is how many rows have more than c.
inline void sort_sell_rows(std::uint16_t const* counts, index height, std::uint8_t* places, index (&of)[257]) {
  for (auto& n : of) n = 0;
  for (index r = 0; r != height; ++r) ++of[counts[r]];
  index above = 0;
  for (index c = 256; c >= 0; --c) {
    auto const here = of[c];
    of[c] = above;
    above += here;
  }
  index next[257];
  for (index c = 0; c != 257; ++c) next[c] = of[c];
  for (index r = 0; r != height; ++r) places[r] = static_cast<std::uint8_t>(next[counts[r]]++);
}

/// Sorts the rows of every cell: fills cells, places and diagonals. Throws format_error if there are more slots than 32
/// bits can count.
template <scalar T, int Tile, int Lanes>
void sort_sell_cells(tiled_sell_arrays<T>& out, tiled_sell_grid<Tile, Lanes> const& grid,
                     buffer<std::uint16_t> const& counts) {
  index diagonals = 0;
  index slots = 0;
  index of[257];
  for (index w = 0; w != grid.windows(); ++w)
    for (index t = 0; t != grid.tiles(); ++t) {
      auto const first = grid.places(w, t);
      sort_sell_rows(counts.data() + first, grid.height(w), out.places.data() + first, of);
      for (index c = 0; c != Tile && of[c] != 0; ++c, ++diagonals) slots += of[c];
      require_fits<std::uint32_t>("pack<tiled_sell>", "slot", slots);  // no more diagonals than slots
      out.cells[grid.cell(w, t) + 1] = {static_cast<std::uint32_t>(diagonals), static_cast<std::uint32_t>(slots)};
    }
  out.diagonals = buffer<std::uint16_t>(diagonals);
  for (index w = 0; w != grid.windows(); ++w)
    for (index t = 0; t != grid.tiles(); ++t) {
      auto* const length = out.diagonals.data() + out.cells[grid.cell(w, t)].diagonal;
      auto const* const count = counts.data() + grid.places(w, t);
      for (index r = 0; r != grid.height(w); ++r)
        for (index d = 0; d != count[r]; ++d) ++length[d];
    }
}

/// The arrays of the source cut into windows and tiles. O(rows * tiles + windows * tiles * 256 + stored).
template <scalar T, int Tile, int Lanes, row_visitable S>
[[nodiscard]] tiled_sell_arrays<T> build_tiled_sell(S const& source, tiled_sell_grid<Tile, Lanes> const& grid) {
  auto const places = checked_multiply(grid.rows, grid.tiles(), "pack<tiled_sell>");
  auto const cells = checked_multiply(grid.windows(), grid.tiles(), "pack<tiled_sell>");
  tiled_sell_arrays<T> out;
  out.cells = buffer<tiled_sell_cell>(checked_add(cells, 1, "pack<tiled_sell>"));
  out.places = buffer<std::uint8_t>(places);
  buffer<std::uint16_t> counts(places);
  for_each_sell_slot(source, grid,
                     [&](index w, index r, index t, index, index, auto) { ++counts[grid.places(w, t) + r]; });
  sort_sell_cells(out, grid, counts);
  auto const slots = static_cast<index>(out.cells[cells].slot);
  out.columns = buffer<std::uint8_t>(slots);
  out.values = buffer<T>(slots);
  constexpr auto group = sell_group<T>;
  [[maybe_unused]] index start = 0;  // where the diagonals begin that stand together with the diagonal `number`
  index at = 0;                      // where the slot of this row in that diagonal stands
  for_each_sell_slot(source, grid, [&](index w, index r, index t, index number, index column, auto value) {
    auto const& cell = out.cells[grid.cell(w, t)];
    auto const place = [&] { return out.places[grid.places(w, t) + r]; };
    if constexpr (group == 1) {  // with the loops below 1.85 ms for 1.45, 2048x512 at 80 %
      at = number == 0 ? index{cell.slot} + place() : at + out.diagonals[cell.diagonal + number - 1];
    } else if (number % group == 0) {
      auto const* const length = out.diagonals.data() + cell.diagonal + number;
      start = number == 0 ? index{cell.slot} : start + sell_slots_before(length - group, group, 256);
      auto const left = index{(&cell)[1].diagonal} - index{cell.diagonal} - number;
      at = start + sell_slots_before(length, left < group ? left : group, place());
    } else {
      ++at;
    }
    out.columns[at] = static_cast<std::uint8_t>(column);
    out.values[at] = convert<T>(value);
  });
  return out;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
