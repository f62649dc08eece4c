// SPDX-License-Identifier: MIT
//
// Compressed sparse rows.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace lacuna {

/// Names the order of data: row by row, a column and a value for each slot.
struct csr_layout {};

/// Borrows a CSR matrix: the slots of row i are offsets[i] .. offsets[i + 1], each a column (increasing within a row)
/// and a value. Nothing is checked: `validate` does.
template <scalar T, std::integral I = std::uint32_t, std::integral Offset = I>
class csr_view {
 public:
  using value_type = T;
  using index_type = I;
  using offset_type = Offset;
  using layout = csr_layout;
  static constexpr bool ordered_rows = true;

  LACUNA_INLINE constexpr csr_view() noexcept = default;
  LACUNA_INLINE constexpr csr_view(index rows, index cols, std::span<Offset const> offsets, std::span<I const> columns,
                                   std::span<T const> values) noexcept
      : rows_(rows), cols_(cols), offsets_(offsets), columns_(columns), values_(values) {}
  /// From raw arrays: rows + 1 offsets, and as many columns and values as the last offset says.
  LACUNA_INLINE constexpr csr_view(index rows, index cols, Offset const* offsets, I const* columns,
                                   T const* values) noexcept
      : csr_view(rows, cols, {offsets, static_cast<std::size_t>(rows + 1)}, {columns, slots(rows, offsets)},
                 {values, slots(rows, offsets)}) {}

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<Offset const> offsets() const noexcept { return offsets_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<I const> columns() const noexcept { return columns_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<T const> values() const noexcept { return values_; }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return static_cast<index>(values_.size()); }
  [[nodiscard]] LACUNA_INLINE constexpr index nonzeros() const noexcept { return detail::count_nonzeros(values_); }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes() const noexcept {
    return static_cast<index>(offsets_.size_bytes() + columns_.size_bytes() + values_.size_bytes());
  }
  [[nodiscard]] LACUNA_INLINE constexpr csr_view view() const noexcept { return *this; }

  /// See counts_before.
  [[nodiscard]] LACUNA_INLINE constexpr index stored_before(index i) const noexcept {
    return static_cast<index>(offsets_.data()[i]);
  }

  template <class F>
  LACUNA_INLINE constexpr void visit_row(index i, F&& f) const {
    auto const* const offset = offsets_.data() + i;
    auto const* const column = columns_.data();
    auto const* const value = values_.data();
    auto const last = static_cast<index>(offset[1]);
    for (auto s = static_cast<index>(offset[0]); s != last; ++s) f(static_cast<index>(column[s]), value[s]);
  }

 private:
  /// What the last offset says, and nothing of a negative count of rows, which `validate` refuses.
  [[nodiscard]] LACUNA_INLINE static constexpr std::size_t slots(index rows, Offset const* offsets) noexcept {
    return rows < 0 ? 0 : static_cast<std::size_t>(offsets[rows]);
  }

  index rows_ = 0;
  index cols_ = 0;
  std::span<Offset const> offsets_ = detail::no_lines<Offset>;
  std::span<I const> columns_;
  std::span<T const> values_;
};

template <class Offsets, class Columns, class Values>
csr_view(index, index, Offsets const&, Columns const&, Values const&)
    -> csr_view<detail::element_of<Values>, detail::element_of<Columns>, detail::element_of<Offsets>>;

/// Owns a CSR matrix.
///
/// Bytes per dense element at density d: d (sizeof(T) + sizeof(I)) + sizeof(Offset) / cols.
/// The format everybody has. Choose it above 90 % sparsity, for products with many tokens (n >= 8), and to exchange
/// matrices; below that the column indices weigh more than the bits of `bitmap`. Source: any text on sparse matrices,
/// such as Y. Saad, "Iterative Methods for Sparse Linear Systems", 2003, section 3.4.
template <scalar T, std::integral I = std::uint32_t, std::integral Offset = I>
class csr {
 public:
  using value_type = T;
  using index_type = I;
  using offset_type = Offset;
  using layout = csr_layout;
  using transposed = csr;  ///< what `transpose` returns
  static constexpr bool ordered_rows = true;

