// SPDX-License-Identifier: MIT
//
// V:N:M: bands of V rows that share which Keep of every M columns they keep.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
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

/// Names the order of data: band by band of V rows, the codes of one row of nm<T, Keep, M>, and V values for each slot.
template <int V, int Keep, int M>
struct vnm_layout : nm_layout<Keep, M> {
  static_assert(1 <= V && V <= 16, "lacuna: vnm<T, V, Keep, M> needs 1 <= V <= 16");
  static constexpr index band_rows = V;

  /// Bands: ceil(rows / V).
  [[nodiscard]] LACUNA_INLINE static constexpr index bands(index rows) noexcept { return rows / V + (rows % V != 0); }
};

/// Borrows a V:N:M matrix: band b has bytes_per_band() bytes of codes and columns_per_band() * V values, as `vnm` draws
/// them. Nothing is checked: `validate` does.
template <scalar T, int V, int Keep, int M>
class vnm_view {
 public:
  using value_type = T;
  using layout = vnm_layout<V, Keep, M>;
  static_assert(layout::keep > 0 && layout::band_rows > 0);  // here and now the layout checks its counts
  static constexpr bool ordered_rows = true;

  LACUNA_INLINE constexpr vnm_view() noexcept = default;
  LACUNA_INLINE constexpr vnm_view(index rows, index cols, std::span<std::uint8_t const> codes,
                                   std::span<T const> values) noexcept
      : rows_(rows), cols_(cols), codes_(codes), values_(values) {}

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::uint8_t const> codes() const noexcept { return codes_; }
  /// V values for each slot of a band, slot by slot.
  [[nodiscard]] LACUNA_INLINE constexpr std::span<T const> values() const noexcept { return values_; }
  [[nodiscard]] LACUNA_INLINE constexpr index bands() const noexcept { return layout::bands(rows_); }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes_per_band() const noexcept { return layout::row_bytes(cols_); }
  [[nodiscard]] LACUNA_INLINE constexpr index columns_per_band() const noexcept { return layout::row_values(cols_); }
  [[nodiscard]] LACUNA_INLINE constexpr std::uint8_t const* band_codes(index b) const noexcept {
    return codes_.data() + b * bytes_per_band();
  }
  [[nodiscard]] LACUNA_INLINE constexpr T const* band_values(index b) const noexcept {
    return values_.data() + b * columns_per_band() * V;
  }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return static_cast<index>(values_.size()); }
  [[nodiscard]] LACUNA_INLINE constexpr index nonzeros() const noexcept { return detail::count_nonzeros(values_); }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes() const noexcept {
    return static_cast<index>(codes_.size_bytes() + values_.size_bytes());
  }
  [[nodiscard]] LACUNA_INLINE constexpr vnm_view view() const noexcept { return *this; }

  template <class F>
  LACUNA_INLINE constexpr void visit_row(index i, F&& f) const {
    index at = i / V * columns_per_band() * V + i % V;
    detail::visit_nm_columns<Keep, M>(band_codes(i / V), cols_, [&](index j) LACUNA_INLINE_LAMBDA {
      f(j, values_.data()[at]);
      at += V;
    });
  }

 private:
  index rows_ = 0;
  index cols_ = 0;
  std::span<std::uint8_t const> codes_;
  std::span<T const> values_;
};

/// Owns a V:N:M matrix: bands of V consecutive rows have the same Keep slots in every group of M columns; a short last
/// group of L columns has min(Keep, L). A band has the codes of one row of nm<T, Keep, M>, and for each slot the values
/// of its V rows side by side. Two bands of 8 columns in vnm<T, 2, 2, 4>, the second of one row:
///
///   columns   0 1 2 3   4 5 6 7
///   row 0     . a . b   c d . .        codes    01011100           10010011
///   row 1     . e . f   g h . .        values   a e b f c g d h    i 0 j 0 k 0 l 0
///   row 2     i . . j   . . k l
///
/// Rows need not be a multiple of V: the last band is stored whole, and its values outside the matrix are zero and
/// neither visited nor multiplied. A slot that a row of the source lacks while another row of the band has it holds 0,
/// and so do slots, at the lowest free positions, that fill a group up. Fill multiplies as values do: an Inf or NaN in
/// X opposite it reaches Y.
///
/// Bytes per dense element: Keep / M sizeof(T) + B / (8 M V) with B as in `nm`; for 16:2:4 in float, 2.01. Choose it
/// for weights pruned to the pattern (`v_n_of_m`) when many tokens come at once: a load of X serves V rows, where the
/// rows of nm need one each, so that 2:4 is worth its factor of two. With few tokens it is as `nm`. Source: R. Castro
/// et al., "VENOM: A Vectorized N:M Format for Unleashing the Power of Sparse Tensor Cores", SC 2023.
template <scalar T, int V, int Keep, int M>
class vnm {
 public:
  using value_type = T;
  using layout = vnm_layout<V, Keep, M>;
  static_assert(layout::keep > 0 && layout::band_rows > 0);  // here and now the layout checks its counts
  using transposed = csr<T>;  ///< what `transpose` returns: columns have any number of slots
  static constexpr bool ordered_rows = true;

