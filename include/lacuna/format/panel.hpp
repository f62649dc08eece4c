// SPDX-License-Identifier: MIT
//
// Panels: strips of rows that are multiplied in step, the columns that they share first.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/panel_layout.hpp>
#include <lacuna/format/panel_pack.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Borrows a panel matrix: its strips, slots, columns and values, as `panel` draws them. Nothing is checked: `validate`
/// does.
template <scalar T>
class panel_view {
 public:
  using value_type = T;
  using layout = panel_layout;
  static constexpr bool ordered_rows = false;  // shared columns of a tile come before others

  LACUNA_INLINE constexpr panel_view() noexcept = default;
  LACUNA_INLINE constexpr panel_view(index rows, index cols, index strip_height, index tile, index block,
                                     std::span<panel_strip const> strips, std::span<panel_slot const> slots,
                                     std::span<std::uint16_t const> columns, std::span<T const> values) noexcept
      : grid_{rows, cols, strip_height, tile, block},
        strips_(strips),
        slots_(slots),
        columns_(columns),
        values_(values) {}

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return grid_.rows; }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return grid_.cols; }
  /// Rows that step together: 1, 2, 4 or 8.
  [[nodiscard]] LACUNA_INLINE constexpr index strip_height() const noexcept { return grid_.strip_height; }
  /// Columns of a tile, 1 to 32768; the last may have fewer.
  [[nodiscard]] LACUNA_INLINE constexpr index tile() const noexcept { return grid_.tile; }
  /// Rows of a block, a multiple of 8; the last may have fewer.
  [[nodiscard]] LACUNA_INLINE constexpr index block() const noexcept { return grid_.block; }
  /// The strips, block by block and tile by tile, and one more that says where the last ends.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<panel_strip const> strips() const noexcept { return strips_; }
  /// strip_height() for each strip.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<panel_slot const> slots() const noexcept { return slots_; }
  /// Columns, counted from the first of their tile.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::uint16_t const> columns() const noexcept { return columns_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<T const> values() const noexcept { return values_; }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return static_cast<index>(values_.size()); }
  [[nodiscard]] LACUNA_INLINE constexpr index nonzeros() const noexcept { return detail::count_nonzeros(values_); }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes() const noexcept {
    return static_cast<index>(strips_.size_bytes() + slots_.size_bytes() + columns_.size_bytes() +
                              values_.size_bytes());
  }
  [[nodiscard]] LACUNA_INLINE constexpr panel_view view() const noexcept { return *this; }
  /// How the matrix is cut.
  [[nodiscard]] LACUNA_INLINE constexpr detail::panel_grid const& grid() const noexcept { return grid_; }

  /// See counts_before: within a block as if its rows had equal counts.
  [[nodiscard]] LACUNA_INLINE constexpr index stored_before(index i) const noexcept {
    if (i >= rows()) return stored();
    auto const b = i / block();
    index const before = strips_.data()[grid_.first_strip(b, 0)].value;
    if (i == b * block()) return before;
    index const end = (b + 1) * block() < rows() ? strips_.data()[grid_.first_strip(b + 1, 0)].value : stored();
    return before + (end - before) * (i - b * block()) / grid_.height(b);
  }

  /// Looks for the row among those of its block in each tile: O(block) for each tile beside its slots. Within a tile
  /// shared columns come first.
  template <class F>
  LACUNA_INLINE constexpr void visit_row(index i, F&& f) const {
    auto const b = i / block();
    for (index t = 0; t != grid_.tiles(); ++t) {
      auto const first = grid_.first_strip(b, t);
      index place = 0;
      while (slots_.data()[first * strip_height() + place].row != i % block()) ++place;
      visit_place(first + place / strip_height(), place % strip_height(),
                  [&](index column, T const& value) LACUNA_INLINE_LAMBDA { f(t * tile() + column, value); });
    }
  }
  /// f(column, value) for the slots of place h of strip s, columns counted from the first of their tile; values are
  /// elements of values().
  template <class F>
  LACUNA_INLINE constexpr void visit_place(index s, index h, F&& f) const {
    auto const& strip = strips_.data()[s];
    auto const height = strip_height();
    auto const* const slot = slots_.data() + s * height;
    auto const* column = columns_.data() + strip.column;
    auto const* value = values_.data() + strip.value;
    for (index e = 0; e != strip.shared; ++e, column += height / 2, value += height) f(index{column[h / 2]}, value[h]);
    for (index e = 0; e != strip.own; ++e, column += height, value += height) f(index{column[h]}, value[h]);
    for (index before = 0; before != h; ++before) {
      column += slot[before].rest;
      value += slot[before].rest;
    }
    for (index e = 0; e != slot[h].rest; ++e) f(index{column[e]}, value[e]);
  }

 private:
  detail::panel_grid grid_;
  std::span<panel_strip const> strips_ = detail::no_lines<panel_strip>;
  std::span<panel_slot const> slots_;
  std::span<std::uint16_t const> columns_;
  std::span<T const> values_;
};

