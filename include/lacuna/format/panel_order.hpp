// SPDX-License-Identifier: MIT
//
// Ordering the rows of each cell of a panel matrix: by count, and in pairs that share many columns.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/format/panel_layout.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lacuna::detail::inline LACUNA_ISA {

/// Two places of a strip: their rows (-1 for none), the smaller count and the columns that both have.
struct panel_pair {
  std::int32_t row[2] = {-1, -1};
  std::int32_t count = 0;
  std::int32_t common = 0;
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

/// The order of the rows of a cell: rows by count, those of equal count in pairs that share the most (greedily: each
/// with the best of the next 12), and the pairs by count and then by what they share, so that consecutive strips run
/// the same number of steps and no loop's exit is a surprise. O(tile + 12 block tile / 64) for a cell.
class panel_order {
 public:
  explicit panel_order(panel_grid const& grid)
      : strip_height_(grid.strip_height),
        rows_(grid.block),
        spare_rows_(grid.block),
        pairs_(grid.block + 8),
        spare_pairs_(grid.block + 8),
        heads_(std::min(grid.tile, grid.cols) + 2) {}

  /// The pairs of a cell, strip by strip; of strips of one row each pair has one. `block` is a panel_block, or has its
  /// height, count and common. Valid until the next call.
  template <class Block>
  [[nodiscard]] std::span<panel_pair const> of(Block const& block) {
    auto const rows = first(rows_, block.height());
    for (index r = 0; r != block.height(); ++r) rows[static_cast<std::size_t>(r)] = static_cast<std::int32_t>(r);
    counting_sort(rows, first(spare_rows_, block.height()), heads_.span(),
                  [&](std::int32_t r) { return block.count(r); });
    return strip_height_ == 1 ? alone(block) : paired(block);
  }

 private:
  static constexpr index choices =
      12;  // rows of equal count that are compared: 48 make products 1 % faster and pack a third slower

  template <class T>
  [[nodiscard]] static std::span<T> first(buffer<T>& items, index n) {
    return items.span().first(static_cast<std::size_t>(n));
  }
  template <class Block>
  [[nodiscard]] static std::int32_t count_of(Block const& block, index row) {
    return static_cast<std::int32_t>(block.count(row));
  }

  template <class Block>
  [[nodiscard]] std::span<panel_pair const> alone(Block const& block) {
    for (index q = 0; q != block.height(); ++q) pairs_[q] = {{rows_[q], -1}, count_of(block, rows_[q]), 0};
    return first(pairs_, block.height());
  }

  template <class Block>
  [[nodiscard]] std::span<panel_pair const> paired(Block const& block) {
    auto const height = block.height();
    auto const places = (height + strip_height_ - 1) / strip_height_ * strip_height_;
    index n = 0;
    for (index empty = places - height; empty > 1; empty -= 2) pairs_[n++] = {};
    index q = 0;
    if (height % 2 != 0) pairs_[n++] = {{rows_[q++], -1}, 0, 0};  // the place without a row costs least here
    index end = q;                                                // of the rows that have as many slots as row q
    for (; q != height; q += 2) {
      auto const a = rows_[q];
      for (end = std::max(end, q + 1); end != height && block.count(rows_[end]) == block.count(a);) ++end;
      auto const common = bring_partner(block, q, std::min(end - q - 1, choices));
      pairs_[n++] = {{a, rows_[q + 1]}, count_of(block, a), common};
    }
    auto const pairs = first(pairs_, n);
    auto const spare = first(spare_pairs_, n);
    counting_sort(pairs, spare, heads_.span(), [](panel_pair const& p) { return p.common; });
    counting_sort(pairs, spare, heads_.span(), [](panel_pair const& p) { return p.count; });
    return pairs;
  }

  /// Moves to place q + 1 the row that goes with that of place q: of the next `tried`, which have as many slots, the
  /// one that shares most, or if there are none the next. Returns what they share.
  template <class Block>
  std::int32_t bring_partner(Block const& block, index q, index tried) {
    auto const a = rows_[q];
    index best = 0;  // what is shared, above the place counted backwards: without a branch, and the first of the best
    for (index k = 1; k <= tried; ++k) best = std::max(best, block.common(a, rows_[q + k]) * 64 + 63 - k);
    if (tried == 0) return static_cast<std::int32_t>(block.common(a, rows_[q + 1]));
    auto const place = q + 63 - best % 64;
    auto const partner = rows_[place];
    for (index k = place; k != q + 1; --k) rows_[k] = rows_[k - 1];
    rows_[q + 1] = partner;
    return static_cast<std::int32_t>(best / 64);
  }

  index strip_height_;
  buffer<std::int32_t> rows_;
  buffer<std::int32_t> spare_rows_;
  buffer<panel_pair> pairs_;
  buffer<panel_pair> spare_pairs_;
  buffer<index> heads_;
};

}  // namespace lacuna::detail::inline LACUNA_ISA