  /// An empty 0x0 matrix.
  LACUNA_INLINE vnm() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE vnm(vnm const&) = default;
  LACUNA_INLINE vnm(vnm&&) noexcept = default;
  LACUNA_INLINE vnm& operator=(vnm const&) = default;
  LACUNA_INLINE vnm& operator=(vnm&&) noexcept = default;
  LACUNA_INLINE ~vnm() = default;
  /// Copies foreign arrays after `validate` has found them sound; throws format_error otherwise. O(stored).
  LACUNA_INLINE vnm(index rows, index cols, std::span<std::uint8_t const> codes, std::span<T const> values);
  /// Takes arrays that are known to be sound.
  LACUNA_INLINE vnm(detail::unchecked_t, index rows, index cols, buffer<std::uint8_t> codes, buffer<T> values) noexcept
      : rows_(rows), cols_(cols), codes_(std::move(codes)), values_(std::move(values)) {}

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE std::span<std::uint8_t const> codes() const noexcept { return codes_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<T const> values() const noexcept { return values_.span(); }
  /// The stored values, fill included, to be overwritten; the pattern stays, and values outside the matrix stay zero.
  [[nodiscard]] LACUNA_INLINE std::span<T> values() noexcept { return values_.span(); }
  /// ceil(rows / V).
  [[nodiscard]] LACUNA_INLINE index bands() const noexcept { return view().bands(); }
  /// Bytes of codes in a band.
  [[nodiscard]] LACUNA_INLINE index bytes_per_band() const noexcept { return view().bytes_per_band(); }
  /// Slots of each row of a band.
  [[nodiscard]] LACUNA_INLINE index columns_per_band() const noexcept { return view().columns_per_band(); }
  /// Slots in memory, fill and those outside the matrix included.
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return view().stored(); }
  [[nodiscard]] LACUNA_INLINE index nonzeros() const noexcept { return view().nonzeros(); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return view().bytes(); }
  [[nodiscard]] LACUNA_INLINE vnm_view<T, V, Keep, M> view() const noexcept {
    return {rows_, cols_, codes(), values()};
  }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    view().visit_row(i, f);
  }

  /// Same shape, same slots, equal values (so a NaN makes it unequal).
  friend LACUNA_INLINE bool operator==(vnm const& a, vnm const& b) noexcept {
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

namespace lacuna::detail::inline LACUNA_ISA {

template <int V, int Keep, int M>
inline constexpr pattern_text vnm_text_of = make_pattern_text("vnm", {V, Keep, M});

/// "vnm<4, 2, 4>", for messages.
template <int V, int Keep, int M>
inline constexpr char const* vnm_name = vnm_text_of<V, Keep, M>.characters;

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Checks that the arrays are a V:N:M matrix and throws format_error, saying what is wrong and where: counts not
/// negative; as many bytes of codes and as many values as the shape says; in every group min(Keep, L) positions, each
/// inside the matrix, and increasing; zeros in all bits that belong to none and in all values outside the matrix.
/// O(stored); reads nothing outside the spans.
template <scalar T, int V, int Keep, int M>
void validate(vnm_view<T, V, Keep, M> a) {
  auto const* const name = detail::vnm_name<V, Keep, M>;
  detail::validate_counts(name, a.rows(), a.cols());
  auto const row_values = detail::checked_multiply(a.columns_per_band(), V, name);
  if (std::cmp_not_equal(detail::checked_multiply(a.bands(), a.bytes_per_band(), name), a.codes().size()))
    detail::fail<format_error>(name, ": ", a.bands(), " bands of ", a.cols(), " columns need ", a.bands(), " * ",
                               a.bytes_per_band(), " bytes of codes, got ", a.codes().size());
  if (std::cmp_not_equal(detail::checked_multiply(a.bands(), row_values, name), a.values().size()))
    detail::fail<format_error>(name, ": ", a.bands(), " bands of ", a.cols(), " columns need ", a.bands(), " * ",
                               row_values, " values, got ", a.values().size());
  if (a.cols() == 0) return;  // no array says how many rows there are
  for (index b = 0; b != a.bands(); ++b)
    detail::validate_nm_codes<Keep, M>(name, a.band_codes(b), a.cols(), "band ", b);
  if (a.rows() % V == 0) return;
  auto const* const last = a.band_values(a.bands() - 1);
  for (index s = 0; s != a.columns_per_band(); ++s)
    for (index r = a.rows() % V; r != V; ++r)
      if (!detail::is_zero(last[s * V + r]))
        detail::fail<format_error>(name, ": band ", a.bands() - 1, ", slot ", s, " has a value in its row ", r,
                                   ", which lies outside the ", a.rows(), "x", a.cols(), " matrix, expected 0");
}
template <scalar T, int V, int Keep, int M>
void validate(vnm<T, V, Keep, M> const& a) {
  validate(a.view());
}

template <scalar T, int V, int Keep, int M>
struct packer<vnm<T, V, Keep, M>> {
  /// Stores the slots of the source, for every row of a band those of all its rows, and fills each group up to Keep.
  /// Throws format_error, naming rows and columns, where the rows of a band together have more. O(rows * cols / M +
  /// stored) for dense sources, O(rows * cols + stored) for others.
  template <row_visitable S>
  static vnm<T, V, Keep, M> from(S const& source, pack_options const& = {}) {
    auto arrays = detail::nm_packer<V, Keep, M>::template run<T>(source, detail::vnm_name<V, Keep, M>);
    return {detail::unchecked, source.rows(), source.cols(), std::move(arrays.codes), std::move(arrays.values)};
  }
};

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna {

template <scalar T, int V, int Keep, int M>
LACUNA_INLINE vnm<T, V, Keep, M>::vnm(index rows, index cols, std::span<std::uint8_t const> codes,
                                      std::span<T const> values) {
  validate(vnm_view<T, V, Keep, M>(rows, cols, codes, values));
  *this = vnm(detail::unchecked, rows, cols, buffer<std::uint8_t>(codes), buffer<T>(values));
}

}  // namespace lacuna
