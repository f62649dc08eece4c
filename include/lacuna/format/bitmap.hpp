// SPDX-License-Identifier: MIT
//
// Bitmap: one bit for each element, and the values of the ones.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/bitmap_layout.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/rows.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Borrows a bitmap matrix: bytes_per_row() bytes of bits for each row, the number of values before each strip of 16
/// rows, and the values, as `bitmap` draws them. Nothing is checked: `validate` does.
template <scalar T>
class bitmap_view {
 public:
  using value_type = T;
  using layout = bitmap_layout;
  static constexpr bool ordered_rows = true;
  static constexpr index rows_per_offset = layout::rows_per_offset;

  LACUNA_INLINE constexpr bitmap_view() noexcept = default;
  LACUNA_INLINE constexpr bitmap_view(index rows, index cols, std::span<std::uint8_t const> bits,
                                      std::span<std::uint64_t const> offsets, std::span<T const> values) noexcept
      : rows_(rows), cols_(cols), bits_(bits), offsets_(offsets), values_(values) {}

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::uint8_t const> bits() const noexcept { return bits_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::uint64_t const> offsets() const noexcept { return offsets_; }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<T const> values() const noexcept { return values_; }
  /// ceil(cols / 8).
  [[nodiscard]] LACUNA_INLINE constexpr index bytes_per_row() const noexcept { return layout::row_bytes(cols_); }
  /// The bits of row i: bit j % 8 of byte j / 8 belongs to column j.
  [[nodiscard]] LACUNA_INLINE constexpr std::uint8_t const* row_bits(index i) const noexcept {
    return bits_.data() + i * bytes_per_row();
  }
  /// Where the values of row i start: counts the bits of at most 15 rows before it.
  [[nodiscard]] LACUNA_INLINE index row_start(index i) const noexcept {
    auto const first = i / rows_per_offset * rows_per_offset;
    return static_cast<index>(offsets_.data()[i / rows_per_offset]) +
           detail::count_bits(row_bits(first), (i - first) * bytes_per_row());
  }
  /// See counts_before.
  [[nodiscard]] LACUNA_INLINE index stored_before(index i) const noexcept {
    return i == rows_ ? stored() : row_start(i);
  }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return static_cast<index>(values_.size()); }
  [[nodiscard]] LACUNA_INLINE constexpr index nonzeros() const noexcept { return detail::count_nonzeros(values_); }
  [[nodiscard]] LACUNA_INLINE constexpr index bytes() const noexcept {
    return static_cast<index>(bits_.size_bytes() + offsets_.size_bytes() + values_.size_bytes());
  }
  [[nodiscard]] LACUNA_INLINE constexpr bitmap_view view() const noexcept { return *this; }

  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    auto const* value = values_.data() + row_start(i);
    detail::visit_bits(row_bits(i), bytes_per_row(), [&](index j) LACUNA_INLINE_LAMBDA { f(j, *value++); });
  }

 private:
  index rows_ = 0;
  index cols_ = 0;
  std::span<std::uint8_t const> bits_;
  std::span<std::uint64_t const> offsets_;
  std::span<T const> values_;
};

template <class Bits, class Offsets, class Values>
bitmap_view(index, index, Bits const&, Offsets const&, Values const&) -> bitmap_view<detail::element_of<Values>>;

