// SPDX-License-Identifier: MIT
//
// Block compressed sparse rows.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/bsr_pack.hpp>
#include <lacuna/format/concepts.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Names the order of data: blocks of R rows and C columns, block row by block row, each block whole and row by row.
template <int R, int C>
struct bsr_layout {
  static_assert(R > 0 && C > 0, "lacuna: bsr<T, R, C> has blocks of at least one row and one column");
  static constexpr index block_rows = R;
  static constexpr index block_cols = C;
  static constexpr index block_size = block_rows * block_cols;
};

/// Borrows a BSR matrix: the blocks of block row b are offsets[b] .. offsets[b + 1], each a block column (increasing
/// within a block row) and R * C values. Nothing is checked: `validate` does.
template <scalar T, int R, int C, std::integral I = std::uint32_t, std::integral Offset = I>
class bsr_view {
 public:
  using value_type = T;
  using index_type = I;
  using offset_type = Offset;
  using layout = bsr_layout<R, C>;
  static_assert(layout::block_size > 0);  // here and now the layout checks its block
  static constexpr bool ordered_rows = true;

  LACUNA_INLINE constexpr bsr_view() noexcept = default;
  LACUNA_INLINE constexpr bsr_view(index rows, index cols, std::span<Offset const> offsets, std::span<I const> columns,
                                   std::span<T const> values) noexcept
      : rows_(rows), cols_(cols), offsets_(offsets), columns_(columns), values_(values) {}

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return cols_; }
  /// ceil(rows / R): lines of blocks.
  [[nodiscard]] LACUNA_INLINE constexpr index block_rows() const noexcept { return rows_ / R + (rows_ % R != 0); }
  /// ceil(cols / C): block columns lie in [0, block_cols()).
  [[nodiscard]] LACUNA_INLINE constexpr index block_cols() const noexcept { return cols_ / C + (cols_ % C != 0); }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<Offset const> offsets() const noexcept { return offsets_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<I const> columns() const noexcept { return columns_; }
  /// R * C values for each block, row by row.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<T const> values() const noexcept { return values_; }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return static_cast<index>(values_.size()); }
  [[nodiscard]] LACUNA_INLINE constexpr index nonzeros() const noexcept { return detail::count_nonzeros(values_); }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes() const noexcept {
    return static_cast<index>(offsets_.size_bytes() + columns_.size_bytes() + values_.size_bytes());
  }
  [[nodiscard]] LACUNA_INLINE constexpr bsr_view view() const noexcept { return *this; }

  /// See counts_before: of whole lines of blocks, those that have a row before row i.
  [[nodiscard]] LACUNA_INLINE constexpr index stored_before(index i) const noexcept {
    return static_cast<index>(offsets_.data()[i / R + (i % R != 0)]) * layout::block_size;
  }

  template <class F>
  LACUNA_INLINE constexpr void visit_row(index i, F&& f) const {
    auto const* const offset = offsets_.data() + i / R;
    auto const last = static_cast<index>(offset[1]);
    for (auto b = static_cast<index>(offset[0]); b != last; ++b) {
      auto const first = static_cast<index>(columns_.data()[b]) * C;
      auto const* const value = values_.data() + (b * R + i % R) * C;
      index const width = cols_ - first < C ? cols_ - first : C;
      for (index c = 0; c != width; ++c) f(first + c, value[c]);
    }
  }

 private:
  index rows_ = 0;
  index cols_ = 0;
  std::span<Offset const> offsets_ = detail::no_lines<Offset>;
  std::span<I const> columns_;
  std::span<T const> values_;
};

