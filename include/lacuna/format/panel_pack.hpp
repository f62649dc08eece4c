// SPDX-License-Identifier: MIT
//
// Packing panels: the strips of each cell, in the order of `panel_order`.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/panel_block.hpp>
#include <lacuna/format/panel_layout.hpp>
#include <lacuna/format/panel_order.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// The arrays of a panel matrix.
template <scalar T>
struct panel_arrays {
  buffer<panel_strip> strips;
  buffer<panel_slot> slots;
  buffer<std::uint16_t> columns;
  buffer<T> values;
};

/// Appends strips to the arrays.
template <scalar T>
class panel_writer {
 public:
  panel_writer(panel_grid const& grid, index stored) : height_(grid.strip_height) {
    out_.strips = buffer<panel_strip>(grid.strips() + 1);
    out_.slots = buffer<panel_slot>(grid.strips() * height_);
    out_.columns = buffer<std::uint16_t>(stored);
    out_.values = buffer<T>(stored);
    auto const width = std::min(grid.tile, grid.cols);
    for (auto& list : own_) list = buffer<index>(width + 1);
    for (auto& list : shared_) list = buffer<index>(width + 1);
  }

  /// One strip of a cell: the places of its pairs.
  void add(panel_block<T> const& block, std::span<panel_pair const> pairs) {
    index row[panel_layout::max_strip_height];
    index count[panel_layout::max_strip_height] = {};
    for (index h = 0; h != height_; ++h) {
      row[h] = pairs[static_cast<std::size_t>(h / 2)].row[h % 2];
      count[h] = row[h] < 0 ? 0 : block.count(row[h]);
    }
    index shared = pairs[0].common;
    for (auto const& pair : pairs) shared = std::min(shared, pair.common);
    auto own = count[0] - shared;
    for (index h = 1; h != height_; ++h) own = std::min(own, count[h] - shared);
    for (index h = 0; h != height_; ++h) split(block, row[h], height_ == 1 ? -1 : row[h ^ 1], shared, h);

    out_.strips[strip_] = {static_cast<std::uint32_t>(column_), static_cast<std::uint32_t>(value_),
                           static_cast<std::uint16_t>(shared), static_cast<std::uint16_t>(own)};
    for (index e = 0; e != shared; ++e)
      for (index h = 0; h != height_; ++h) {
        if (h % 2 == 0) add_column(block, row[h], shared_[h][e]);
        add_value(block, row[h], shared_[h][e]);
      }
    for (index e = 0; e != own; ++e)
      for (index h = 0; h != height_; ++h) add_slot(block, row[h], own_[h][e]);
    for (index h = 0; h != height_; ++h) {
      auto const rest = count[h] - shared - own;
      for (index e = own; e != own + rest; ++e) add_slot(block, row[h], own_[h][e]);
      out_.slots[strip_ * height_ + h] = {row[h] < 0 ? panel_layout::no_row : static_cast<std::uint16_t>(row[h]),
                                          static_cast<std::uint16_t>(rest)};
    }
    ++strip_;
  }

  /// The arrays, when every strip of the grid has been added.
  [[nodiscard]] panel_arrays<T> finish() {
    out_.strips[strip_] = {static_cast<std::uint32_t>(column_), static_cast<std::uint32_t>(value_), 0, 0};
    if (column_ != out_.columns.size())  // shared columns stand once
      out_.columns = buffer<std::uint16_t>(std::as_const(out_.columns).span().first(static_cast<std::size_t>(column_)));
    return std::move(out_);
  }

 private:
  /// The first `shared` slots that row a has in common with row b, and a's others, each in order of columns.
  void split(panel_block<T> const& block, index a, index b, index shared, index h) {
    if (a < 0) return;
    index common = 0;
    index own = 0;
    for (index k = 0; k != block.count(a); ++k) {  // without a branch: which it is, is a coin's toss
      bool const both = common != shared && block.has(b, block.column(a, k));
      shared_[h][common] = k;
      own_[h][own] = k;
      common += both;
      own += !both;
    }
  }
  void add_column(panel_block<T> const& block, index row, index k) {
    out_.columns[column_++] = static_cast<std::uint16_t>(block.column(row, k));
  }
  void add_value(panel_block<T> const& block, index row, index k) { out_.values[value_++] = block.value(row, k); }
  void add_slot(panel_block<T> const& block, index row, index k) {
    add_column(block, row, k);
    add_value(block, row, k);
  }

  index height_;
  panel_arrays<T> out_;
  buffer<index> own_[panel_layout::max_strip_height];     // of each place, which slots of its row
  buffer<index> shared_[panel_layout::max_strip_height];  // are its own, and which its pair's
  index strip_ = 0;
  index column_ = 0;
  index value_ = 0;
};

/// Slots of a source, and the most that one of its blocks has.
struct panel_slots {
  index stored = 0;
  index largest = 0;
};
/// Throws format_error if the slots are too many for an offset.
template <row_visitable S>
[[nodiscard]] panel_slots count_panel_slots(S const& source, panel_grid const& grid) {
  panel_slots n;
  for (index b = 0; b != grid.blocks(); ++b) {
    auto const before = n.stored;
    for (index r = 0; r != grid.height(b); ++r) source.visit_row(b * grid.block + r, [&](index, auto) { ++n.stored; });
    n.largest = std::max(n.largest, n.stored - before);
  }
  require_fits<std::uint32_t>("pack<panel>", "value offset", n.stored);
  return n;
}

/// The arrays of the source cut by the grid. O(stored + blocks * tiles * (what panel_order takes for a cell)).
template <scalar T, row_visitable S>
[[nodiscard]] panel_arrays<T> build_panel(S const& source, panel_grid const& grid) {
  auto const slots = count_panel_slots(source, grid);
  panel_block<T> block(grid, slots.largest);
  panel_order order(grid);
  panel_writer<T> writer(grid, slots.stored);
  auto const step = static_cast<std::size_t>(grid.strip_height == 1 ? 1 : grid.strip_height / 2);
  for (index b = 0; b != grid.blocks(); ++b) {
    block.load(source, b);
    for (index t = 0; t != grid.tiles(); ++t) {
      block.advance(t);
      auto const pairs = order.of(block);
      for (std::size_t p = 0; p < pairs.size(); p += step) writer.add(block, pairs.subspan(p, step));
    }
  }
  return writer.finish();
}

}  // namespace lacuna::detail::inline LACUNA_ISA