/// Owns a bitmap matrix. Each row has ceil(cols / 8) bytes of bits, that of column j being bit j % 8 of byte j / 8;
/// bits behind the last column are zero. The values follow in the same order, without gaps, and so that any row can be
/// found without a walk through all bits, each strip of 16 rows has the number of values before it. 2x10:
///
///   columns   0 1 2 3 4 5 6 7   8 9
///   row 0     . a . b . . . c   . d      bits      10001010 00000010
///   row 1     . . e . . . . .   f .                00000100 00000001
///   values    a b c d e f                offsets   0
///
/// Bytes per dense element at density d: d sizeof(T) + 1/8 + 1 / (2 cols). Without a pattern in the weights no other
/// format here is smaller above 10 % density. Choose it for products with one or few tokens, which wait for memory: at
/// 50 % sparsity it moves 53 % of the bytes of dense in float. The time to unpack the bits does not fall with density,
/// so the sparser the matrix, the more an index format gains on it. Products with many tokens are faster than those of
/// csr below 90 % sparsity, and slower above by the time to write its columns out; panel is faster than either. Source:
/// A. F. AbouElhamayed et al., "SparAMX: Accelerating Compressed LLMs Token Generation on AMX-powered CPUs", 2025,
/// arXiv:2502.12444.
template <scalar T>
class bitmap {
 public:
  using value_type = T;
  using layout = bitmap_layout;
  using transposed = bitmap;  ///< what `transpose` returns
  static constexpr bool ordered_rows = true;
  static constexpr index rows_per_offset = layout::rows_per_offset;

  /// An empty 0x0 matrix.
  LACUNA_INLINE bitmap() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE bitmap(bitmap const&) = default;
  LACUNA_INLINE bitmap(bitmap&&) noexcept = default;
  LACUNA_INLINE bitmap& operator=(bitmap const&) = default;
  LACUNA_INLINE bitmap& operator=(bitmap&&) noexcept = default;
  LACUNA_INLINE ~bitmap() = default;
  /// Copies foreign arrays after checking them and counts the offsets; throws format_error if the bits are not those of
  /// the shape or the values not as many as the ones. O(rows * cols / 64 + stored).
  LACUNA_INLINE bitmap(index rows, index cols, std::span<std::uint8_t const> bits, std::span<T const> values);
  /// Takes arrays that are known to be sound.
  LACUNA_INLINE bitmap(detail::unchecked_t, index rows, index cols, buffer<std::uint8_t> bits,
                       buffer<std::uint64_t> offsets, buffer<T> values) noexcept
      : rows_(rows), cols_(cols), bits_(std::move(bits)), offsets_(std::move(offsets)), values_(std::move(values)) {}

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return cols_; }
  [[nodiscard]] LACUNA_INLINE std::span<std::uint8_t const> bits() const noexcept { return bits_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<std::uint64_t const> offsets() const noexcept { return offsets_.span(); }
  [[nodiscard]] LACUNA_INLINE std::span<T const> values() const noexcept { return values_.span(); }
  /// The stored values, to be overwritten; the pattern stays.
  [[nodiscard]] LACUNA_INLINE std::span<T> values() noexcept { return values_.span(); }
  /// ceil(cols / 8).
  [[nodiscard]] LACUNA_INLINE index bytes_per_row() const noexcept { return view().bytes_per_row(); }
  [[nodiscard]] LACUNA_INLINE index stored() const noexcept { return view().stored(); }
  [[nodiscard]] LACUNA_INLINE index nonzeros() const noexcept { return view().nonzeros(); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return view().bytes(); }
  [[nodiscard]] LACUNA_INLINE bitmap_view<T> view() const noexcept {
    return {rows_, cols_, bits(), offsets(), values()};
  }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    view().visit_row(i, f);
  }

  /// Same shape, same slots, equal values (so a NaN makes it unequal).
  friend LACUNA_INLINE bool operator==(bitmap const& a, bitmap const& b) noexcept {
    return a.rows_ == b.rows_ && a.cols_ == b.cols_ && detail::equal_arrays(a.bits(), b.bits()) &&
           detail::equal_arrays(a.values(), b.values());
  }

 private:
  detail::moved_along<index> rows_;
  detail::moved_along<index> cols_;
  buffer<std::uint8_t> bits_;
  buffer<std::uint64_t> offsets_;
  buffer<T> values_;
};