template <class Strips, class Slots, class Columns, class Values>
panel_view(index, index, index, index, index, Strips const&, Slots const&, Columns const&, Values const&)
    -> panel_view<detail::element_of<Values>>;

/// Owns a panel matrix. Rows are cut into blocks of block() (128 or 256 as packed), columns into tiles of tile() (1 to
/// 32768); a block and a tile make a cell, small enough for the slice of X that it reads to stay in the L1 cache. The
/// rows of a cell are sorted by their count in the tile and put into strips of strip_height() (1, 2, 4 or 8) rows of
/// equal count, which are multiplied in step: `shared` steps take a column that both rows of a pair have, one for each
/// pair, `own` steps a column for each row, and what rows of unequal count have left is their `rest`. Within rows of
/// equal count those that share most columns are paired, and strips follow each other by count and by what they share.
/// So every load of X in a shared step serves two rows, and consecutive strips run loops of the same length, which the
/// processor predicts: on random patterns these two are what keeps other orders from the peak. Four rows in one tile of
/// 8 columns, in strips of 2; the first strip starts at column 0 and value 0, the second at column 1 and value 2:
///
///   columns   0 1 2 3 4 5 6 7
///   row 0     a . b c . . . .        strips    {shared 1, own 0}   {shared 2, own 1}
///   row 1     . . d . . . . .        slots     row 1   row 3       row 0     row 2
///   row 2     e . f . . g . .        columns   2                   0     2     3 5
///   row 3     . . h . . . . .        values    d h                 a e   b f   c g
///
/// Strips follow each other tile by tile and block by block; each says where its columns and values start. A place for
/// which the last block has no row holds `no_row`. Nothing is filled up: stored() counts the slots of the source.
///
/// Bytes: d sizeof(T) for a dense element at density d, 2 for each column, of which there are d less what pairs share
/// (at 50 % about 0.7 d), and 12 / strip_height + 4 for each row and tile. Choose it for products with 8 tokens or more
/// at 50 to 98 % sparsity without a pattern. `pack` takes pairs of rows and tiles of 64 columns (eight registers of
/// tokens), wider tiles from 85 % sparsity on, strips of 4 or 8 rows where there are rows enough for them, 8 for up to
/// 48 `tokens`, and 4 with wider tiles for more than 128 (docs/panel_choice.md; a little otherwise on Zen). Sources:
/// rows grouped by length as in SELL-C-sigma (M. Kreutzer et al., SIAM J. Sci. Comput. 36(5), 2014); loads of X shared
/// by rows as in L. Wilkinson, K. Cheshmi, M. M. Dehnavi, "Register Tiling for Unstructured Sparsity in Neural Network
/// Inference", PLDI 2023.
template <scalar T>
class panel {
 public:
  using value_type = T;
  using layout = panel_layout;
  using transposed = panel;  ///< what `transpose` returns
  static constexpr bool ordered_rows = false;

  /// An empty 0x0 matrix.
  LACUNA_INLINE panel() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE panel(panel const&) = default;
  LACUNA_INLINE panel(panel&&) noexcept = default;
  LACUNA_INLINE panel& operator=(panel const&) = default;
  LACUNA_INLINE panel& operator=(panel&&) noexcept = default;
  LACUNA_INLINE ~panel() = default;
  /// Copies foreign arrays after `validate` has found them sound; throws format_error otherwise. O(stored + strips).
  LACUNA_INLINE panel(index rows, index cols, index strip_height, index tile, index block,
                      std::span<panel_strip const> strips, std::span<panel_slot const> slots,
                      std::span<std::uint16_t const> columns, std::span<T const> values);
  /// Takes arrays that are known to be sound.
  LACUNA_INLINE panel(detail::unchecked_t, detail::panel_grid const& grid, buffer<panel_strip> strips,
                      buffer<panel_slot> slots, buffer<std::uint16_t> columns, buffer<T> values) noexcept
      : grid_(grid),
        strips_(std::move(strips)),
        slots_(std::move(slots)),
        columns_(std::move(columns)),
        values_(std::move(values)) {}

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return grid_->rows; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return grid_->cols; }
  [[nodiscard]] LACUNA_INLINE index strip_height() const noexcept { return grid_->strip_height; }
  [[nodiscard]] LACUNA_INLINE index tile() const noexcept { return grid_->tile; }
  [[nodiscard]] LACUNA_INLINE index block() const noexcept { return grid_->block; }
  [[nodiscard]] LACUNA_INLINE std::span<panel_strip const> strips() const noexcept {
    return detail::bounds_of_lines(strips_);
  }
  [[nodiscard]] LACUNA_INLINE std::span<panel_slot const> slots() const noexcept { return slots_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<std::uint16_t const> columns() const noexcept { return columns_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<T const> values() const noexcept { return values_.span(); }
  /// The stored values, to be overwritten; the pattern stays.
  [[nodiscard]] LACUNA_INLINE std::span<T> values() noexcept { return values_.span(); }
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return view().stored(); }
  [[nodiscard]] LACUNA_INLINE index nonzeros() const noexcept { return view().nonzeros(); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return view().bytes(); }
  [[nodiscard]] LACUNA_INLINE panel_view<T> view() const noexcept {
    return {rows(), cols(), strip_height(), tile(), block(), strips(), slots(), columns(), values()};
  }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    view().visit_row(i, f);
  }

  /// Same shape and grid, same slots in the same order, equal values (so a NaN makes it unequal).
  friend LACUNA_INLINE bool operator==(panel const& a, panel const& b) noexcept {
    return a.grid_ == b.grid_ && detail::equal_arrays(a.strips(), b.strips()) &&
           detail::equal_arrays(a.slots(), b.slots()) && detail::equal_arrays(a.columns(), b.columns()) &&
           detail::equal_arrays(a.values(), b.values());
  }

 private:
  detail::moved_along<detail::panel_grid> grid_;
  buffer<panel_strip> strips_;
  buffer<panel_slot> slots_;
  buffer<std::uint16_t> columns_;
  buffer<T> values_;
};

