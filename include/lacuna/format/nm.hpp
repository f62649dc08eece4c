// SPDX-License-Identifier: MIT
//
// N:M: Keep slots in every group of M columns.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/format/nm_pack.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Borrows an N:M matrix: row i has bytes_per_row() bytes of codes and values_per_row() values, as `nm` draws them.
/// Nothing is checked: `validate` does.
template <scalar T, int Keep, int M>
class nm_view {
 public:
  using value_type = T;
  using layout = nm_layout<Keep, M>;
  static_assert(layout::keep > 0);  // here and now the layout checks its counts
  static constexpr bool ordered_rows = true;

  LACUNA_INLINE constexpr nm_view() noexcept = default;
  LACUNA_INLINE constexpr nm_view(index rows, index cols, std::span<std::uint8_t const> codes,
                                  std::span<T const> values) noexcept
      : rows_(rows), cols_(cols), codes_(codes), values_(values) {}

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::uint8_t const> codes() const noexcept { return codes_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<T const> values() const noexcept { return values_; }
  [[nodiscard]] LACUNA_INLINE constexpr index groups_per_row() const noexcept { return layout::groups(cols_); }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes_per_row() const noexcept { return layout::row_bytes(cols_); }
  [[nodiscard]] LACUNA_INLINE constexpr index values_per_row() const noexcept { return layout::row_values(cols_); }
  [[nodiscard]] LACUNA_INLINE constexpr std::uint8_t const* row_codes(index i) const noexcept {
    return codes_.data() + i * bytes_per_row();
  }
  [[nodiscard]] LACUNA_INLINE constexpr T const* row_values(index i) const noexcept {
    return values_.data() + i * values_per_row();
  }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return static_cast<index>(values_.size()); }
  [[nodiscard]] LACUNA_INLINE constexpr index nonzeros() const noexcept { return detail::count_nonzeros(values_); }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes() const noexcept {
    return static_cast<index>(codes_.size_bytes() + values_.size_bytes());
  }
  [[nodiscard]] LACUNA_INLINE constexpr nm_view view() const noexcept { return *this; }

  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    auto const* value = row_values(i);
    detail::visit_nm_columns<Keep, M>(row_codes(i), cols_, [&](index j) LACUNA_INLINE_LAMBDA { f(j, *value++); });
  }

 private:
  index rows_ = 0;
  index cols_ = 0;
  std::span<std::uint8_t const> codes_;
  std::span<T const> values_;
};

/// Owns an N:M matrix: each row is cut into groups of M columns, and every group has Keep slots; a short last group of
/// L = cols % M columns has min(Keep, L). The columns are packed into bits, the first in the lowest bit of the first
/// byte; each row starts on a byte, and bits that remain at its end are zero. Where a mask of M bits is no longer than
/// Keep codes of ceil(log2 M) bits (2:4, 4:8) a group is that mask, else (1:4, 2:8, 1:16) the codes, in increasing
/// order. A row of 10 columns in nm<T, 2, 4>, and in nm<T, 1, 4>:
///
///   columns   0 1 2 3   4 5 6 7   8 9              0 1 2 3   4 5 6 7   8 9
///             . a . b   . . c d   e f              . . . a   b . . .   . c
///   codes     0 1 0 1   0 0 1 1   1 1 (0 0)        3         0         1       of two bits
///   bytes     11001010            00000011         00010011
///   values    a b c d e f                          a b c
///
/// A group in which the source has fewer slots is filled up at its lowest free positions with value 0. Fill multiplies
/// as values do: an Inf or NaN in X opposite it reaches Y.
///
/// Bytes per dense element: Keep / M sizeof(T) + B / (8 M) with B = min(M, Keep ceil(log2 M)), whatever the density;
/// for 2:4, Keep / M sizeof(T) + 1/8. Choose it for weights pruned to the pattern: every row has the same length, so
/// work is even and needs no offsets. It pays by saving memory traffic, so most with few tokens whose weights come from
/// the L3 cache or memory: 2:4 moves 53 % of the bytes of dense in float. Source: A. Mishra et al., "Accelerating
/// Sparse Deep Neural Networks", 2021, arXiv:2104.08378.
template <scalar T, int Keep, int M>
class nm {
 public:
  using value_type = T;
  using layout = nm_layout<Keep, M>;
  static_assert(layout::keep > 0);  // here and now the layout checks its counts
  /// What `transpose` returns: the columns of an N:M matrix have any number of slots, so its transpose is not N:M.
  using transposed = csr<T>;
  static constexpr bool ordered_rows = true;

