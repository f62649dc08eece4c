// SPDX-License-Identifier: MIT
//
// The slots of a block of rows, as the packers of panel and tiled_sell walk them: tile by tile, as words of bits.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/prefetch.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/panel_layout.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>

namespace lacuna::detail::inline LACUNA_ISA {

/// A source whose values stand in a dense matrix `w`, and one whose rows are those of a mask `keep` besides.
template <class S>
concept reads_dense = requires(S const& source, index i) { source.w(i, i); };
template <class S>
concept reads_mask = reads_dense<S> && requires(S const& source, index i) { source.keep->row(i); };

/// The columns of a row of a cell, one by one and increasing: bits of words that follow each other.
class panel_columns {
 public:
  LACUNA_INLINE panel_columns() noexcept = default;
  LACUNA_INLINE explicit panel_columns(std::uint64_t const* words) noexcept : next_(words + 1), left_(*words) {}
  /// The next column; there is one.
  [[nodiscard]] LACUNA_INLINE index take() noexcept {
    while (left_ == 0) left_ = *next_++, first_ += 64;
    auto const column = first_ + std::countr_zero(left_);
    left_ &= left_ - 1;
    return column;
  }

 private:
  std::uint64_t const* next_ = nullptr;
  std::uint64_t left_ = 0;
  index first_ = 0;
};

/// The same, where one word is all there is.
class panel_word {
 public:
  LACUNA_INLINE panel_word() noexcept = default;
  LACUNA_INLINE explicit panel_word(std::uint64_t word) noexcept : left_(word) {}
  /// The next column; there is one.
  [[nodiscard]] LACUNA_INLINE index take() noexcept {
    index const column = std::countr_zero(left_);
    left_ &= left_ - 1;
    return column;
  }

 private:
  std::uint64_t left_ = 0;
};

/// The rows of one block of a source: of each the columns in the tile at hand, and the values. Values in a dense matrix
/// are read where they stand, others are copied.
template <scalar T, row_visitable S>
class panel_block {
 public:
  panel_block(S const& source, panel_grid const& grid)
      : source_(&source), grid_(grid), words_((std::min(grid.tile, grid.cols) + 63) / 64) {
    auto const height = std::min(grid.block, grid.rows);
    cell_ = buffer<std::uint64_t>(height * words_);
    count_ = buffer<index>(height);
    if constexpr (!reads_mask<S>) bits_ = buffer<std::uint64_t>(height * row_words());
    if constexpr (!reads_dense<S>) {
      values_ = buffer<T>(most_slots());
      first_ = buffer<index>(height * words_ + 1);
      next_ = buffer<index>(height);
    }
  }

  /// Moves on to block b. O(its slots + block * cols / 64).
  void load(index b) {
    height_ = grid_.height(b);
    first_row_ = b * grid_.block;
    if constexpr (!reads_mask<S>) {
      std::fill(bits_.begin(), bits_.end(), std::uint64_t{0});
      index slot = 0;
      for (index r = 0; r != height_; ++r) {
        if constexpr (!reads_dense<S>) next_[r] = slot;
        auto* const row = bits_.data() + r * row_words();
        source_->visit_row(first_row_ + r, [&](index j, auto value) {
          row[j / 64] |= std::uint64_t{1} << (j % 64);
          if constexpr (!reads_dense<S>) values_[slot++] = convert<T>(value);
        });
      }
    }
  }

  /// Moves on to tile t: after `load` to 0, then from each to the next. O(block * tile / 64).
  void advance(index t) {
    first_column_ = t * grid_.tile;
    if (words_ == 1)
      read_bits(grid_.width(t), std::integral_constant<index, 1>{});
    else
      read_bits(grid_.width(t), words_);
  }