  /// An empty 0x0 matrix.
  LACUNA_INLINE csr() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE csr(csr const&) = default;
  LACUNA_INLINE csr(csr&&) noexcept = default;
  LACUNA_INLINE csr& operator=(csr const&) = default;
  LACUNA_INLINE csr& operator=(csr&&) noexcept = default;
  LACUNA_INLINE ~csr() = default;
  /// Copies foreign arrays after `validate` has found them sound; throws format_error otherwise. O(rows + stored).
  LACUNA_INLINE csr(index rows, index cols, std::span<Offset const> offsets, std::span<I const> columns,
                    std::span<T const> values);
  /// Takes arrays that are known to be sound.
  LACUNA_INLINE csr(detail::unchecked_t, index rows, index cols, buffer<Offset> offsets, buffer<I> columns,
                    buffer<T> values) noexcept
      : rows_(rows),
        cols_(cols),
        offsets_(std::move(offsets)),
        columns_(std::move(columns)),
        values_(std::move(values)) {}

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE std::span<Offset const> offsets() const noexcept {
    return detail::bounds_of_lines(offsets_);
  }
  [[nodiscard]] LACUNA_INLINE std::span<I const> columns() const noexcept { return columns_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<T const> values() const noexcept { return values_.span(); }
  /// The stored values, to be overwritten; the pattern stays.
  [[nodiscard]] LACUNA_INLINE std::span<T> values() noexcept { return values_.span(); }
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return view().stored(); }
  [[nodiscard]] LACUNA_INLINE index nonzeros() const noexcept { return view().nonzeros(); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return view().bytes(); }
  [[nodiscard]] LACUNA_INLINE csr_view<T, I, Offset> view() const noexcept {
    return {rows_, cols_, offsets(), columns(), values()};
  }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    view().visit_row(i, f);
  }

  /// Same shape, same slots, equal values (so a NaN makes it unequal).
  friend LACUNA_INLINE bool operator==(csr const& a, csr const& b) noexcept {
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

template <class Offsets, class Columns, class Values>
csr(index, index, Offsets const&, Columns const&, Values const&)
    -> csr<detail::element_of<Values>, detail::element_of<Columns>, detail::element_of<Offsets>>;

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Checks that the arrays are a CSR matrix and throws format_error, saying what is wrong and where: counts not
/// negative, rows + 1 offsets that start at 0, never fall and end at the number of columns and of values; columns
/// inside the matrix and increasing within each row. O(rows + stored); reads nothing outside the spans.
template <scalar T, std::integral I, std::integral Offset>
void validate(csr_view<T, I, Offset> a) {
  detail::validate_counts("csr", a.rows(), a.cols());
  detail::validate_offsets("csr", "row", a.rows(), a.offsets(), "columns", a.columns().size());
  detail::validate_value_count("csr", a.columns().size(), "columns", a.values().size());
  auto const columns = a.columns();
  for (index i = 0; i != a.rows(); ++i) {
    auto const row = static_cast<std::size_t>(i);
    detail::validate_increasing("csr", "row", i, "column",
                                columns.subspan(static_cast<std::size_t>(a.offsets()[row]),
                                                static_cast<std::size_t>(a.offsets()[row + 1] - a.offsets()[row])),
                                a.cols());
  }
}

template <scalar T, std::integral I, std::integral Offset>
void validate(csr<T, I, Offset> const& a) {
  validate(a.view());
}

template <scalar T, std::integral I, std::integral Offset>
struct packer<csr<T, I, Offset>> {
  template <row_visitable S>
  static csr<T, I, Offset> from(S const& source, pack_options const& = {}) {
    auto const rows = source.rows();
    detail::require_fits<I>("pack<csr>", "column index", source.cols() - 1);
    buffer<Offset> offsets(rows + 1);
    index stored = 0;
    for (index i = 0; i != rows; ++i) {
      source.visit_row(i, [&](index, auto) { ++stored; });
      detail::require_fits<Offset>("pack<csr>", "offset", stored);
      offsets[i + 1] = static_cast<Offset>(stored);
    }
    buffer<I> columns(stored);
    buffer<T> values(stored);
    index slot = 0;
    for (index i = 0; i != rows; ++i)
      source.visit_row(i, [&](index j, auto value) {
        columns[slot] = static_cast<I>(j);
        values[slot++] = detail::convert<T>(value);
      });
    return {detail::unchecked, rows, source.cols(), std::move(offsets), std::move(columns), std::move(values)};
  }
};

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna {

template <scalar T, std::integral I, std::integral Offset>
LACUNA_INLINE csr<T, I, Offset>::csr(index rows, index cols, std::span<Offset const> offsets,
                                     std::span<I const> columns, std::span<T const> values) {
  validate(csr_view<T, I, Offset>(rows, cols, offsets, columns, values));
  *this = csr(detail::unchecked, rows, cols, buffer<Offset>(offsets), buffer<I>(columns), buffer<T>(values));
}

}  // namespace lacuna
