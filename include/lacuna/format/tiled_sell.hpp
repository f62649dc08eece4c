// SPDX-License-Identifier: MIT
//
// Tiled SELL: column tiles narrow enough for x to stay in registers, rows sorted by their number of slots.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/tiled_sell_layout.hpp>
#include <lacuna/format/tiled_sell_pack.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Borrows a tiled_sell matrix: cells, places, diagonals, columns and values as `tiled_sell` draws them. Nothing is
/// checked: `validate` does.
template <scalar T, int Tile = detail::lookup_tile<T>, int Lanes = 16>
class tiled_sell_view {
 public:
  using value_type = T;
  using layout = tiled_sell_layout<Tile, Lanes>;
  static constexpr bool ordered_rows = true;
  /// Diagonals that stand together, row by row.
  static constexpr index group = detail::sell_group<T>;

  LACUNA_INLINE constexpr tiled_sell_view() noexcept = default;
  LACUNA_INLINE constexpr tiled_sell_view(index rows, index cols, std::span<tiled_sell_cell const> cells,
                                          std::span<std::uint8_t const> places,
                                          std::span<std::uint16_t const> diagonals,
                                          std::span<std::uint8_t const> columns, std::span<T const> values) noexcept
      : grid_{rows, cols}, cells_(cells), places_(places), diagonals_(diagonals), columns_(columns), values_(values) {}

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return grid_.rows; }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return grid_.cols; }
  /// Windows of 16 * Lanes rows, tiles of Tile columns; the last may have fewer.
  [[nodiscard]] LACUNA_INLINE constexpr index windows() const noexcept { return grid_.windows(); }
  [[nodiscard]] LACUNA_INLINE constexpr index tiles() const noexcept { return grid_.tiles(); }
  /// Cell window * tiles() + tile starts where this says and ends where the next one starts; there is one more at the
  /// end.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<tiled_sell_cell const> cells() const noexcept { return cells_; }
  /// Of each row of a cell, its place in the order by count; cell by cell, a place for each row of the window.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::uint8_t const> places() const noexcept { return places_; }
  /// Lengths: diagonal d of a cell has the slots number d of the rows at places 0, 1, ... length - 1.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::uint16_t const> diagonals() const noexcept { return diagonals_; }
  /// Columns, counted from the first of their tile.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::uint8_t const> columns() const noexcept { return columns_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<T const> values() const noexcept { return values_; }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return static_cast<index>(values_.size()); }
  [[nodiscard]] LACUNA_INLINE constexpr index nonzeros() const noexcept { return detail::count_nonzeros(values_); }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes() const noexcept {
    return static_cast<index>(cells_.size_bytes() + places_.size_bytes() + diagonals_.size_bytes() +
                              columns_.size_bytes() + values_.size_bytes());
  }
  [[nodiscard]] LACUNA_INLINE constexpr tiled_sell_view view() const noexcept { return *this; }
  [[nodiscard]] LACUNA_INLINE constexpr detail::tiled_sell_grid<Tile, Lanes> const& grid() const noexcept {
    return grid_;
  }

  /// See counts_before: within a window as if its rows had equal counts.
  [[nodiscard]] LACUNA_INLINE constexpr index stored_before(index i) const noexcept {
    if (i >= rows()) return stored();
    auto const w = i / layout::window;
    index const before = cells_.data()[grid_.cell(w, 0)].slot;
    if (i % layout::window == 0) return before;
    return before + (cells_.data()[grid_.cell(w + 1, 0)].slot - before) * (i % layout::window) / grid_.height(w);
  }

  /// A step for each slot and one for each tile.
  template <class F>
  LACUNA_INLINE constexpr void visit_row(index i, F&& f) const {
    auto const w = i / layout::window;
    auto const* const cell = cells_.data() + grid_.cell(w, 0);
    index row = grid_.places(w, 0) + i % layout::window;
    for (index t = 0; t != tiles(); ++t, row += grid_.height(w)) {
      auto const place = places_.data()[row];
      index at = cell[t].slot;
      index const end = cell[t + 1].diagonal;
      for (index d = cell[t].diagonal; d < end && place < diagonals_.data()[d]; d += group) {
        auto const* const length = diagonals_.data() + d;
        index const together = group < end - d ? group : end - d;
        index slot = at + detail::sell_slots_before(length, together, place);
        for (index e = 0; e != together && place < length[e]; ++e, ++slot)
          f(t * Tile + columns_.data()[slot], values_.data()[slot]);
        at += detail::sell_slots_before(length, together, layout::window);
      }
    }
  }

 private:
  detail::tiled_sell_grid<Tile, Lanes> grid_;
  std::span<tiled_sell_cell const> cells_ = detail::no_lines<tiled_sell_cell>;
  std::span<std::uint8_t const> places_;
  std::span<std::uint16_t const> diagonals_;
  std::span<std::uint8_t const> columns_;
  std::span<T const> values_;
};