  /// Rows of the block.
  [[nodiscard]] LACUNA_INLINE index height() const noexcept { return height_; }
  /// Slots of row r in the tile.
  [[nodiscard]] LACUNA_INLINE index count(index r) const noexcept { return count_[r]; }
  /// Words of bits for a row of a tile.
  [[nodiscard]] LACUNA_INLINE index words() const noexcept { return words_; }
  /// The columns that row r has in the tile.
  [[nodiscard]] LACUNA_INLINE std::uint64_t const* columns(index r) const noexcept { return cell_.data() + r * words_; }
  /// The value of row r in a column that it has.
  [[nodiscard]] LACUNA_INLINE T value(index r, index column) const noexcept {
    if constexpr (reads_dense<S>) {
      return convert<T>(source_->w(first_row_ + r, first_column_ + column));
    } else {
      auto const word = r * words_ + column / 64;
      auto const before = (std::uint64_t{1} << (column % 64)) - 1;
      return values_[first_[word] + std::popcount(cell_[word] & before)];
    }
  }
  /// The values of row r: what value(r, column) returns, without looking the row up each time.
  [[nodiscard]] LACUNA_INLINE auto values(index r) const noexcept {
    if constexpr (reads_dense<S>)
      return [w = source_->w, first = &source_->w(first_row_ + r, first_column_)](index column)
                 LACUNA_INLINE_LAMBDA { return convert<T>(first[column * w.col_stride()]); };
    else
      return [this, r](index column) LACUNA_INLINE_LAMBDA { return value(r, column); };
  }
  /// Asks for the values of row r in the next tile, which are read in an order of which no processor knows the next.
  LACUNA_INLINE void prefetch_next([[maybe_unused]] index r) const noexcept {
    if constexpr (reads_dense<S>)
      if (auto const& w = source_->w; w.col_stride() == 1 && first_column_ + grid_.tile < grid_.cols) {
        auto const* const first = w.data() + (first_row_ + r) * w.row_stride() + first_column_ + grid_.tile;
        constexpr auto line = static_cast<index>(64 / sizeof(*first));
        for (index j = 0; j < std::min(grid_.tile, grid_.cols - first_column_ - grid_.tile); j += line)
          prefetch_line(first + j);
      }
  }

 private:
  [[nodiscard]] index row_words() const noexcept { return (grid_.cols + 63) / 64; }

  /// All bits of the block's first row; row_words() for each row.
  [[nodiscard]] LACUNA_INLINE std::uint64_t const* all_bits() const noexcept {
    if constexpr (reads_mask<S>)
      return source_->keep->row(first_row_);
    else
      return bits_.data();
  }
  /// The bits of the tile at hand, which is `width` columns wide: those of its first column in the lowest place.
  template <class Words>
  LACUNA_INLINE void read_bits(index width, Words words) {
    auto const stride = row_words();
    auto const left = stride - first_column_ / 64;  // words from the tile on
    auto const shift = first_column_ % 64;
    auto const* row = all_bits() + first_column_ / 64;
    auto* cell = cell_.data();
    for (index r = 0; r != height_; ++r, row += stride, cell += words) {
      index count = 0;
      for (index w = 0; w != words; ++w) {
        auto bits = w < left ? row[w] >> shift : 0;
        if (shift != 0 && w + 1 < left) bits |= row[w + 1] << (64 - shift);
        if (width - w * 64 < 64) bits = width <= w * 64 ? 0 : bits & ((std::uint64_t{1} << (width - w * 64)) - 1);
        if constexpr (!reads_dense<S>) first_[r * words + w] = next_[r] + count;
        cell[w] = bits;
        count += std::popcount(bits);
      }
      if constexpr (!reads_dense<S>) next_[r] += count;
      count_[r] = count;
    }
  }
  /// The slots of the block that has most.
  [[nodiscard]] index most_slots() const {
    index most = 0;
    for (index b = 0; b != grid_.blocks(); ++b) {
      index n = 0;
      for (index r = 0; r != grid_.height(b); ++r) source_->visit_row(b * grid_.block + r, [&](index, auto) { ++n; });
      most = std::max(most, n);
    }
    return most;
  }

  S const* source_;
  panel_grid grid_;
  index words_;
  index height_ = 0;
  index first_row_ = 0;
  index first_column_ = 0;
  buffer<std::uint64_t> cell_;  // the tile's bits of each row
  buffer<index> count_;
  buffer<std::uint64_t> bits_;  // all bits of each row, unless the source has them
  buffer<T> values_;            // the block's, unless the source has them by column
  buffer<index> first_;         // the place among them of each word's first
  buffer<index> next_;          // of each row's first behind the tile
};

/// The slots of a source.
template <row_visitable S>
[[nodiscard]] index count_slots(S const& source) {
  index n = 0;
  if constexpr (reads_mask<S>)
    n = source.keep->count();
  else
    for (index i = 0; i != source.rows(); ++i) source.visit_row(i, [&](index, auto) { ++n; });
  return n;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
