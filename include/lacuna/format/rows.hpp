// SPDX-License-Identifier: MIT
//
// Sources that pack can read: a dense matrix, a dense or sparse matrix behind a mask, and plain lists of rows.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>

#include <bit>
#include <cstdint>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

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
