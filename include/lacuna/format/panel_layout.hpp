// SPDX-License-Identifier: MIT
//
// What a panel matrix is made of: its cells and runs, their limits, and what a sound cell is.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/concepts.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Names the order of data: strips of rows by tiles of columns, and in such a cell the columns sorted by the pattern of
/// rows that they have a slot in.
struct panel_layout {
  static constexpr index max_strip_height = 8;  ///< a pattern has eight bits
  static constexpr index max_tile = 65536;      ///< a column within its tile has sixteen
};

/// Columns of a cell that have their slots in the same rows. Four bytes: the pattern in the lowest, the count above.
class panel_run {
 public:
  constexpr panel_run() noexcept = default;
  /// A run of `count` (at most 65536) columns whose slots stand in the rows of the strip that `pattern` has bits for.
  LACUNA_INLINE constexpr panel_run(std::uint32_t pattern, index count) noexcept
      : bits_((pattern & 0xFFu) | static_cast<std::uint32_t>(count) << 8) {}
  /// Bit r is set if the columns have a slot in row r of the strip.
  [[nodiscard]] LACUNA_INLINE constexpr std::uint32_t pattern() const noexcept { return bits_ & 0xFFu; }
  /// Number of columns.
  [[nodiscard]] LACUNA_INLINE constexpr index count() const noexcept { return static_cast<index>(bits_ >> 8); }
  friend LACUNA_INLINE constexpr bool operator==(panel_run const&, panel_run const&) noexcept = default;

 private:
  std::uint32_t bits_ = 0;
};

/// Where a cell starts in each of the three arrays; it ends where the next one starts.
struct panel_cell {
  std::uint32_t run = 0;
  std::uint32_t column = 0;
  std::uint32_t value = 0;
  friend LACUNA_INLINE constexpr bool operator==(panel_cell const&, panel_cell const&) noexcept = default;
};

}  // namespace lacuna

namespace lacuna::detail {

/// Strip height and tile, and how many of them a matrix has.
struct panel_grid {
  index rows = 0;
  index cols = 0;
  index strip_height = 4;
  index tile = 256;