template <class Cells, class Places, class Diagonals, class Columns, class Values>
tiled_sell_view(index, index, Cells const&, Places const&, Diagonals const&, Columns const&, Values const&)
    -> tiled_sell_view<detail::element_of<Values>>;

/// Owns a tiled_sell matrix. Columns are cut into tiles of Tile (1 to 256), rows into windows of 16 slices of Lanes (1
/// to 16) rows; a window and a tile make a cell. In a cell rows are sorted by their number of slots, most first, equal
/// ones from top to bottom: each row has its place. Then come the first slots of all rows that have one, in the order
/// of places, then the second slots, and so on: these lines are called diagonals. A cell of 4 rows and 8 columns:
///
///   columns   0 1 2 3 4 5 6 7
///   row 0     a . b c . . d .        counts     4 1 3 0        places   0 2 1 3
///   row 1     . . e . . . . .
///   row 2     f . . . . g h .        diagonals  3       2      2      1       length of each
///   row 3     . . . . . . . .        columns    0 0 2   2 5    3 6    6
///                                    values     a f e   b g    c h    d
///
/// Slices of Lanes neighbours in a diagonal are multiplied at once, x looked up in registers, since a tile of it fits a
/// few; the sums, in the order of places, are brought back to the order of rows once for each cell. A diagonal that is
/// no multiple of Lanes ends in the middle of a slice; nothing is filled up, stored() counts the slots of the source,
/// and lanes behind the end are never multiplied, so that an Inf or NaN of x opposite them goes nowhere.
///
/// Where values are bytes (int8), diagonals stand together by fours, row by row: the first up to four slots of the row
/// at place 0, then those of the next row, and so on; behind them all fifth to eighth slots. That is the order in which
/// processors multiply bytes: four neighbours at once, into one sum. The cell above as int8:
///
///   columns    0 2 3 6   0 5 6   2
///   values     a b c d   f g h   e
///
/// A row with fewer slots than its neighbours has fewer bytes: nothing is filled up here either.
///
/// Cells follow window by window: cells()[window * tiles() + tile] says where a cell's diagonals and slots start, and
/// the next entry where they end. Within a row, slots keep the order of columns.
///
/// Bytes: d (sizeof(T) + 1) + 1 / Tile for a dense element at density d; 8 for each cell and 2 for each diagonal more,
/// together below 0.1 % of a dense float. Choose it for products with few tokens above 60 % sparsity without a pattern;
/// below, the bits of `bitmap` weigh less than 8-bit columns. The default Tile is what four registers of AVX-512 hold
/// of x: 64 floats, 32 doubles; bf16 and f16 meet floats; 256 bytes. Wider tiles have
/// fewer places and longer look-ups. Two registers (32 floats) are better for four columns and more at once, and for
/// bf16 and f16 that stay in the L2 cache; on AVX2 16 floats (two registers) for matrices in the L2 cache below 90 %,
/// else 64 and more, which are gathered from L1 there. Windows are what is sorted and what threads share: Lanes = 4,
/// windows of 64 rows, for matrices of few rows. Source: slices sorted in windows, M. Kreutzer et al., "A Unified
/// Sparse Matrix Data Format for Efficient General Sparse Matrix-Vector Multiplication on Modern Processors with Wide
/// SIMD Units", SIAM J. Sci. Comput. 36(5), 2014; jagged diagonals, Y. Saad, "Iterative Methods for Sparse Linear
/// Systems", 2003, section 3.4; look-ups instead of gathers are lacuna's own.
template <scalar T, int Tile = detail::lookup_tile<T>, int Lanes = 16>
class tiled_sell {
 public:
  using value_type = T;
  using layout = tiled_sell_layout<Tile, Lanes>;
  using transposed = tiled_sell;  ///< what `transpose` returns
  static constexpr bool ordered_rows = true;

