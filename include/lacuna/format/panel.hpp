// SPDX-License-Identifier: MIT
//
// Panels: strips of rows whose columns are sorted by pattern.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/panel_layout.hpp>
#include <lacuna/format/panel_pack.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Borrows a panel matrix: strips() * tiles() cells, strip by strip, with their runs, columns and values, as `panel`
/// draws them. Nothing is checked: `validate` does.
template <scalar T>
class panel_view {
 public:
  using value_type = T;
  using layout = panel_layout;
  static constexpr bool ordered_rows = false;  // tile by tile, and by pattern within a tile

  LACUNA_INLINE constexpr panel_view() noexcept = default;
  LACUNA_INLINE constexpr panel_view(index rows, index cols, index strip_height, index tile,
                                     std::span<panel_cell const> cells, std::span<panel_run const> runs,
                                     std::span<std::uint16_t const> columns, std::span<T const> values) noexcept
      : grid_{rows, cols, strip_height, tile}, cells_(cells), runs_(runs), columns_(columns), values_(values) {}

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return grid_.rows; }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return grid_.cols; }
  /// Rows of a strip, 1 to 8; the last may have fewer.
  [[nodiscard]] LACUNA_INLINE constexpr index strip_height() const noexcept { return grid_.strip_height; }
  /// Columns of a tile, 1 to 65536; the last may have fewer.
  [[nodiscard]] LACUNA_INLINE constexpr index tile() const noexcept { return grid_.tile; }
  [[nodiscard]] LACUNA_INLINE constexpr index strips() const noexcept { return grid_.strips(); }
  [[nodiscard]] LACUNA_INLINE constexpr index tiles() const noexcept { return grid_.tiles(); }
  /// Cell strip * tiles() + tile starts where this says and ends where the next one starts; there is one more at the
  /// end.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<panel_cell const> cells() const noexcept { return cells_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<panel_run const> runs() const noexcept { return runs_; }
  /// Columns, counted from the first of their tile.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::uint16_t const> columns() const noexcept { return columns_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<T const> values() const noexcept { return values_; }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return static_cast<index>(values_.size()); }
  [[nodiscard]] LACUNA_INLINE constexpr index nonzeros() const noexcept { return detail::count_nonzeros(values_); }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes() const noexcept {
    return static_cast<index>(cells_.size_bytes() + runs_.size_bytes() + columns_.size_bytes() + values_.size_bytes());
  }
  [[nodiscard]] LACUNA_INLINE constexpr panel_view view() const noexcept { return *this; }
  [[nodiscard]] LACUNA_INLINE constexpr detail::panel_grid const& grid() const noexcept { return grid_; }

  template <class F>
  LACUNA_INLINE constexpr void visit_row(index i, F&& f) const {
    auto const r = i % strip_height();
    auto const* const cell = cells_.data() + i / strip_height() * tiles();
    for (index t = 0; t != tiles(); ++t) {
      auto const* column = columns_.data() + cell[t].column;
      auto const* value = values_.data() + cell[t].value;
      for (index k = cell[t].run; k != cell[t + 1].run; ++k) {
        auto const run = runs_.data()[k];
        auto const height = std::popcount(run.pattern());
        if ((run.pattern() >> r & 1u) != 0) {
          auto const* const mine = value + std::popcount(run.pattern() & detail::low_bits(r));
          for (index c = 0; c != run.count(); ++c) f(t * tile() + column[c], mine[c * height]);
        }
        column += run.count();
        value += run.count() * height;
      }
    }
  }

 private:
  detail::panel_grid grid_;
  std::span<panel_cell const> cells_;
  std::span<panel_run const> runs_;
  std::span<std::uint16_t const> columns_;
  std::span<T const> values_;
};

template <class Cells, class Runs, class Columns, class Values>
panel_view(index, index, index, index, Cells const&, Runs const&, Columns const&, Values const&)
    -> panel_view<detail::element_of<Values>>;