/// Owns a BSR matrix: a block of R rows and C columns is stored whole if any of its slots is. A 5x6 matrix, bsr<T, 2,
/// 4>, with blocks a, b, c:
///
///             columns 0..3    4..5                 offsets   0   1   2   3
///   rows 0,1  .  .  .  .      b0 b1 (b2 b3)        columns   1   0   1
///             .  .  .  .      b4 b5 (b6 b7)        values    b0 .. b7   a0 .. a7   c0 .. c7
///   rows 2,3  a0 a1 a2 a3     .  .
///             a4 a5 a6 a7     .  .
///   row  4    .  .  .  .      c0 c1 (c2 c3)
///                            (c4 c5  c6 c7)
///
/// Rows and columns need not be multiples of R and C: edge blocks are stored whole, and their slots outside the matrix,
/// in brackets, hold zero and are neither visited nor multiplied. The other slots of a block are fill: they hold zero
/// unless the source had them, and multiply.
///
/// Bytes per dense element if a fraction d of the blocks is stored: d (sizeof(T) + sizeof(I) / (R C)) + sizeof(Offset)
/// / (R cols). Choose it for weights pruned in blocks, and for no others: fill costs time as values do. A block shares
/// one index, and each load of X can serve R rows, so that with many tokens blocks of 4 or 8 rows and one column allow
/// fewer loads for each multiply-add than any format of single rows.
/// Source: E. Im, K. Yelick, R. Vuduc, "SPARSITY", Int. J. High Performance Computing Applications 18(1), 2004.
template <scalar T, int R, int C, std::integral I = std::uint32_t, std::integral Offset = I>
class bsr {
 public:
  using value_type = T;
  using index_type = I;
  using offset_type = Offset;
  using layout = bsr_layout<R, C>;
  static_assert(layout::block_size > 0);       // here and now the layout checks its block
  using transposed = bsr<T, C, R, I, Offset>;  ///< what `transpose` returns
  static constexpr bool ordered_rows = true;

