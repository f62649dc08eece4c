// SPDX-License-Identifier: MIT
//
// The slots of a block of rows, as the packer of panels walks them: tile by tile.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/panel_layout.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace lacuna::detail::inline LACUNA_ISA {

/// The slots of the rows of one block, and of each row which of them stand in the tile at hand.
template <scalar T>
class panel_block {
 public:
  /// For blocks of up to `largest` slots.
  panel_block(panel_grid const& grid, index largest)
      : grid_(grid),
        words_((std::min(grid.tile, grid.cols) + 63) / 64),
        columns_(largest),
        values_(largest),
        start_(grid.block + 1),
        first_(grid.block),
        count_(grid.block),
        bits_(grid.block * words_) {}

  /// Reads the rows of block b. O(its slots).
  template <row_visitable S>
  void load(S const& source, index b) {
    index slot = 0;
    height_ = grid_.height(b);
    for (index r = 0; r != height_; ++r) {
      start_[r] = first_[r] = slot;
      count_[r] = 0;
      source.visit_row(b * grid_.block + r, [&](index j, auto value) {
        columns_[slot] = j;
        values_[slot++] = convert<T>(value);
      });
    }
    start_[height_] = slot;
  }

  /// Moves on to tile t: after `load` to 0, then from each to the next. O(slots in the tile + block * tile / 64).
  void advance(index t) {
    first_column_ = t * grid_.tile;
    auto const end = first_column_ + grid_.width(t);
    std::fill(bits_.begin(), bits_.end(), std::uint64_t{0});
    for (index r = 0; r != height_; ++r) {
      auto slot = first_[r] + count_[r];
      first_[r] = slot;
      for (; slot != start_[r + 1] && columns_[slot] < end; ++slot) {
        auto const column = columns_[slot] - first_column_;
        bits_[r * words_ + column / 64] |= std::uint64_t{1} << (column % 64);
      }
      count_[r] = slot - first_[r];
    }
  }

  /// Rows of the block.
  [[nodiscard]] index height() const noexcept { return height_; }
  /// Slots of row r in the tile.
  [[nodiscard]] index count(index r) const noexcept { return count_[r]; }
  /// Column, from the first of the tile, and value of slot k of row r.
  [[nodiscard]] index column(index r, index k) const noexcept { return columns_[first_[r] + k] - first_column_; }
  [[nodiscard]] T value(index r, index k) const noexcept { return values_[first_[r] + k]; }
  /// Row r has a slot in that column of the tile.
  [[nodiscard]] bool has(index r, index column) const noexcept {
    return (bits_[r * words_ + column / 64] >> (column % 64) & 1u) != 0;
  }
  /// Columns of the tile that rows a and b both have.
  [[nodiscard]] index common(index a, index b) const noexcept {
    index n = 0;
    for (index w = 0; w != words_; ++w) n += std::popcount(bits_[a * words_ + w] & bits_[b * words_ + w]);
    return n;
  }

 private:
  panel_grid grid_;
  index words_;  // of bits for a row of a tile
  index height_ = 0;
  index first_column_ = 0;
  buffer<index> columns_;
  buffer<T> values_;
  buffer<index> start_;  // each row's first slot in the block
  buffer<index> first_;  // in the tile
  buffer<index> count_;
  buffer<std::uint64_t> bits_;
};

}  // namespace lacuna::detail::inline LACUNA_ISA
