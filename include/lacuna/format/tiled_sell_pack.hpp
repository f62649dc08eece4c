// SPDX-License-Identifier: MIT
//
// Packing tiled_sell: the rows of each cell sorted by their number of slots, and its slots diagonal by diagonal.
//
// Bound: reading the weights once and writing the slots. 4096x4096 floats at 80 %, AVX-512, one thread: 3.3 times as
// long.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/panel_block.hpp>
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

/// Writes the places of the rows of a cell: more slots first, of equal rows the upper first; `order` is which row has
/// each place. count(r), at most 256, is what row r has; on return, of[c] is how many rows have more than c.
template <class Count>
void sort_sell_rows(Count const& count, index height, std::uint8_t* places, std::uint8_t* order, index (&of)[257]) {
  for (auto& n : of) n = 0;
  for (index r = 0; r != height; ++r) ++of[count(r)];
  index above = 0;
  for (index c = 256; c >= 0; --c) {
    auto const here = of[c];
    of[c] = above;
    above += here;
  }
  index next[257];
  for (index c = 0; c != 257; ++c) next[c] = of[c];
  for (index r = 0; r != height; ++r) {
    auto const place = next[count(r)]++;
    places[r] = static_cast<std::uint8_t>(place);
    order[place] = static_cast<std::uint8_t>(r);
  }
}

/// Writes the slots of a cell from `slot` on. Rows come in the order of their places, and diagonals that stand together
/// grow by what each row has of them: so a slot's place is the end of its diagonals, and loops become shorter from row
/// to row, which is no surprise.
template <class Block, scalar T>
void write_sell_cell(Block const& block, std::uint8_t const* order, index const (&of)[257], index slot,
                     tiled_sell_arrays<T>& out) {
  constexpr auto group = sell_group<T>;
  index end[256 / group + 1];
  for (index d = 0; d != 256 && of[d] != 0; ++d) {
    if (d % group == 0) end[d / group] = slot;
    slot += of[d];
  }
  auto* const columns = out.columns.data();
  auto* const values = out.values.data();
  for (index place = 0; place != block.height(); ++place) {
    auto const r = index{order[place]};
    block.prefetch_next(r);
    auto const count = block.count(r);
    auto const write = [&, a = block.values(r)](auto left) LACUNA_INLINE_LAMBDA {
      for (index d = 0; d != count; ++d) {
        auto const j = left.take();
        auto const at = end[d / group]++;
        columns[at] = static_cast<std::uint8_t>(j);
        values[at] = a(j);
      }
    };
    if (block.words() == 1)
      write(panel_word(*block.columns(r)));
    else
      write(panel_columns(block.columns(r)));
  }
}

/// The arrays of the source cut into windows and tiles, cell by cell: what a cell takes up is in the L1 cache while it
/// is written. O(rows * tiles + windows * tiles * 256 + stored). Throws format_error if there are more slots than 32
/// bits can count.
template <scalar T, int Tile, int Lanes, row_visitable S>
[[nodiscard]] tiled_sell_arrays<T> build_tiled_sell(S const& source, tiled_sell_grid<Tile, Lanes> const& grid) {
  auto const stored = count_slots(source);
  require_fits<std::uint32_t>("pack<tiled_sell>", "slot", stored);  // no more diagonals than slots
  auto const cells = checked_multiply(grid.windows(), grid.tiles(), "pack<tiled_sell>");
  tiled_sell_arrays<T> out;
  out.cells = buffer<tiled_sell_cell>(checked_add(cells, 1, "pack<tiled_sell>"));
  out.places = buffer<std::uint8_t>(checked_multiply(grid.rows, grid.tiles(), "pack<tiled_sell>"));
  out.columns = buffer<std::uint8_t>(stored, unwritten);
  out.values = buffer<T>(stored, unwritten);
  growing<std::uint16_t> diagonals;
  panel_block<T, S> block(source, {grid.rows, grid.cols, 1, Tile, tiled_sell_layout<Tile, Lanes>::window});
  index of[257];
  std::uint8_t order[256];
  index slot = 0;
  for (index w = 0; w != grid.windows(); ++w) {
    block.load(w);
    for (index t = 0; t != grid.tiles(); ++t) {
      block.advance(t);
      sort_sell_rows([&](index r) { return block.count(r); }, block.height(), out.places.data() + grid.places(w, t),
                     order, of);
      write_sell_cell(block, order, of, slot, out);
      for (index d = 0; d != 256 && of[d] != 0; ++d) {
        diagonals.push_back(static_cast<std::uint16_t>(of[d]));
        slot += of[d];
      }
      out.cells[grid.cell(w, t) + 1] = {static_cast<std::uint32_t>(diagonals.size()), static_cast<std::uint32_t>(slot)};
    }
  }
  out.diagonals = buffer<std::uint16_t>(diagonals.span());
  return out;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