/// Owns a panel matrix. Rows are cut into strips of strip_height() (1 to 8), columns into tiles of tile() (1 to 65536);
/// a strip and a tile make a cell. The columns of a cell that have a slot are sorted by which rows of the strip they
/// have it in (bit r for row r; increasing patterns, then increasing columns), so that a kernel runs one straight loop
/// for each pattern: no test and no index for each value, and every load of X serves all rows of the pattern. A strip
/// of 4 rows in one tile of 8 columns:
///
///   columns   0 1 2 3 4 5 6 7
///   row 0     a . b c . . d .        patterns  5 . 3 1 . 4 5 .   (row 0 is bit 0)
///   row 1     . . e . . . . .
///   row 2     f . . . . g h .        runs      1 x 1   3 x 1   4 x 1   5 x 2     pattern x count
///   row 3     . . . . . . . .        columns   3       2       5       0     6
///                                    values    c       b e     g       a f   d h
///
/// Cells follow strip by strip: cells()[strip * tiles() + tile] says where a cell's runs, columns and values start, and
/// the next entry where they end. Nothing is filled up: stored() counts the slots of the source.
///
/// Bytes: d sizeof(T) for a dense element at density d, 2 for each column of a cell, 4 for each run, 12 for each cell;
/// with strips of H rows and independent slots, d sizeof(T) + 2 (1 - (1 - d)^H) / H and at most (12 + 4 (2^H - 1)) /
/// (H tile) more. Choose it for float products with 32 tokens or more at 40 to 80 % sparsity without a pattern, where
/// four rows share many columns (at 50 %, 2.1 values a column), and for pruned matrices whose rows resemble each other;
/// above, csr needs no more loads. `pack` takes strips of 4 rows, of 8 for up to 32 `tokens` (one or two registers of
/// tokens leave accumulators for eight rows), and tiles of 256 columns, so that a tile of X stays in the L1 cache, or
/// of 65536 from 95 % sparsity on. Source: L. Wilkinson, K. Cheshmi, M. M. Dehnavi, "Register Tiling for Unstructured
/// Sparsity in Neural Network Inference", PLDI 2023.
template <scalar T>
class panel {
 public:
  using value_type = T;
  using layout = panel_layout;
  using transposed = panel;  ///< what `transpose` returns
  static constexpr bool ordered_rows = false;

  /// An empty 0x0 matrix.
  LACUNA_INLINE panel() : cells_(1) {}
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE panel(panel const&) = default;
  LACUNA_INLINE panel(panel&&) noexcept = default;
  LACUNA_INLINE panel& operator=(panel const&) = default;
  LACUNA_INLINE panel& operator=(panel&&) noexcept = default;
  LACUNA_INLINE ~panel() = default;
  /// Copies foreign arrays after `validate` has found them sound; throws format_error otherwise. O(stored + cells).
  LACUNA_INLINE panel(index rows, index cols, index strip_height, index tile, std::span<panel_cell const> cells,
                      std::span<panel_run const> runs, std::span<std::uint16_t const> columns,
                      std::span<T const> values);
  /// Takes arrays that are known to be sound.
  LACUNA_INLINE panel(detail::unchecked_t, detail::panel_grid const& grid, buffer<panel_cell> cells,
                      buffer<panel_run> runs, buffer<std::uint16_t> columns, buffer<T> values) noexcept
      : grid_(grid),
        cells_(std::move(cells)),
        runs_(std::move(runs)),
        columns_(std::move(columns)),
        values_(std::move(values)) {}

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return grid_.rows; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return grid_.cols; }
  [[nodiscard]] LACUNA_INLINE index strip_height() const noexcept { return grid_.strip_height; }
  [[nodiscard]] LACUNA_INLINE index tile() const noexcept { return grid_.tile; }
  [[nodiscard]] LACUNA_INLINE index strips() const noexcept { return grid_.strips(); }
  [[nodiscard]] LACUNA_INLINE index tiles() const noexcept { return grid_.tiles(); }
  [[nodiscard]] LACUNA_INLINE std::span<panel_cell const> cells() const noexcept { return cells_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<panel_run const> runs() const noexcept { return runs_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<std::uint16_t const> columns() const noexcept { return columns_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<T const> values() const noexcept { return values_.span(); }
  /// The stored values, to be overwritten; the pattern stays.
  [[nodiscard]] LACUNA_INLINE std::span<T> values() noexcept { return values_.span(); }
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return view().stored(); }
  [[nodiscard]] LACUNA_INLINE index nonzeros() const noexcept { return view().nonzeros(); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return view().bytes(); }
  [[nodiscard]] LACUNA_INLINE panel_view<T> view() const noexcept {
    return {rows(), cols(), strip_height(), tile(), cells(), runs(), columns(), values()};
  }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    view().visit_row(i, f);
  }

  /// Same shape, strip height and tile, same slots, equal values (so a NaN makes it unequal).
  friend LACUNA_INLINE bool operator==(panel const& a, panel const& b) noexcept {
    return a.grid_ == b.grid_ && detail::equal_arrays(a.cells(), b.cells()) &&
           detail::equal_arrays(a.runs(), b.runs()) && detail::equal_arrays(a.columns(), b.columns()) &&
           detail::equal_arrays(a.values(), b.values());
  }

 private:
  detail::panel_grid grid_;
  buffer<panel_cell> cells_;
  buffer<panel_run> runs_;
  buffer<std::uint16_t> columns_;
  buffer<T> values_;
};

