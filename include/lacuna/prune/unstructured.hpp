// SPDX-License-Identifier: MIT
//
// The pattern without structure: a share of the weights goes, wherever they stand.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/score_view.hpp>
#include <lacuna/prune/select_lowest.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna {

/// Of the n weights of each row, of each column or of the whole matrix, drops floor(n * sparsity), lowest score first;
/// of equal scores the one of lower index, row-major in the whole. Throws value_error if sparsity is not in [0, 1] or a
/// score is NaN. O(n); memory beside the mask: a line of floats for each worker (16 if lines cross the memory order),
/// or, for the whole, one float a weight.
struct unstructured {
  double sparsity = 0.5;                         ///< fraction to drop
  lacuna::scope scope = lacuna::scope::per_row;  ///< what competes; per row is what Wanda does
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
void keep_per_row(E&& exec, S const& scores, double sparsity, mask& keep) {
  index const n = scores.cols();
  index const k = dropped_of(n, sparsity);
  for_each_line(exec, scores, 16, [&](index i, auto const* keys) {
    auto found = select_lowest(keys, n, k);
    keep_above(keys, n, found.key, found.ties, keep.row(i));
  });
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

template <executor E, score_source S>
void keep_of_whole(E&& exec, S const& scores, double sparsity, mask& keep) {
  index const rows = scores.rows();
  index const cols = scores.cols();
  buffer<key_of<S>> keys(checked_multiply(rows, cols, "keys"));
  fill_whole(exec, scores, keys.data(), to_key{});
  buffer<digit_counts> counts(static_cast<index>(exec.concurrency()));
  index const k = dropped_of(keys.size(), sparsity);
  auto const found = select_lowest(exec, keys.data(), keys.size(), k, counts.data());
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
    for (index i = first; i != last; ++i) keep_above(keys.data() + i * cols, cols, found.key, ties_in[i], keep.row(i));
  });
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

template <executor E, score_source S>
void mark_kept(E&& exec, S const& scores, unstructured const& pattern, mask& keep) {
  detail::require_fraction(pattern.sparsity, "unstructured");
  switch (pattern.scope) {
    case scope::per_row:
      return detail::keep_per_row(exec, scores, pattern.sparsity, keep);
    case scope::per_column:
      return detail::keep_per_column(exec, scores, pattern.sparsity, keep);
    case scope::whole:
      return detail::keep_of_whole(exec, scores, pattern.sparsity, keep);
  }
}

}  // namespace lacuna::inline LACUNA_ISA
