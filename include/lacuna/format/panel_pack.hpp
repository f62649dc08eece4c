// SPDX-License-Identifier: MIT
//
// Sorting the columns of each cell of a panel matrix by pattern.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/bands.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/panel_layout.hpp>
#include <lacuna/format/rows.hpp>

#include <bit>
#include <cstdint>

namespace lacuna::detail::inline LACUNA_ISA {

/// The arrays of a panel matrix.
template <scalar T>
struct panel_arrays {
  buffer<panel_cell> cells;
  buffer<panel_run> runs;
  buffer<std::uint16_t> columns;
  buffer<T> values;
};

/// The columns of each strip in increasing order; the value of each is the pattern of rows that it has a slot in.
template <row_visitable S>
[[nodiscard]] row_lists<std::uint8_t> strip_patterns(S const& source, index strip_height) {
  auto lists = band_lists(source, strip_height, 1);
  buffer<std::uint8_t> pattern(source.cols());
  for (index s = 0; s != lists.rows(); ++s) {
    auto const first = s * strip_height;
    for (index i = first; i != source.rows() && i != first + strip_height; ++i)
      source.visit_row(
          i, [&](index j, auto) { pattern[j] = static_cast<std::uint8_t>(pattern[j] | (1u << (i - first))); });
    for (index c = lists.offsets[s]; c != lists.offsets[s + 1]; ++c) {
      lists.values[c] = pattern[lists.columns[c]];
      pattern[lists.columns[c]] = 0;
    }
  }
  return lists;
}

/// Calls f(cell, first, last) for each cell, strip by strip: its columns are first .. last of the lists.
template <class F>
void for_each_cell(panel_grid const& grid, row_lists<std::uint8_t> const& lists, F&& f) {
  index cell = 0;
  for (index s = 0; s != grid.strips(); ++s) {
    auto first = lists.offsets[s];
    for (index t = 0; t != grid.tiles(); ++t, ++cell) {
      auto last = first;
      while (last != lists.offsets[s + 1] && lists.columns[last] / grid.tile == t) ++last;
      f(cell, first, last);
      first = last;
    }
  }
}

/// How many columns of a cell have each pattern.
struct pattern_counts {
  std::uint32_t of[256] = {};
  pattern_counts(std::uint8_t const* first, std::uint8_t const* last) noexcept {
    for (; first != last; ++first) ++of[*first];
  }
};

/// Where each cell starts. Throws format_error if there are more columns or values than 32 bits can count.
[[nodiscard]] inline buffer<panel_cell> panel_cells(panel_grid const& grid, row_lists<std::uint8_t> const& lists) {
  auto const count = checked_multiply(grid.strips(), grid.tiles(), "pack<panel>");
  buffer<panel_cell> cells(checked_add(count, 1, "pack<panel>"));
  index values = 0;
  for (index c = 0; c != lists.columns.size(); ++c) values += std::popcount(lists.values[c]);
  require_fits<std::uint32_t>("pack<panel>", "value offset", values);  // no more columns than values, nor runs
  for_each_cell(grid, lists, [&](index cell, index first, index last) {
    pattern_counts const counts(lists.values.data() + first, lists.values.data() + last);
    auto next = cells[cell];
    next.column += static_cast<std::uint32_t>(last - first);
    for (std::uint32_t p = 1; p != 256; ++p) {
      next.run += counts.of[p] != 0;
      next.value += counts.of[p] * static_cast<std::uint32_t>(std::popcount(p));
    }
    cells[cell + 1] = next;
  });
  return cells;
}

/// Writes the runs and columns of a cell by a counting sort, and for each column of the lists where its values start.
template <scalar T>
void sort_cell(panel_arrays<T>& out, panel_cell const& cell, panel_grid const& grid,
               row_lists<std::uint8_t> const& lists, index first, index last, buffer<index>& value_of) {
  pattern_counts const counts(lists.values.data() + first, lists.values.data() + last);
  index next_column[256];
  index next_value[256];
  index run = cell.run;
  index column = cell.column;
  index value = cell.value;
  for (std::uint32_t p = 1; p != 256; ++p) {
    next_column[p] = column;
    next_value[p] = value;
    if (counts.of[p] == 0) continue;
    out.runs[run++] = panel_run(p, counts.of[p]);
    column += counts.of[p];
    value += static_cast<index>(counts.of[p]) * std::popcount(p);
  }
  for (index c = first; c != last; ++c) {
    auto const pattern = lists.values[c];
    out.columns[next_column[pattern]++] = static_cast<std::uint16_t>(lists.columns[c] % grid.tile);
    value_of[c] = next_value[pattern];
    next_value[pattern] += std::popcount(pattern);
  }
}

/// The arrays of the source cut by the grid. O(strips * tiles + rows + cols + stored).
template <scalar T, row_visitable S>
[[nodiscard]] panel_arrays<T> build_panel(S const& source, panel_grid const& grid) {
  auto const lists = strip_patterns(source, grid.strip_height);
  panel_arrays<T> out;
  out.cells = panel_cells(grid, lists);
  auto const& end = out.cells[out.cells.size() - 1];
  out.runs = buffer<panel_run>(end.run);
  out.columns = buffer<std::uint16_t>(end.column);
  out.values = buffer<T>(end.value);
  buffer<index> value_of(end.column);
  for_each_cell(grid, lists, [&](index cell, index first, index last) {
    sort_cell(out, out.cells[cell], grid, lists, first, last, value_of);
  });
  buffer<index> at(grid.cols);  // where the values of each column of this strip start
  buffer<std::uint8_t> pattern(grid.cols);
  for (index i = 0; i != grid.rows; ++i) {
    auto const strip = i / grid.strip_height;
    if (i % grid.strip_height == 0)
      for (index c = lists.offsets[strip]; c != lists.offsets[strip + 1]; ++c) {
        at[lists.columns[c]] = value_of[c];
        pattern[lists.columns[c]] = lists.values[c];
      }
    source.visit_row(i, [&](index j, auto value) {
      auto const before = std::popcount(pattern[j] & low_bits(i % grid.strip_height));
      out.values[at[j] + before] = convert<T>(value);
    });
  }
  return out;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