template <class Bits, class Values>
bitmap(index, index, Bits const&, Values const&) -> bitmap<detail::element_of<Values>>;

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Checks that the arrays are a bitmap matrix and throws format_error, saying what is wrong and where: counts not
/// negative, as many bytes as the shape says, no bit behind the last column, as many values as bits are set, offsets
/// that count the bits before each strip. O(rows * cols / 64); reads nothing outside the spans.
template <scalar T>
void validate(bitmap_view<T> a) {
  detail::validate_bits(a.rows(), a.cols(), a.bits(), a.values().size());
  auto const strips = bitmap_layout::strips(a.rows());
  if (std::cmp_not_equal(strips, a.offsets().size()))
    detail::fail<format_error>("bitmap: ", a.rows(), " rows need ", strips, " offsets, got ", a.offsets().size());
  std::uint64_t before = 0;
  for (index i = 0; i != a.rows(); ++i) {
    if (i % a.rows_per_offset == 0 && a.offsets().data()[i / a.rows_per_offset] != before)
      detail::fail<format_error>("bitmap: offset ", i / a.rows_per_offset, " is ",
                                 a.offsets().data()[i / a.rows_per_offset], ", expected ", before,
                                 ", the number of values before row ", i);
    before += static_cast<std::uint64_t>(detail::count_bits(a.row_bits(i), a.bytes_per_row()));
  }
}
template <scalar T>
void validate(bitmap<T> const& a) {
  validate(a.view());
}

template <scalar T>
struct packer<bitmap<T>> {
  /// Stores the slots of the source. O(rows * cols / 64 + stored).
  template <row_visitable S>
  static bitmap<T> from(S const& source, pack_options const& = {}) {
    auto const rows = source.rows();
    auto const cols = source.cols();
    buffer<std::uint8_t> bits(detail::checked_multiply(rows, bitmap_layout::row_bytes(cols), "pack<bitmap>"));
    buffer<T> values(write_bits(source, bits.data()), detail::unwritten);
    write_values(source, bits.data(), values.data());
    auto offsets = detail::strip_offsets(rows, cols, bits.data());
    return {detail::unchecked, rows, cols, std::move(bits), std::move(offsets), std::move(values)};
  }

 private:
  /// Writes the bits of all rows where all are zero; their number.
  template <class S>
  [[nodiscard]] static index write_bits(S const& source, std::uint8_t* bits) {
    auto const row_bytes = bitmap_layout::row_bytes(source.cols());
    index stored = 0;
    for (index i = 0; i != source.rows(); ++i, bits += row_bytes)
      if constexpr (detail::worded_rows<S>) {
        for (index k = 0; k * 64 < source.cols(); ++k) {
          auto const word = source.word(i, k);
          detail::store_bits(bits + k * 8, row_bytes - k * 8 < 8 ? row_bytes - k * 8 : 8, word);
          stored += std::popcount(word);
        }
      } else {
        source.visit_row(i, [&](index j, auto) {
          bits[j / 8] = static_cast<std::uint8_t>(bits[j / 8] | (1u << (j % 8)));
          ++stored;
        });
      }
    return stored;
  }
  /// Writes the values of all slots. The bits of a dense source are asked for its slots: finding nonzeros takes longer.
  template <class S>
  static void write_values(S const& source, std::uint8_t const* bits, T* to) {
    auto const row_bytes = bitmap_layout::row_bytes(source.cols());
    for (index i = 0; i != source.rows(); ++i)
      if constexpr (detail::worded_rows<S>)
        detail::visit_bits(bits + i * row_bytes, row_bytes,
                           [&](index j) LACUNA_INLINE_LAMBDA { *to++ = detail::convert<T>(source.element(i, j)); });
      else
        source.visit_row(i, [&](index, auto value) LACUNA_INLINE_LAMBDA { *to++ = detail::convert<T>(value); });
  }
};

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna {

template <scalar T>
LACUNA_INLINE bitmap<T>::bitmap(index rows, index cols, std::span<std::uint8_t const> bits, std::span<T const> values) {
  detail::validate_bits(rows, cols, bits, values.size());
  *this = bitmap(detail::unchecked, rows, cols, buffer<std::uint8_t>(bits),
                 detail::strip_offsets(rows, cols, bits.data()), buffer<T>(values));
}

}  // namespace lacuna
