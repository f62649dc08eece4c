// SPDX-License-Identifier: MIT
//
// Sources that pack can read: a dense matrix, a dense or sparse matrix behind a mask, and plain lists of rows. Those
// that are dense can be asked for 64 columns of a row at a time.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>

#include <bit>
#include <concepts>
#include <cstdint>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// A source that says 64 columns of a row at a time which it has: bit b of word(i, k) stands for column 64 k + b, and
/// bits behind the last column are zero. at(i, j) is the value in a place that it has, else 0; element(i, j) asks for
/// no more than a place that it has.
template <class S>
concept worded_rows = row_visitable<S> && requires(S const& s, index i) {
  { s.word(i, i) } -> std::same_as<std::uint64_t>;
  { s.at(i, i) } -> std::same_as<typename S::value_type>;
  { s.element(i, i) } -> std::same_as<typename S::value_type>;
};

/// The nonzeros of a dense matrix (a NaN is one).
template <scalar T, order Order>
struct nonzero_rows {
  using value_type = T;
  static constexpr bool ordered_rows = true;
  dense_view<T const, Order> w;

  [[nodiscard]] index rows() const noexcept { return w.rows(); }
  [[nodiscard]] index cols() const noexcept { return w.cols(); }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    for (index j = 0; j != w.cols(); ++j)
      if (!is_zero(w(i, j))) f(j, w(i, j));
  }
  [[nodiscard]] LACUNA_INLINE std::uint64_t word(index i, index k) const noexcept {
    index const first = k * 64;
    std::uint64_t bits = 0;
    if (cols() - first >= 64)
      for (index b = 0; b != 64; ++b) bits |= std::uint64_t{!is_zero(w(i, first + b))} << b;
    else
      for (index b = 0; b != cols() - first; ++b) bits |= std::uint64_t{!is_zero(w(i, first + b))} << b;
    return bits;
  }
  [[nodiscard]] LACUNA_INLINE T at(index i, index j) const noexcept { return is_zero(w(i, j)) ? T{} : w(i, j); }
  [[nodiscard]] LACUNA_INLINE T element(index i, index j) const noexcept { return w(i, j); }
};

/// What a mask keeps of a dense matrix, zeros included.
template <scalar T, order Order>
struct masked_rows {
  using value_type = T;
  static constexpr bool ordered_rows = true;
  dense_view<T const, Order> w;
  mask const* keep;

  [[nodiscard]] index rows() const noexcept { return w.rows(); }
  [[nodiscard]] index cols() const noexcept { return w.cols(); }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    for (index word = 0; word != keep->words_per_row(); ++word)
      for (auto bits = keep->row(i)[word]; bits != 0; bits &= bits - 1) {
        index const j = word * 64 + std::countr_zero(bits);
        f(j, w(i, j));
      }
  }
  [[nodiscard]] LACUNA_INLINE std::uint64_t word(index i, index k) const noexcept { return keep->row(i)[k]; }
  [[nodiscard]] LACUNA_INLINE T at(index i, index j) const noexcept { return (*keep)(i, j) ? w(i, j) : T{}; }
  [[nodiscard]] LACUNA_INLINE T element(index i, index j) const noexcept { return w(i, j); }
};

/// What a mask keeps of the stored slots of a sparse matrix.
template <row_visitable S>
struct masked_slots {
  using value_type = typename S::value_type;
  static constexpr bool ordered_rows = S::ordered_rows;
  S const& source;
  mask const* keep;

  [[nodiscard]] index rows() const noexcept { return source.rows(); }
  [[nodiscard]] index cols() const noexcept { return source.cols(); }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    source.visit_row(i, [&](index j, value_type value) {
      if ((*keep)(i, j)) f(j, value);
    });
  }
};

/// Some rows of any source at a time, spread over lines of all columns, so that they can be asked like dense ones.
/// O(cols + stored) for a row.
template <row_visitable S>
class spread_rows {
 public:
  using value_type = typename S::value_type;
  static constexpr bool ordered_rows = true;

