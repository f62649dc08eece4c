// SPDX-License-Identifier: MIT
//
// Ordering the rows of each cell of a panel matrix: by count, and in pairs that share many columns.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/panel_layout.hpp>

#include <algorithm>
#include <bit>
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

/// The slots of the rows of one block, and of each row which of them stand in the tile at hand.
template <scalar T>
class panel_block {
 public:
  panel_block(panel_grid const& grid, index largest)
      : grid_(grid),
        words_((std::min(grid.tile, grid.cols) + 63) / 64),
        columns_(largest),
        values_(largest),
        start_(grid.block + 1),
        first_(grid.block),
        count_(grid.block),
        bits_(grid.block * words_) {}

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

  /// Moves on to tile t: tiles are asked for in order.
  void advance(index t) {
    auto const end = t * grid_.tile + grid_.width(t);
    std::fill(bits_.begin(), bits_.end(), std::uint64_t{0});
    for (index r = 0; r != height_; ++r) {
      auto slot = first_[r] + count_[r];
      first_[r] = slot;
      for (; slot != start_[r + 1] && columns_[slot] < end; ++slot) {
        auto const column = columns_[slot] - t * grid_.tile;
        bits_[r * words_ + column / 64] |= std::uint64_t{1} << (column % 64);
      }
      count_[r] = slot - first_[r];
    }
  }

  [[nodiscard]] index height() const noexcept { return height_; }
  /// Slots of row r in the tile.
  [[nodiscard]] index count(index r) const noexcept { return count_[r]; }
  [[nodiscard]] index column(index r, index k) const noexcept { return columns_[first_[r] + k] % grid_.tile; }
  [[nodiscard]] T value(index r, index k) const noexcept { return values_[first_[r] + k]; }
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
  index words_;
  index height_ = 0;
  buffer<index> columns_;
  buffer<T> values_;
  buffer<index> start_;
  buffer<index> first_;
  buffer<index> count_;
  buffer<std::uint64_t> bits_;
};

/// Two places of a strip: their rows (-1 for none), the smaller count and the columns that both have.
struct panel_pair {
  index row[2] = {-1, -1};
  index count = 0;
  index common = 0;
};

/// Sorts by key(item), stable. Keys are 0 .. largest; `spare` holds as many items and `heads` largest + 2.
template <class Item, class Key>
void counting_sort(std::span<Item> items, std::span<Item> spare, std::span<index> heads, Key const& key) {
  std::fill(heads.begin(), heads.end(), index{0});
  for (auto const& item : items) ++heads[static_cast<std::size_t>(key(item)) + 1];
  for (std::size_t k = 1; k != heads.size(); ++k) heads[k] += heads[k - 1];
  for (auto const& item : items) spare[static_cast<std::size_t>(heads[static_cast<std::size_t>(key(item))]++)] = item;
  std::copy(spare.begin(), spare.end(), items.begin());
}

/// The order of the rows of a cell: pairs of rows of equal count that share the most, sorted by count and then by what
/// they share, so that consecutive strips run the same number of steps and no loop's exit is a surprise.
class panel_order {
 public:
  explicit panel_order(panel_grid const& grid)
      : strip_height_(grid.strip_height),
        rows_(grid.block),
        spare_rows_(grid.block),
        pairs_(grid.block + 8),
        spare_pairs_(grid.block + 8),
        heads_(std::min(grid.tile, grid.cols) + 2),
        used_(grid.block) {}

  /// The pairs of a cell, strip by strip; of strips of one row each pair has one.
  template <class Block>
  [[nodiscard]] std::span<panel_pair const> of(Block const& block) {
    auto const rows = first(rows_, block.height());
    for (index r = 0; r != block.height(); ++r) rows[static_cast<std::size_t>(r)] = r;
    counting_sort(rows, first(spare_rows_, block.height()), heads_.span(), [&](index r) { return block.count(r); });
    return strip_height_ == 1 ? alone(block) : paired(block);
  }

 private:
  static constexpr index choices = 48;  // rows of equal count that are compared: more gain nothing

  template <class T>
  [[nodiscard]] static std::span<T> first(buffer<T>& items, index n) {
    return items.span().first(static_cast<std::size_t>(n));
  }

  template <class Block>
  [[nodiscard]] std::span<panel_pair const> alone(Block const& block) {
    for (index q = 0; q != block.height(); ++q) pairs_[q] = {{rows_[q], -1}, block.count(rows_[q]), 0};
    return first(pairs_, block.height());
  }

  template <class Block>
  [[nodiscard]] std::span<panel_pair const> paired(Block const& block) {
    auto const height = block.height();
    auto const places = (height + strip_height_ - 1) / strip_height_ * strip_height_;
    std::fill(used_.begin(), used_.end(), std::uint8_t{0});
    index n = 0;
    for (index empty = places - height; empty > 1; empty -= 2) pairs_[n++] = {};
    index q = 0;
    if (height % 2 != 0) pairs_[n++] = {{rows_[q++], -1}, 0, 0};  // the place without a row costs least here
    for (; q != height; ++q) {
      auto const a = rows_[q];
      if (used_[a] != 0) continue;
      auto const b = partner(block, q);
      used_[b] = 1;
      pairs_[n++] = {{a, b}, block.count(a), block.common(a, b)};
    }
    auto const pairs = first(pairs_, n);
    auto const spare = first(spare_pairs_, n);
    counting_sort(pairs, spare, heads_.span(), [](panel_pair const& p) { return p.common; });
    counting_sort(pairs, spare, heads_.span(), [](panel_pair const& p) { return p.count; });
    return pairs;
  }

