// SPDX-License-Identifier: MIT
//
// What a tiled_sell matrix is made of: its cells, their limits, and what a sound cell is.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Names the order of data: windows of rows by tiles of columns, and in such a cell the rows sorted by their number of
/// slots, then first slots of all rows, second slots, and so on.
template <int Tile, int Lanes>
struct tiled_sell_layout {
  static_assert(1 <= Tile && Tile <= 256 && 1 <= Lanes && Lanes <= 16,
                "lacuna: tiled_sell<T, Tile, Lanes> needs 1 <= Tile <= 256 and 1 <= Lanes <= 16");
  static constexpr index tile = Tile;          ///< columns of a tile
  static constexpr index lanes = Lanes;        ///< rows of a slice
  static constexpr index window = 16 * Lanes;  ///< rows that are sorted together; the place of one fits eight bits
};

/// Where a cell starts among the diagonals and among the slots; it ends where the next one starts.
struct tiled_sell_cell {
  std::uint32_t diagonal = 0;
  std::uint32_t slot = 0;
  friend LACUNA_INLINE constexpr bool operator==(tiled_sell_cell const&, tiled_sell_cell const&) noexcept = default;
};

}  // namespace lacuna

namespace lacuna::detail {

/// Columns of a tile whose x fits four registers of AVX-512: 64 floats, 32 doubles; bf16 and f16 meet floats, bytes
/// bytes: 256.
template <scalar T>
inline constexpr int lookup_tile = static_cast<int>(256 / (std::integral<T> ? sizeof(T) : sizeof(accumulator_t<T>)));

/// Diagonals that stand together, row by row: four where values are bytes, which processors multiply by fours.
template <scalar T>
inline constexpr index sell_group = sizeof(T) == 1 ? 4 : 1;

/// How many slots of so many diagonals, which stand together, belong to the rows at places before `place`.
[[nodiscard]] LACUNA_INLINE constexpr index sell_slots_before(std::uint16_t const* lengths, index diagonals,
                                                              index place) noexcept {
  index slots = 0;
  for (index d = 0; d != diagonals; ++d) slots += lengths[d] < place ? index{lengths[d]} : place;
  return slots;
}

/// How many windows and tiles a matrix has, and where their cells stand.
template <int Tile, int Lanes>
struct tiled_sell_grid {
  using layout = tiled_sell_layout<Tile, Lanes>;
  index rows = 0;
  index cols = 0;