  /// An empty 0x0 matrix.
  LACUNA_INLINE nm() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE nm(nm const&) = default;
  LACUNA_INLINE nm(nm&&) noexcept = default;
  LACUNA_INLINE nm& operator=(nm const&) = default;
  LACUNA_INLINE nm& operator=(nm&&) noexcept = default;
  LACUNA_INLINE ~nm() = default;
  /// Copies foreign arrays after `validate` has found them sound; throws format_error otherwise. O(stored).
  LACUNA_INLINE nm(index rows, index cols, std::span<std::uint8_t const> codes, std::span<T const> values);
  /// Takes arrays that are known to be sound.
  LACUNA_INLINE nm(detail::unchecked_t, index rows, index cols, buffer<std::uint8_t> codes, buffer<T> values) noexcept
      : rows_(rows), cols_(cols), codes_(std::move(codes)), values_(std::move(values)) {}

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE std::span<std::uint8_t const> codes() const noexcept { return codes_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<T const> values() const noexcept { return values_.span(); }
  /// The stored values, fill included, to be overwritten; the pattern stays.
  [[nodiscard]] LACUNA_INLINE std::span<T> values() noexcept { return values_.span(); }
  /// ceil(cols / M).
  [[nodiscard]] LACUNA_INLINE index groups_per_row() const noexcept { return view().groups_per_row(); }
  /// Bytes of codes in a row.
  [[nodiscard]] LACUNA_INLINE index bytes_per_row() const noexcept { return view().bytes_per_row(); }
  /// Slots in a row.
  [[nodiscard]] LACUNA_INLINE index values_per_row() const noexcept { return view().values_per_row(); }
  /// Slots in memory, fill included.
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return view().stored(); }
  [[nodiscard]] LACUNA_INLINE index nonzeros() const noexcept { return view().nonzeros(); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return view().bytes(); }
  [[nodiscard]] LACUNA_INLINE nm_view<T, Keep, M> view() const noexcept { return {rows_, cols_, codes(), values()}; }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    view().visit_row(i, f);
  }

  /// Same shape, same slots, equal values (so a NaN makes it unequal).
  friend LACUNA_INLINE bool operator==(nm const& a, nm const& b) noexcept {
    return a.rows_ == b.rows_ && a.cols_ == b.cols_ && detail::equal_arrays(a.codes(), b.codes()) &&
           detail::equal_arrays(a.values(), b.values());
  }

 private:
  detail::moved_along<index> rows_;
  detail::moved_along<index> cols_;
  buffer<std::uint8_t> codes_;
  buffer<T> values_;
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Checks that the arrays are an N:M matrix and throws format_error, saying what is wrong and where: counts not
/// negative; as many bytes of codes and as many values as the shape says; in every group min(Keep, L) positions, each
/// inside the matrix, and increasing; zeros in all bits that belong to none. O(stored); reads nothing outside the
/// spans.
template <scalar T, int Keep, int M>
void validate(nm_view<T, Keep, M> a) {
  detail::validate_nm_sizes<Keep, M>(a.rows(), a.cols(), a.codes().size(), a.values().size());
  if (a.cols() == 0) return;  // no array says how many rows there are
  for (index i = 0; i != a.rows(); ++i)
    detail::validate_nm_codes<Keep, M>(detail::nm_name<Keep, M>, a.row_codes(i), a.cols(), "row ", i);
}
template <scalar T, int Keep, int M>
void validate(nm<T, Keep, M> const& a) {
  validate(a.view());
}

template <scalar T, int Keep, int M>
struct packer<nm<T, Keep, M>> {
  /// Stores the slots of the source and fills each group up to Keep. Throws format_error, naming row and columns, where
  /// a group has more. O(rows * cols / M + stored) for dense sources, O(rows * cols + stored) for others.
  template <row_visitable S>
  static nm<T, Keep, M> from(S const& source, pack_options const& = {}) {
    auto arrays = detail::nm_packer<1, Keep, M>::template run<T>(source, detail::nm_name<Keep, M>);
    return {detail::unchecked, source.rows(), source.cols(), std::move(arrays.codes), std::move(arrays.values)};
  }
};

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna {

template <scalar T, int Keep, int M>
LACUNA_INLINE nm<T, Keep, M>::nm(index rows, index cols, std::span<std::uint8_t const> codes,
                                 std::span<T const> values) {
  validate(nm_view<T, Keep, M>(rows, cols, codes, values));
  *this = nm(detail::unchecked, rows, cols, buffer<std::uint8_t>(codes), buffer<T>(values));
}

}  // namespace lacuna