  /// An empty 0x0 matrix.
  LACUNA_INLINE tiled_sell() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE tiled_sell(tiled_sell const&) = default;
  LACUNA_INLINE tiled_sell(tiled_sell&&) noexcept = default;
  LACUNA_INLINE tiled_sell& operator=(tiled_sell const&) = default;
  LACUNA_INLINE tiled_sell& operator=(tiled_sell&&) noexcept = default;
  LACUNA_INLINE ~tiled_sell() = default;
  /// Copies foreign arrays after `validate` has found them sound; throws format_error otherwise. O(stored + rows *
  /// tiles).
  LACUNA_INLINE tiled_sell(index rows, index cols, std::span<tiled_sell_cell const> cells,
                           std::span<std::uint8_t const> places, std::span<std::uint16_t const> diagonals,
                           std::span<std::uint8_t const> columns, std::span<T const> values);
  /// Takes arrays that are known to be sound.
  LACUNA_INLINE tiled_sell(detail::unchecked_t, index rows, index cols, buffer<tiled_sell_cell> cells,
                           buffer<std::uint8_t> places, buffer<std::uint16_t> diagonals, buffer<std::uint8_t> columns,
                           buffer<T> values) noexcept
      : rows_(rows),
        cols_(cols),
        cells_(std::move(cells)),
        places_(std::move(places)),
        diagonals_(std::move(diagonals)),
        columns_(std::move(columns)),
        values_(std::move(values)) {}

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE index windows() const noexcept { return view().windows(); }
  [[nodiscard]] LACUNA_INLINE index tiles() const noexcept { return view().tiles(); }
  [[nodiscard]] LACUNA_INLINE std::span<tiled_sell_cell const> cells() const noexcept {
    return detail::bounds_of_lines(cells_);
  }
  [[nodiscard]] LACUNA_INLINE std::span<std::uint8_t const> places() const noexcept { return places_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<std::uint16_t const> diagonals() const noexcept { return diagonals_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<std::uint8_t const> columns() const noexcept { return columns_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<T const> values() const noexcept { return values_.span(); }
  /// The stored values, to be overwritten; the pattern stays.
  [[nodiscard]] LACUNA_INLINE std::span<T> values() noexcept { return values_.span(); }
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return view().stored(); }
  [[nodiscard]] LACUNA_INLINE index nonzeros() const noexcept { return view().nonzeros(); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return view().bytes(); }
  [[nodiscard]] LACUNA_INLINE tiled_sell_view<T, Tile, Lanes> view() const noexcept {
    return {rows_, cols_, cells(), places(), diagonals(), columns(), values()};
  }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    view().visit_row(i, f);
  }

  /// Same shape, same slots at the same places, equal values (so a NaN makes it unequal).
  friend LACUNA_INLINE bool operator==(tiled_sell const& a, tiled_sell const& b) noexcept {
    return a.rows_ == b.rows_ && a.cols_ == b.cols_ && detail::equal_arrays(a.cells(), b.cells()) &&
           detail::equal_arrays(a.places(), b.places()) && detail::equal_arrays(a.diagonals(), b.diagonals()) &&
           detail::equal_arrays(a.columns(), b.columns()) && detail::equal_arrays(a.values(), b.values());
  }

 private:
  detail::moved_along<index> rows_;
  detail::moved_along<index> cols_;
  buffer<tiled_sell_cell> cells_;
  buffer<std::uint8_t> places_;
  buffer<std::uint16_t> diagonals_;
  buffer<std::uint8_t> columns_;
  buffer<T> values_;
};

template <class Cells, class Places, class Diagonals, class Columns, class Values>
tiled_sell(index, index, Cells const&, Places const&, Diagonals const&, Columns const&, Values const&)
    -> tiled_sell<detail::element_of<Values>>;

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Checks that the arrays are a tiled_sell matrix and throws format_error, saying what is wrong and where: counts not
/// negative; a place for each row and tile, a column for each value; a cell for each window and tile and one more,
/// starting at zero, never falling, ending at the number of diagonals and slots; in each cell places that are taken
/// once, diagonals that are not empty, never grow and add up to its slots; columns inside the matrix and increasing
/// within each row. O(stored + rows * tiles); reads nothing outside the spans.
template <scalar T, int Tile, int Lanes>
void validate(tiled_sell_view<T, Tile, Lanes> a) {
  auto const& grid = a.grid();
  detail::validate_sell_cells(grid, a.cells(), a.places().size(), a.diagonals().size(), a.columns().size(),
                              a.values().size());
  if (grid.tiles() == 0) return;  // no array says how many rows there are
  for (index w = 0; w != grid.windows(); ++w)
    for (index t = 0; t != grid.tiles(); ++t) {
      auto const wrong = [&](auto const&... what) {
        detail::fail<format_error>("tiled_sell: window ", w, ", tile ", t, what...);
      };
      auto const first = a.cells().data()[grid.cell(w, t)];
      auto const last = a.cells().data()[grid.cell(w, t) + 1];
      auto const diagonals = a.diagonals().subspan(first.diagonal, last.diagonal - first.diagonal);
      auto const height = static_cast<std::size_t>(grid.height(w));
      detail::validate_sell_places(a.places().subspan(static_cast<std::size_t>(grid.places(w, t)), height), wrong);
      detail::validate_sell_diagonals(diagonals, grid.height(w), last.slot - first.slot, wrong);
      detail::validate_sell_columns(diagonals, detail::sell_group<T>, a.columns().data() + first.slot, grid.width(t),
                                    wrong);
    }
}
template <scalar T, int Tile, int Lanes>
void validate(tiled_sell<T, Tile, Lanes> const& a) {
  validate(a.view());
}

template <scalar T, int Tile, int Lanes>
struct packer<tiled_sell<T, Tile, Lanes>> {
  /// Stores the slots of the source, sorted. O(rows * tiles + windows * tiles * 256 + stored).
  template <row_visitable S>
  static tiled_sell<T, Tile, Lanes> from(S const& source, pack_options const& = {}) {
    detail::tiled_sell_grid<Tile, Lanes> const grid{source.rows(), source.cols()};
    auto arrays = detail::build_tiled_sell<T>(source, grid);
    return {detail::unchecked,
            grid.rows,
            grid.cols,
            std::move(arrays.cells),
            std::move(arrays.places),
            std::move(arrays.diagonals),
            std::move(arrays.columns),
            std::move(arrays.values)};
  }
};

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna {

template <scalar T, int Tile, int Lanes>
LACUNA_INLINE tiled_sell<T, Tile, Lanes>::tiled_sell(index rows, index cols, std::span<tiled_sell_cell const> cells,
                                                     std::span<std::uint8_t const> places,
                                                     std::span<std::uint16_t const> diagonals,
                                                     std::span<std::uint8_t const> columns, std::span<T const> values) {
  validate(tiled_sell_view<T, Tile, Lanes>(rows, cols, cells, places, diagonals, columns, values));
  *this = tiled_sell(detail::unchecked, rows, cols, buffer<tiled_sell_cell>(cells), buffer<std::uint8_t>(places),
                     buffer<std::uint16_t>(diagonals), buffer<std::uint8_t>(columns), buffer<T>(values));
}

}  // namespace lacuna