  /// Room for `height` rows; none is read yet.
  spread_rows(S const& source, index height)
      : source_(source),
        words_(height * ceil_div(source.cols(), 64)),
        values_(checked_multiply(height, source.cols(), "pack: rows")) {}

  /// Reads rows first .. last, at most as many as there is room for; the others are forgotten.
  void read(index first, index last) {
    first_ = first;
    for (auto& word : words_) word = 0;
    for (auto& value : values_) value = value_type{};
    for (index i = first; i != last; ++i) {
      auto* const words = words_.data() + place(i, ceil_div(cols(), 64));
      auto* const values = values_.data() + place(i, cols());
      std::uint64_t word = 0;  // of columns 64 k on: columns come in order, and memory would answer later
      index k = 0;
      source_.visit_row(i, [&](index j, value_type value) LACUNA_INLINE_LAMBDA {
        values[j] = value;
        if (j / 64 != k) {
          words[k] = std::exchange(word, 0);
          k = j / 64;
        }
        word |= std::uint64_t{1} << (j % 64);
      });
      if (word != 0) words[k] = word;
    }
  }

  [[nodiscard]] index rows() const noexcept { return source_.rows(); }
  [[nodiscard]] index cols() const noexcept { return source_.cols(); }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    source_.visit_row(i, f);
  }
  [[nodiscard]] LACUNA_INLINE std::uint64_t word(index i, index k) const noexcept {
    return words_[place(i, ceil_div(cols(), 64)) + k];
  }
  [[nodiscard]] LACUNA_INLINE value_type at(index i, index j) const noexcept { return values_[place(i, cols()) + j]; }
  [[nodiscard]] LACUNA_INLINE value_type element(index i, index j) const noexcept { return at(i, j); }

 private:
  [[nodiscard]] LACUNA_INLINE index place(index i, index width) const noexcept { return (i - first_) * width; }

  S const& source_;
  index first_ = 0;
  buffer<std::uint64_t> words_;
  buffer<value_type> values_;
};

/// 64 columns of row i from any column on; bits behind the last one are zero.
template <worded_rows S>
[[nodiscard]] LACUNA_INLINE std::uint64_t word_from(S const& source, index i, index column) noexcept {
  index const k = column / 64;
  index const shift = column % 64;
  auto const low = source.word(i, k) >> shift;
  if (shift == 0 || k + 1 == ceil_div(source.cols(), 64)) return low;
  return low | source.word(i, k + 1) << (64 - shift);
}

/// Plain lists of rows: the common ground on which matrices are transposed and sorted.
template <scalar T>
struct row_lists {
  using value_type = T;
  static constexpr bool ordered_rows = true;
  index row_count = 0;
  index col_count = 0;
  buffer<index> offsets;
  buffer<index> columns;
  buffer<T> values;

  [[nodiscard]] index rows() const noexcept { return row_count; }
  [[nodiscard]] index cols() const noexcept { return col_count; }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    for (index s = offsets[i]; s != offsets[i + 1]; ++s) f(columns[s], values[s]);
  }
};

/// The transpose as lists, each in increasing order whatever the order of the source: a counting sort by column.
/// O(rows + cols + stored).
template <row_visitable S>
[[nodiscard]] row_lists<typename S::value_type> transposed_lists(S const& source) {
  using T = typename S::value_type;
  buffer<index> offsets(source.cols() + 1);
  for (index i = 0; i != source.rows(); ++i) source.visit_row(i, [&](index j, T) { ++offsets[j + 1]; });
  for (index j = 0; j != source.cols(); ++j) offsets[j + 1] += offsets[j];
  auto const stored = offsets[source.cols()];
  buffer<index> columns(stored);
  buffer<T> values(stored);
  auto next = offsets;
  for (index i = 0; i != source.rows(); ++i)
    source.visit_row(i, [&](index j, T value) {
      columns[next[j]] = i;
      values[next[j]++] = value;
    });
  return {source.cols(), source.rows(), std::move(offsets), std::move(columns), std::move(values)};
}

}  // namespace lacuna::detail::inline LACUNA_ISA
