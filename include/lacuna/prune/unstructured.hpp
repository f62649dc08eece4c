// SPDX-License-Identifier: MIT
//
// The pattern without structure: a share of the weights goes, wherever they stand.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/bits.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/score_view.hpp>
#include <lacuna/prune/select_lowest.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna {

/// Of the n weights of each row, of each column, of each block of columns (SparseGPT's choice is 128 of them) or of the
/// whole matrix, drops floor(n * sparsity), lowest score first; of equal scores the one of lower index, row-major in a
/// block or the whole. Throws value_error if sparsity is not in [0, 1], if `block` is not positive where it counts, or
/// if a score is NaN. O(n); memory beside the mask: a line of floats for each worker (16 if lines cross the memory
/// order), or one float for each weight of a block or of the whole.
struct unstructured {
  double sparsity = 0.5;                         ///< fraction to drop
  lacuna::scope scope = lacuna::scope::per_row;  ///< what competes; per row is what Wanda does
  index block = 128;                             ///< columns of a block, for per_column_block; the last may be short
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Writes bit j of `words` for each of n keys: false for what lies below the cut. `ties` counts down.
template <std::unsigned_integral Key>
LACUNA_INLINE void keep_above(Key const* keys, index n, Key limit, index& ties, std::uint64_t* words) noexcept {
  for (index j = 0; j < n; j += 64) {
    index const bits = n - j < 64 ? n - j : 64;
    std::uint64_t above = 0;
    std::uint64_t equal = 0;
    for (index b = 0; b != bits; ++b) {
      above |= static_cast<std::uint64_t>(keys[j + b] > limit) << b;
      equal |= static_cast<std::uint64_t>(keys[j + b] == limit) << b;
    }
    for (; equal != 0 && ties != 0; --ties) equal &= equal - 1;
    words[j / 64] = above | equal;
  }
}

template <executor E, score_source S>
void keep_per_column(E&& exec, S const& scores, double sparsity, mask& keep) {
  index const n = scores.rows();
  index const k = dropped_of(n, sparsity);
  // 64 columns are one word of the mask, which two workers must not share.
  for_each_line(exec, transposed_scores<S>{scores}, 64, [&](index j, auto const* keys) {
    auto found = select_lowest(keys, n, k);
    for (index i = 0; i != n; ++i)
      if (keys[i] > found.key || (keys[i] == found.key && found.ties-- <= 0)) keep.set(i, j);
  });
}

/// The lowest of rows x cols keys go, wherever they stand.
template <executor E, std::unsigned_integral Key>
void keep_of_keys(E&& exec, Key const* keys, index rows, index cols, double sparsity, mask& keep) {
  buffer<digit_counts> counts(static_cast<index>(exec.concurrency()));
  index const k = dropped_of(rows * cols, sparsity);
  auto const found = select_lowest(exec, keys, rows * cols, k, counts.data());
  buffer<index> ties_in(rows);  // keys of row i that equal the limit, then those of them that are dropped
  for_lines(exec, rows, cols, 1, [&](index first, index last, index) {
    for (index i = first; i != last; ++i) {
      index equal = 0;
      for (index j = 0; j != cols; ++j) equal += keys[i * cols + j] == found.key;
      ties_in[i] = equal;
    }
  });
  for (index i = 0, left = found.ties; i != rows; ++i) {
    if (ties_in[i] > left) ties_in[i] = left;
    left -= ties_in[i];
  }
  for_lines(exec, rows, cols, 1, [&](index first, index last, index) {
    for (index i = first; i != last; ++i) keep_above(keys + i * cols, cols, found.key, ties_in[i], keep.row(i));
  });
}

/// The same for each `block` of columns by itself.
template <executor E, std::unsigned_integral Key>
void keep_of_blocks(E&& exec, Key const* keys, index rows, index cols, double sparsity, index block, mask& keep) {
  buffer<Key> own(checked_multiply(rows, cols < block ? cols : block, "keys"));
  for (index first = 0; first < cols; first += block) {
    index const count = cols - first < block ? cols - first : block;
    for_lines(exec, rows, count, 1, [&](index begin, index end, index) {
      for (index i = begin; i != end; ++i)
        for (index j = 0; j != count; ++j) own[i * count + j] = keys[i * cols + first + j];
    });
    mask part(rows, count);
    keep_of_keys(exec, static_cast<Key const*>(own.data()), rows, count, sparsity, part);
    for_lines(exec, rows, count, 1, [&](index begin, index end, index) {
      for (index i = begin; i != end; ++i)
        for (index word = 0; word != part.words_per_row(); ++word)
          set_bits(keep.row(i), first + word * 64, part.row(i)[word]);
    });
    if (cols - first <= block) return;
  }
}

/// Reads all keys first; from then on it is the same whatever was scored.
template <executor E, score_source S>
void keep_of_whole(E&& exec, S const& scores, double sparsity, index block, mask& keep) {
  index const rows = scores.rows();
  index const cols = scores.cols();
  buffer<key_of<S>> const keys = [&] {
    buffer<key_of<S>> all(checked_multiply(rows, cols, "keys"));
    fill_whole(exec, scores, all.data(), to_key{});
    return all;
  }();
  if (block >= cols)
    keep_of_keys(exec, keys.data(), rows, cols, sparsity, keep);
  else
    keep_of_blocks(exec, keys.data(), rows, cols, sparsity, block, keep);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

[[nodiscard]] LACUNA_INLINE bool rows_choose(unstructured const& pattern) {
  detail::require_fraction(pattern.sparsity, "unstructured");
  return pattern.scope == scope::per_row;
}

template <std::unsigned_integral Key>
LACUNA_INLINE void keep_row(unstructured const& pattern, Key const* keys, index n, std::uint64_t* words) noexcept {
  auto found = detail::select_lowest(keys, n, detail::dropped_of(n, pattern.sparsity));
  detail::keep_above(keys, n, found.key, found.ties, words);
}

template <executor E, score_source S>
void mark_kept(E&& exec, S const& scores, unstructured const& pattern, mask& keep) {
  detail::require_fraction(pattern.sparsity, "unstructured");
  switch (pattern.scope) {
    case scope::per_row:
      return detail::for_each_line(
          exec, scores, 16, [&](index i, auto const* keys) { keep_row(pattern, keys, scores.cols(), keep.row(i)); });
    case scope::per_column:
      return detail::keep_per_column(exec, scores, pattern.sparsity, keep);
    case scope::whole:
      return detail::keep_of_whole(exec, scores, pattern.sparsity, scores.cols(), keep);
    case scope::per_column_block:
      if (pattern.block < 1)
        detail::fail<value_error>("unstructured: a block of ", pattern.block, " columns, expected 1 or more");
      return detail::keep_of_whole(exec, scores, pattern.sparsity, pattern.block, keep);
  }
}

}  // namespace lacuna::inline LACUNA_ISA