template <class Strips, class Slots, class Columns, class Values>
panel(index, index, index, index, index, Strips const&, Slots const&, Columns const&, Values const&)
    -> panel<detail::element_of<Values>>;

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Checks that the arrays are a panel matrix and throws format_error, saying what is wrong and where: counts not
/// negative; strip height, tile and block in range; as many strips and slots as the grid has, each strip where its
/// predecessor ends, the last at the end of the arrays; each row of a block once in each cell; columns inside the
/// matrix, and none twice in a row. O(stored + strips * strip_height + tile); reads nothing outside the spans.
template <scalar T>
void validate(panel_view<T> a) {
  auto const& grid = a.grid();
  detail::validate_panel_grid(grid);
  detail::validate_panel_strips(grid, a.strips(), a.slots(), a.columns().size(), a.values().size());
  if (grid.strips() == 0) return;
  buffer<index> last_seen(std::min(grid.tile, grid.cols));  // the place, counted from 1, that had each column last
  for (index b = 0; b != grid.blocks(); ++b)
    for (index t = 0; t != grid.tiles(); ++t) {
      auto const first = grid.first_strip(b, t);
      detail::validate_panel_columns(grid, b, t, a.strips().data() + first, a.columns().data());
      detail::validate_panel_rows(grid, b, t, a.strips().data() + first, a.slots().data() + first * grid.strip_height);
      for (index n = first * grid.strip_height; n != (first + grid.strips(b)) * grid.strip_height; ++n)
        a.visit_place(n / grid.strip_height, n % grid.strip_height, [&](index column, T) {
          if (std::exchange(last_seen[column], n + 1) == n + 1)
            detail::fail<format_error>("panel: row ", b * grid.block + a.slots().data()[n].row, " has column ",
                                       t * grid.tile + column, " twice");
        });
    }
}
template <scalar T>
void validate(panel<T> const& a) {
  validate(a.view());
}

template <scalar T>
struct packer<panel<T>> {
  /// Stores the slots of the source, sorted. O(rows * cols / 64 + stored): 2048x512 takes 1.2 ms at 50 % sparsity and
  /// 0.4 at 95 %, nine and three products of the dense matrix with a vector. Throws value_error for options out of
  /// range, format_error for 2^32 slots or more.
  template <row_visitable S>
  static panel<T> from(S const& source, pack_options const& options = {}) {
    auto const stored = detail::count_slots(source);
    auto const grid = detail::choose_panel_grid(source.rows(), source.cols(), stored, options);
    auto arrays = detail::build_panel<T>(source, grid, stored);
    return {detail::unchecked,       grid, std::move(arrays.strips), std::move(arrays.slots), std::move(arrays.columns),
            std::move(arrays.values)};
  }
};

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna {

template <scalar T>
LACUNA_INLINE panel<T>::panel(index rows, index cols, index strip_height, index tile, index block,
                              std::span<panel_strip const> strips, std::span<panel_slot const> slots,
                              std::span<std::uint16_t const> columns, std::span<T const> values) {
  validate(panel_view<T>(rows, cols, strip_height, tile, block, strips, slots, columns, values));
  *this = panel(detail::unchecked, {rows, cols, strip_height, tile, block}, buffer<panel_strip>(strips),
                buffer<panel_slot>(slots), buffer<std::uint16_t>(columns), buffer<T>(values));
}

}  // namespace lacuna
