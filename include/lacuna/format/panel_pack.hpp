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
    out_.columns = buffer<std::uint16_t>(stored, unwritten);
    out_.values = buffer<T>(stored, unwritten);
    auto const words = (std::min(grid.tile, grid.cols) + 63) / 64;
    shared_ = buffer<std::uint64_t>(words);
    for (auto& bits : own_) bits = buffer<std::uint64_t>(words);
  }

  /// One strip of a cell: the places of its pairs.
  template <class Block>
  void add(Block const& block, std::span<panel_pair const> pairs) {
    index row[panel_layout::max_strip_height];
    index count[panel_layout::max_strip_height] = {};
    for (index h = 0; h != height_; ++h) {
      row[h] = pairs[static_cast<std::size_t>(h / 2)].row[h % 2];
      count[h] = row[h] < 0 ? 0 : block.count(row[h]);
    }
    index shared = pairs[0].common;
    for (auto const& pair : pairs) shared = std::min<index>(shared, pair.common);
    auto own = count[0] - shared;
    for (index h = 1; h != height_; ++h) own = std::min(own, count[h] - shared);

    out_.strips[strip_] = {static_cast<std::uint32_t>(column_), static_cast<std::uint32_t>(value_),
                           static_cast<std::uint16_t>(shared), static_cast<std::uint16_t>(own)};
    for (index h = 0; h + 1 < height_; h += 2) add_shared(block, row + h, shared, h);
    column_ += shared * (height_ / 2);
    value_ += shared * height_;
    auto rest_column = column_ + own * height_;
    auto rest_value = value_ + own * height_;
    for (index h = 0; h != height_; ++h) {
      auto const rest = count[h] - shared - own;
      out_.slots[strip_ * height_ + h] = {row[h] < 0 ? panel_layout::no_row : static_cast<std::uint16_t>(row[h]),
                                          static_cast<std::uint16_t>(rest)};
      if (row[h] < 0) continue;
      block.prefetch_next(row[h]);
      panel_columns columns(height_ == 1 ? block.columns(row[h]) : own_[h].data());
      add_slots(block, row[h], columns, own, column_ + h, value_ + h, height_);
      add_slots(block, row[h], columns, rest, rest_column, rest_value, 1);
      rest_column += rest;
      rest_value += rest;
    }
    column_ = rest_column;
    value_ = rest_value;
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
  /// The first `shared` columns that the two rows of the pair at place h both have; what else they have goes to own_.
  template <class Block>
  void add_shared(Block const& block, index const* row, index shared, index h) {
    if (row[0] < 0) return;
    auto const* const a = block.columns(row[0]);
    auto const* const b = block.columns(row[1] < 0 ? row[0] : row[1]);
    auto left = shared;
    for (index w = 0; w != block.words(); ++w) {
      auto const both = first_bits(a[w] & b[w], left);
      left -= std::popcount(both);
      shared_[w] = both;
      own_[h][w] = a[w] & ~both;
      own_[h + 1][w] = b[w] & ~both;
    }
    panel_columns columns(shared_.data());
    auto column = column_ + h / 2;
    auto value = value_ + h;
    for (index e = 0; e != shared; ++e, column += height_ / 2, value += height_) {
      auto const j = columns.take();
      out_.columns.data()[column] = static_cast<std::uint16_t>(j);
      out_.values.data()[value] = block.value(row[0], j);
      out_.values.data()[value + 1] = block.value(row[1], j);
    }
  }
  /// The lowest n bits of those set, or all where there are no more.
  [[nodiscard]] LACUNA_INLINE static std::uint64_t first_bits(std::uint64_t bits, index n) noexcept {
    if (std::popcount(bits) <= n) return bits;
    auto others = bits;
    for (; n != 0; --n) others &= others - 1;
    return bits ^ others;
  }
  /// The next n columns and their values, each `step` behind the last.
  template <class Block>
  LACUNA_INLINE void add_slots(Block const& block, index row, panel_columns& columns, index n, index column,
                               index value, index step) {
    for (index e = 0; e != n; ++e, column += step, value += step) {
      auto const j = columns.take();
      out_.columns.data()[column] = static_cast<std::uint16_t>(j);
      out_.values.data()[value] = block.value(row, j);
    }
  }

  index height_;
  panel_arrays<T> out_;
  buffer<std::uint64_t> shared_;                               // the columns of a pair that both rows have
  buffer<std::uint64_t> own_[panel_layout::max_strip_height];  // and of each place the others
  index strip_ = 0;
  index column_ = 0;
  index value_ = 0;
};

/// The arrays of the source, which has so many slots, cut by the grid. O(stored + blocks * tiles * (what panel_order
/// takes for a cell)). Throws format_error if the slots are too many for an offset.
template <scalar T, row_visitable S>
[[nodiscard]] panel_arrays<T> build_panel(S const& source, panel_grid const& grid, index stored) {
  require_fits<std::uint32_t>("pack<panel>", "value offset", stored);
  panel_block<T, S> block(source, grid);
  panel_order order(grid);
  panel_writer<T> writer(grid, stored);
  auto const step = static_cast<std::size_t>(grid.strip_height == 1 ? 1 : grid.strip_height / 2);
  for (index b = 0; b != grid.blocks(); ++b) {
    block.load(b);
    for (index t = 0; t != grid.tiles(); ++t) {
      block.advance(t);
      auto const pairs = order.of(block);
      for (std::size_t p = 0; p < pairs.size(); p += step) writer.add(block, pairs.subspan(p, step));
    }
  }
  return writer.finish();
}

}  // namespace lacuna::detail::inline LACUNA_ISA