  /// An empty 0x0 matrix.
  LACUNA_INLINE bsr() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE bsr(bsr const&) = default;
  LACUNA_INLINE bsr(bsr&&) noexcept = default;
  LACUNA_INLINE bsr& operator=(bsr const&) = default;
  LACUNA_INLINE bsr& operator=(bsr&&) noexcept = default;
  LACUNA_INLINE ~bsr() = default;
  /// Copies foreign arrays after `validate` has found them sound; throws format_error otherwise. O(rows / R + stored).
  LACUNA_INLINE bsr(index rows, index cols, std::span<Offset const> offsets, std::span<I const> columns,
                    std::span<T const> values);
  /// Takes arrays that are known to be sound.
  LACUNA_INLINE bsr(detail::unchecked_t, index rows, index cols, buffer<Offset> offsets, buffer<I> columns,
                    buffer<T> values) noexcept
      : rows_(rows),
        cols_(cols),
        offsets_(std::move(offsets)),
        columns_(std::move(columns)),
        values_(std::move(values)) {}

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE index block_rows() const noexcept { return view().block_rows(); }
  [[nodiscard]] LACUNA_INLINE index block_cols() const noexcept { return view().block_cols(); }
  [[nodiscard]] LACUNA_INLINE std::span<Offset const> offsets() const noexcept {
    return detail::bounds_of_lines(offsets_);
  }
  [[nodiscard]] LACUNA_INLINE std::span<I const> columns() const noexcept { return columns_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<T const> values() const noexcept { return values_.span(); }
  /// The stored values, to be overwritten; the pattern stays, and slots outside the matrix must stay zero.
  [[nodiscard]] LACUNA_INLINE std::span<T> values() noexcept { return values_.span(); }
  /// Slots in memory: blocks * R * C, those outside the matrix included.
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return view().stored(); }
  [[nodiscard]] LACUNA_INLINE index nonzeros() const noexcept { return view().nonzeros(); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return view().bytes(); }
  [[nodiscard]] LACUNA_INLINE bsr_view<T, R, C, I, Offset> view() const noexcept {
    return {rows_, cols_, offsets(), columns(), values()};
  }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    view().visit_row(i, f);
  }

  /// Same shape, same blocks, equal values (so a NaN makes it unequal).
  friend LACUNA_INLINE bool operator==(bsr const& a, bsr const& b) noexcept {
    return a.rows_ == b.rows_ && a.cols_ == b.cols_ && detail::equal_arrays(a.offsets(), b.offsets()) &&
           detail::equal_arrays(a.columns(), b.columns()) && detail::equal_arrays(a.values(), b.values());
  }

 private:
  detail::moved_along<index> rows_;
  detail::moved_along<index> cols_;
  buffer<Offset> offsets_;
  buffer<I> columns_;
  buffer<T> values_;
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Checks that the arrays are a BSR matrix and throws format_error, saying what is wrong and where: counts, offsets and
/// numbers of block columns and values; block columns inside the matrix and increasing within each block row; zeros in
/// all slots outside the matrix. O(rows / R + stored); reads nothing outside the spans.
template <scalar T, int R, int C, std::integral I, std::integral Offset>
void validate(bsr_view<T, R, C, I, Offset> a) {
  detail::validate_counts("bsr", a.rows(), a.cols());
  detail::validate_offsets("bsr", "block row", a.block_rows(), a.offsets(), "block columns", a.columns().size());
  detail::validate_value_count("bsr", a.columns().size(), "block columns", a.values().size(),
                               static_cast<std::size_t>(R) * C);
  for (index b = 0; b != a.block_rows(); ++b) {
    auto const* const offset = a.offsets().data() + b;
    auto const first = static_cast<index>(offset[0]);
    auto const blocks = static_cast<std::size_t>(static_cast<index>(offset[1]) - first);
    detail::validate_increasing("bsr", "block row", b, "block column",
                                a.columns().subspan(static_cast<std::size_t>(first), blocks), a.block_cols());
    for (index s = first; s != static_cast<index>(offset[1]); ++s) {
      auto const column = static_cast<index>(a.columns().data()[s]);
      auto const* const block = a.values().data() + s * R * C;
      index const height = a.rows() - b * R < R ? a.rows() - b * R : R;
      index const width = a.cols() - column * C < C ? a.cols() - column * C : C;
      if (height == R && width == C) continue;
      for (index r = 0; r != R; ++r)
        for (index c = 0; c != C; ++c)
          if ((r >= height || c >= width) && !detail::is_zero(block[r * C + c]))
            detail::fail<format_error>("bsr: block row ", b, ", block column ", column, " has a value in its row ", r,
                                       ", column ", c, ", which lies outside the ", a.rows(), "x", a.cols(),
                                       " matrix, expected 0");
    }
  }
}
template <scalar T, int R, int C, std::integral I, std::integral Offset>
void validate(bsr<T, R, C, I, Offset> const& a) {
  validate(a.view());
}

template <scalar T, int R, int C, std::integral I, std::integral Offset>
struct packer<bsr<T, R, C, I, Offset>> {
  /// Stores each block in which the source has a slot. O(rows * cols / 64 + stored) for dense sources, O(rows + cols +
  /// stored) for others.
  template <row_visitable S>
  static bsr<T, R, C, I, Offset> from(S const& source, pack_options const& = {}) {
    auto a = detail::bsr_packer<T, R, C, I, Offset>::run(source);
    return {detail::unchecked,    source.rows(),        source.cols(),
            std::move(a.offsets), std::move(a.columns), std::move(a.values)};
  }
};

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna {

template <scalar T, int R, int C, std::integral I, std::integral Offset>
LACUNA_INLINE bsr<T, R, C, I, Offset>::bsr(index rows, index cols, std::span<Offset const> offsets,
                                           std::span<I const> columns, std::span<T const> values) {
  validate(bsr_view<T, R, C, I, Offset>(rows, cols, offsets, columns, values));
  *this = bsr(detail::unchecked, rows, cols, buffer<Offset>(offsets), buffer<I>(columns), buffer<T>(values));
}

}  // namespace lacuna