  /// The row behind place q that goes with it: of equal count the one that shares most, else the next.
  template <class Block>
  [[nodiscard]] index partner(Block const& block, index q) const {
    auto const a = rows_[q];
    index best = -1;
    index most = -1;
    index tried = 0;
    for (++q; q != block.height() && tried != choices; ++q) {
      auto const b = rows_[q];
      if (used_[b] != 0) continue;
      if (best >= 0 && block.count(b) != block.count(a)) break;
      auto const common = block.common(a, b);
      if (common > most) {
        best = b;
        most = common;
      }
      if (block.count(b) != block.count(a)) break;
      ++tried;
    }
    return best;
  }

  index strip_height_;
  buffer<index> rows_;
  buffer<index> spare_rows_;
  buffer<panel_pair> pairs_;
  buffer<panel_pair> spare_pairs_;
  buffer<index> heads_;
  buffer<std::uint8_t> used_;
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
    for (auto& list : own_) list = buffer<index>(width);
    for (auto& list : shared_) list = buffer<index>(width);
  }

  /// One strip of a cell: the places of its pairs.
  void add(panel_block<T> const& block, std::span<panel_pair const> pairs) {
    index row[panel_layout::max_strip_height];
    for (index h = 0; h != height_; ++h)
      row[h] = height_ == 1 ? pairs[0].row[0] : pairs[static_cast<std::size_t>(h / 2)].row[h % 2];
    index shared = height_ == 1 ? 0 : pairs[0].common;
    for (auto const& pair : pairs) shared = std::min(shared, pair.common);
    index own = row[0] < 0 ? 0 : block.count(row[0]) - shared;
    for (index h = 0; h != height_; ++h) own = std::min(own, row[h] < 0 ? 0 : block.count(row[h]) - shared);
    for (index h = 0; h != height_; ++h) split(block, row[h], height_ == 1 ? -1 : row[h ^ 1], shared, h);

    out_.strips[strip_] = {static_cast<std::uint32_t>(column_), static_cast<std::uint32_t>(value_),
                           static_cast<std::uint16_t>(shared), static_cast<std::uint16_t>(own)};
    for (index e = 0; e != shared; ++e)
      for (index h = 0; h != height_; ++h) {
        if (h % 2 == 0) add_column(block, row[h], shared_[h][e]);
        out_.values[value_++] = block.value(row[h], shared_[h][e]);
      }
    for (index e = 0; e != own; ++e)
      for (index h = 0; h != height_; ++h) add_slot(block, row[h], own_[h][e]);
    for (index h = 0; h != height_; ++h) {
      auto const rest = row[h] < 0 ? 0 : block.count(row[h]) - shared - own;
      for (index e = own; e != own + rest; ++e) add_slot(block, row[h], own_[h][e]);
      out_.slots[strip_ * height_ + h] = {row[h] < 0 ? panel_layout::no_row : static_cast<std::uint16_t>(row[h]),
                                          static_cast<std::uint16_t>(rest)};
    }
    ++strip_;
  }

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
    for (index k = 0; k != block.count(a); ++k)
      if (common != shared && block.has(b, block.column(a, k)))
        shared_[h][common++] = k;
      else
        own_[h][own++] = k;
  }
  void add_column(panel_block<T> const& block, index row, index k) {
    out_.columns[column_++] = static_cast<std::uint16_t>(block.column(row, k));
  }
  void add_slot(panel_block<T> const& block, index row, index k) {
    add_column(block, row, k);
    out_.values[value_++] = block.value(row, k);
  }

  index height_;
  panel_arrays<T> out_;
  buffer<index> own_[panel_layout::max_strip_height];
  buffer<index> shared_[panel_layout::max_strip_height];
  index strip_ = 0;
  index column_ = 0;
  index value_ = 0;
};

/// The arrays of the source cut by the grid. O(rows * tiles * (tile / 64 + log) + cols + stored).
template <scalar T, row_visitable S>
[[nodiscard]] panel_arrays<T> build_panel(S const& source, panel_grid const& grid) {
  index stored = 0;
  index largest = 0;
  for (index b = 0; b != grid.blocks(); ++b) {
    auto const before = stored;
    for (index r = 0; r != grid.height(b); ++r) source.visit_row(b * grid.block + r, [&](index, auto) { ++stored; });
    largest = std::max(largest, stored - before);
  }
  require_fits<std::uint32_t>("pack<panel>", "value offset", stored);
  panel_block<T> block(grid, largest);
  panel_order order(grid);
  panel_writer<T> writer(grid, stored);
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