template <class Cells, class Runs, class Columns, class Values>
panel(index, index, index, index, Cells const&, Runs const&, Columns const&, Values const&)
    -> panel<detail::element_of<Values>>;

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Checks that the arrays are a panel matrix and throws format_error, saying what is wrong and where: counts not
/// negative; strip height and tile in range; a cell for each strip and tile and one more, starting at zero, never
/// falling, ending at the number of runs, columns and values; in each cell runs that have columns, increasing patterns
/// and rows inside the matrix, and add up to its columns and values; columns inside the matrix, increasing within each
/// run, and none in two runs. O(stored + cells * tile / 64); reads nothing outside the spans.
template <scalar T>
void validate(panel_view<T> a) {
  detail::validate_panel_cells(a.grid(), a.cells(), a.runs().size(), a.columns().size(), a.values().size());
  for (index c = 0; c != a.strips() * a.tiles(); ++c) {
    auto const first = a.cells().data()[c];
    auto const last = a.cells().data()[c + 1];
    auto const runs = a.runs().subspan(first.run, last.run - first.run);
    auto const strip = c / a.tiles();
    auto const tile = c % a.tiles();
    detail::validate_panel_runs(a.grid(), strip, tile, runs, last.column - first.column, last.value - first.value);
    detail::validate_panel_columns(a.grid(), strip, tile, runs, a.columns().data() + first.column);
  }
}
template <scalar T>
void validate(panel<T> const& a) {
  validate(a.view());
}

template <scalar T>
struct packer<panel<T>> {
  /// Stores the slots of the source, sorted. O(cells + rows + cols + stored).
  template <row_visitable S>
  static panel<T> from(S const& source, pack_options const& options = {}) {
    index stored = 0;
    for (index i = 0; i != source.rows(); ++i) source.visit_row(i, [&](index, auto) { ++stored; });
    auto const grid = detail::choose_panel_grid(source.rows(), source.cols(), stored, options);
    auto arrays = detail::build_panel<T>(source, grid);
    return {detail::unchecked,       grid, std::move(arrays.cells), std::move(arrays.runs), std::move(arrays.columns),
            std::move(arrays.values)};
  }
};

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna {

template <scalar T>
LACUNA_INLINE panel<T>::panel(index rows, index cols, index strip_height, index tile, std::span<panel_cell const> cells,
                              std::span<panel_run const> runs, std::span<std::uint16_t const> columns,
                              std::span<T const> values) {
  validate(panel_view<T>(rows, cols, strip_height, tile, cells, runs, columns, values));
  *this = panel(detail::unchecked, {rows, cols, strip_height, tile}, buffer<panel_cell>(cells), buffer<panel_run>(runs),
                buffer<std::uint16_t>(columns), buffer<T>(values));
}

}  // namespace lacuna