  [[nodiscard]] LACUNA_INLINE constexpr index strips() const noexcept {
    return rows / strip_height + (rows % strip_height != 0);
  }
  [[nodiscard]] LACUNA_INLINE constexpr index tiles() const noexcept { return cols / tile + (cols % tile != 0); }
  /// Rows of a strip, columns of a tile: fewer at the edge.
  [[nodiscard]] LACUNA_INLINE constexpr index height(index strip) const noexcept {
    auto const left = rows - strip * strip_height;
    return left < strip_height ? left : strip_height;
  }
  [[nodiscard]] LACUNA_INLINE constexpr index width(index at) const noexcept {
    auto const left = cols - at * tile;
    return left < tile ? left : tile;
  }
  friend LACUNA_INLINE constexpr bool operator==(panel_grid const&, panel_grid const&) noexcept = default;
};

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// The strip height and tile for a matrix with so many slots, where the options leave the choice. Throws value_error if
/// they ask for what can't be.
[[nodiscard]] inline panel_grid choose_panel_grid(index rows, index cols, index stored, pack_options const& options) {
  if (options.strip_height < 0 || options.strip_height > panel_layout::max_strip_height)
    fail<value_error>("pack<panel>: strip_height is ", options.strip_height, ", expected 1..",
                      panel_layout::max_strip_height, ", or 0 for a choice");
  if (options.tile < 0 || options.tile > panel_layout::max_tile)
    fail<value_error>("pack<panel>: tile is ", options.tile, ", expected 1..", panel_layout::max_tile,
                      ", or 0 for a choice");
  panel_grid grid{rows, cols, options.strip_height, options.tile};
  if (grid.strip_height == 0) grid.strip_height = options.tokens > 0 && options.tokens <= 32 ? 8 : 4;
  // From 95 % sparsity on, the few columns of a small tile no longer pay for another visit to the rows of Y.
  auto const full = static_cast<double>(rows) * static_cast<double>(cols);
  if (grid.tile == 0) grid.tile = static_cast<double>(stored) <= 0.05 * full ? panel_layout::max_tile : 256;
  return grid;
}

/// Throws format_error unless counts, strip height and tile are in range, and there is a cell for each strip and tile
/// and one more, the first at zero, none before its predecessor, the last at the end of the arrays.
inline void validate_panel_cells(panel_grid const& grid, std::span<panel_cell const> cells, std::size_t runs,
                                 std::size_t columns, std::size_t values) {
  validate_counts("panel", grid.rows, grid.cols);
  if (grid.strip_height < 1 || grid.strip_height > panel_layout::max_strip_height)
    fail<format_error>("panel: strip_height is ", grid.strip_height, ", expected 1..", panel_layout::max_strip_height);
  if (grid.tile < 1 || grid.tile > panel_layout::max_tile)
    fail<format_error>("panel: tile is ", grid.tile, ", expected 1..", panel_layout::max_tile);
  auto const count = checked_multiply(grid.strips(), grid.tiles(), "panel");
  if (cells.empty() || std::cmp_not_equal(cells.size() - 1, count))
    fail<format_error>("panel: ", grid.strips(), " strips of ", grid.tiles(), " tiles need ", grid.strips(), " * ",
                       grid.tiles(), " + 1 cells, got ", cells.size());
  if (cells[0] != panel_cell{}) fail<format_error>("panel: the first cell does not start at run 0, column 0, value 0");
  for (std::size_t c = 0; c + 1 != cells.size(); ++c)
    if (cells[c + 1].run < cells[c].run || cells[c + 1].column < cells[c].column || cells[c + 1].value < cells[c].value)
      fail<format_error>("panel: cell ", c + 1, " starts before cell ", c);
  auto const require_end = [](char const* what, std::uint32_t end, std::size_t size) {
    if (end != size) fail<format_error>("panel: the cells end at ", end, " ", what, ", but there are ", size);
  };
  require_end("runs", cells.back().run, runs);
  require_end("columns", cells.back().column, columns);
  require_end("values", cells.back().value, values);
}

/// Throws format_error unless the runs have increasing patterns with rows inside the strip, and add up to the columns
/// and values of their cell.
inline void validate_panel_runs(panel_grid const& grid, index strip, index tile, std::span<panel_run const> runs,
                                index columns, index values) {
  auto const wrong = [&](auto const&... what) { fail<format_error>("panel: strip ", strip, ", tile ", tile, what...); };
  auto const patterns = index{1} << grid.height(strip);
  index before = 0;
  for (std::size_t r = 0; r != runs.size(); ++r) {
    auto const pattern = static_cast<index>(runs[r].pattern());
    if (pattern == 0 || pattern >= patterns)
      wrong(": run ", r, " has pattern ", pattern, ", expected 1..", patterns - 1);
    if (pattern <= before)
      wrong(": run ", r, " has pattern ", pattern, " after ", before, ", expected increasing patterns");
    if (runs[r].count() == 0) wrong(": run ", r, " has no columns");
    before = pattern;
  }
  index run_columns = 0;
  index run_values = 0;
  for (auto const run : runs) {
    run_columns += run.count();
    run_values += run.count() * std::popcount(run.pattern());
  }
  if (run_columns != columns) wrong(" has ", columns, " columns, but its runs have ", run_columns);
  if (run_values != values) wrong(" has ", values, " values, but its runs have ", run_values);
}

/// Throws format_error unless the columns lie in the tile, increase within each run, and stand in one run only.
inline void validate_panel_columns(panel_grid const& grid, index strip, index tile, std::span<panel_run const> runs,
                                   std::uint16_t const* column) {
  auto const wrong = [&](auto const&... what) {
    fail<format_error>("panel: strip ", strip, ", tile ", tile, " has column ", what...);
  };
  std::uint64_t seen[panel_layout::max_tile / 64];
  for (index word = 0; word * 64 < grid.width(tile); ++word) seen[word] = 0;
  for (auto const run : runs)
    for (index k = 0; k != run.count(); ++k, ++column) {
      if (*column >= grid.width(tile)) wrong(*column, ", expected columns below ", grid.width(tile));
      if (k != 0 && *column <= column[-1])
        wrong(*column, " after ", column[-1], " in pattern ", run.pattern(), ", expected increasing order");
      auto& word = seen[*column / 64];
      auto const bit = std::uint64_t{1} << (*column % 64);
      if ((word & bit) != 0) wrong(*column, " in two patterns, the second ", run.pattern());
      word |= bit;
    }
}

}  // namespace lacuna::detail::inline LACUNA_ISA