  [[nodiscard]] LACUNA_INLINE constexpr index windows() const noexcept {
    return rows / layout::window + (rows % layout::window != 0);
  }
  [[nodiscard]] LACUNA_INLINE constexpr index tiles() const noexcept { return cols / Tile + (cols % Tile != 0); }
  /// Rows of a window, columns of a tile: fewer at the edge.
  [[nodiscard]] LACUNA_INLINE constexpr index height(index w) const noexcept {
    auto const left = rows - w * layout::window;
    return left < layout::window ? left : layout::window;
  }
  [[nodiscard]] LACUNA_INLINE constexpr index width(index t) const noexcept {
    auto const left = cols - t * Tile;
    return left < Tile ? left : Tile;
  }
  /// The cell of a window and a tile.
  [[nodiscard]] LACUNA_INLINE constexpr index cell(index w, index t) const noexcept { return w * tiles() + t; }
  /// The first of a cell's places, height(w) of them.
  [[nodiscard]] LACUNA_INLINE constexpr index places(index w, index t) const noexcept {
    return w * layout::window * tiles() + t * height(w);
  }
  friend LACUNA_INLINE constexpr bool operator==(tiled_sell_grid const&, tiled_sell_grid const&) noexcept = default;
};

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// Throws format_error unless the counts are in range, there is a place for each row and tile, a column for each value,
/// and a cell for each window and tile and one more, the first at zero, none before its predecessor, the last at the
/// end of the arrays.
template <int Tile, int Lanes>
void validate_sell_cells(tiled_sell_grid<Tile, Lanes> const& grid, std::span<tiled_sell_cell const> cells,
                         std::size_t places, std::size_t diagonals, std::size_t columns, std::size_t values) {
  validate_counts("tiled_sell", grid.rows, grid.cols);
  auto const count = checked_multiply(grid.windows(), grid.tiles(), "tiled_sell");
  if (cells.empty() || std::cmp_not_equal(cells.size() - 1, count))
    fail<format_error>("tiled_sell: ", grid.windows(), " windows of ", grid.tiles(), " tiles need ", grid.windows(),
                       " * ", grid.tiles(), " + 1 cells, got ", cells.size());
  if (std::cmp_not_equal(places, checked_multiply(grid.rows, grid.tiles(), "tiled_sell")))
    fail<format_error>("tiled_sell: ", grid.rows, " rows of ", grid.tiles(), " tiles need ", grid.rows, " * ",
                       grid.tiles(), " places, got ", places);
  validate_value_count("tiled_sell", columns, "columns", values);
  if (cells[0] != tiled_sell_cell{})
    fail<format_error>("tiled_sell: the first cell starts at diagonal ", cells[0].diagonal, ", slot ", cells[0].slot,
                       ", expected 0 and 0");
  for (std::size_t c = 0; c + 1 != cells.size(); ++c)
    if (cells[c + 1].diagonal < cells[c].diagonal || cells[c + 1].slot < cells[c].slot)
      fail<format_error>("tiled_sell: cell ", c + 1, " starts at diagonal ", cells[c + 1].diagonal, ", slot ",
                         cells[c + 1].slot, ", before cell ", c, ", which starts at ", cells[c].diagonal, " and ",
                         cells[c].slot);
  auto const require_end = [](char const* what, std::uint32_t end, std::size_t size) {
    if (end != size) fail<format_error>("tiled_sell: the cells end at ", end, " ", what, ", but there are ", size);
  };
  require_end("diagonals", cells.back().diagonal, diagonals);
  require_end("slots", cells.back().slot, values);
}

/// Throws format_error, which `wrong` does with what it is told, unless the places are those of `places.size()` rows,
/// each once.
template <class Wrong>
void validate_sell_places(std::span<std::uint8_t const> places, Wrong const& wrong) {
  bool taken[256] = {};
  for (std::size_t r = 0; r != places.size(); ++r) {
    if (places[r] >= places.size())
      wrong(" puts row ", r, " at place ", +places[r], ", expected 0..", places.size() - 1);
    if (taken[places[r]]) wrong(" puts two rows at place ", +places[r], ", the second ", r);
    taken[places[r]] = true;
  }
}

/// Throws format_error unless the diagonals are not empty, none longer than `height` or than its predecessor, and add
/// up to the slots of the cell.
template <class Wrong>
void validate_sell_diagonals(std::span<std::uint16_t const> diagonals, index height, index slots, Wrong const& wrong) {
  index sum = 0;
  auto most = height;
  for (std::size_t d = 0; d != diagonals.size(); ++d) {
    if (diagonals[d] == 0 || diagonals[d] > most)
      wrong(": diagonal ", d, " has ", diagonals[d], " slots, expected 1..", most);
    most = diagonals[d];
    sum += most;
  }
  if (sum != slots) wrong(" has ", slots, " slots, but its diagonals have ", sum);
}

/// Throws format_error unless the columns lie in the tile and increase along each row. `group` diagonals stand
/// together.
template <class Wrong>
void validate_sell_columns(std::span<std::uint16_t const> diagonals, index group, std::uint8_t const* columns,
                           index width, Wrong const& wrong) {
  std::uint8_t before[256];  // the last column of the row at each place
  auto const count = static_cast<index>(diagonals.size());
  for (index first = 0; first < count; first += group) {
    auto const* const length = diagonals.data() + first;
    auto const together = std::min(group, count - first);
    for (index p = 0; p != length[0]; ++p)
      for (index d = 0; d != together && p < length[d]; ++d) {
        auto const column = *columns++;
        if (column >= width) wrong(" has column ", +column, ", expected columns below ", width);
        if (first + d != 0 && column <= before[p])
          wrong(" has column ", +column, " after ", +before[p], " at place ", p, ", expected increasing order");
        before[p] = column;
      }
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA
