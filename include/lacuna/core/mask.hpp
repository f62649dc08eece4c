// SPDX-License-Identifier: MIT
//
// Which entries of a matrix survive: prune returns it, pack reads it.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>

#include <bit>
#include <cstdint>

namespace lacuna {

/// A rows x cols matrix of bits; mask(i, j) is true where a weight stays. One bit an element; rows start on 64-bit
/// words, so that two threads may write different rows. Bits behind the last column of a row are zero. Moved from, it
/// is 0x0.
class mask {
 public:
  LACUNA_INLINE mask() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE mask(mask const&) = default;
  LACUNA_INLINE mask(mask&&) noexcept = default;
  LACUNA_INLINE mask& operator=(mask const&) = default;
  LACUNA_INLINE mask& operator=(mask&&) noexcept = default;
  LACUNA_INLINE ~mask() = default;
  /// All bits equal to `value`. Throws shape_error if a count is negative, format_error if the size does not fit.
  LACUNA_INLINE mask(index rows, index cols, bool value = false) : rows_(rows), cols_(cols) {
    if (rows < 0 || cols < 0)
      detail::fail<shape_error>("mask: ", rows, " rows and ", cols, " columns, expected none below 0");
    words_ = buffer<std::uint64_t>(detail::checked_multiply(rows, words_per_row(), "mask"));
    if (value)
      for (index i = 0; i != rows; ++i)
        for (index w = 0; w != words_per_row(); ++w) row(i)[w] = valid_bits(w);
  }

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return cols_; }
  /// True where the weight in row i, column j stays. O(1).
  [[nodiscard]] LACUNA_INLINE bool operator()(index i, index j) const noexcept {
    LACUNA_ASSERT(i >= 0 && i < rows_ && j >= 0 && j < cols_);
    return ((row(i)[j / 64] >> (j % 64)) & 1u) != 0;
  }
  /// Sets one bit. O(1).
  LACUNA_INLINE void set(index i, index j, bool value = true) noexcept {
    LACUNA_ASSERT(i >= 0 && i < rows_ && j >= 0 && j < cols_);
    auto const bit = std::uint64_t{1} << (j % 64);
    auto& word = row(i)[j / 64];
    word = value ? word | bit : word & ~bit;
  }
  /// Number of true bits. O(rows * cols / 64).
  [[nodiscard]] LACUNA_INLINE index count() const noexcept {
    index n = 0;
    for (auto const word : words_) n += std::popcount(word);
    return n;
  }
  /// Number of true bits in row i.
  [[nodiscard]] LACUNA_INLINE index count(index i) const noexcept {
    index n = 0;
    for (index w = 0; w != words_per_row(); ++w) n += std::popcount(row(i)[w]);
    return n;
  }
  /// Fraction of false bits; 0 for an empty mask.
  [[nodiscard]] LACUNA_INLINE double sparsity() const noexcept {
    auto const n = static_cast<double>(rows_) * static_cast<double>(cols_);
    return n == 0 ? 0.0 : 1.0 - static_cast<double>(count()) / n;
  }

  /// 64-bit words a row: ceil(cols / 64).
  [[nodiscard]] LACUNA_INLINE index words_per_row() const noexcept { return cols_ / 64 + (cols_ % 64 != 0); }
  /// The words of row i; bit j % 64 of word j / 64 belongs to column j. Writers keep the bits behind the last column
  /// zero.
  [[nodiscard]] LACUNA_INLINE std::uint64_t* row(index i) noexcept { return words_.data() + i * words_per_row(); }
  [[nodiscard]] LACUNA_INLINE std::uint64_t const* row(index i) const noexcept {
    return words_.data() + i * words_per_row();
  }

  /// Intersection, union; shape_error unless both have the same shape.
  friend LACUNA_INLINE mask operator&(mask a, mask const& b) {
    check_same_shape(a, b, "&");
    for (index w = 0; w != a.words_.size(); ++w) a.words_[w] &= b.words_[w];
    return a;
  }
  friend LACUNA_INLINE mask operator|(mask a, mask const& b) {
    check_same_shape(a, b, "|");
    for (index w = 0; w != a.words_.size(); ++w) a.words_[w] |= b.words_[w];
    return a;
  }
  /// Complement.
  friend LACUNA_INLINE mask operator~(mask a) {
    for (index i = 0; i != a.rows_; ++i)
      for (index w = 0; w != a.words_per_row(); ++w) a.row(i)[w] = ~a.row(i)[w] & a.valid_bits(w);
    return a;
  }
  friend LACUNA_INLINE bool operator==(mask const& a, mask const& b) noexcept {
    if (a.rows_ != b.rows_ || a.cols_ != b.cols_) return false;
    for (index w = 0; w != a.words_.size(); ++w)
      if (a.words_[w] != b.words_[w]) return false;
    return true;
  }

 private:
  [[nodiscard]] LACUNA_INLINE std::uint64_t valid_bits(index w) const noexcept {
    auto const left = cols_ - w * 64;
    return left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
  }
  LACUNA_INLINE static void check_same_shape(mask const& a, mask const& b, char const* op) {
    if (a.rows_ != b.rows_ || a.cols_ != b.cols_)
      detail::fail<shape_error>("mask ", op, ": left is ", a.rows(), "x", a.cols(), ", right is ", b.rows(), "x",
                                b.cols());
  }

  buffer<std::uint64_t> words_;
  detail::moved_along<index> rows_;
  detail::moved_along<index> cols_;
};

}  // namespace lacuna
