// SPDX-License-Identifier: MIT
//
// The N:M pattern: in every M neighbours of a row, or of a column, Keep stay.
//
// Bound: reading the weights once and writing the mask. Reached for 2:4, AVX-512, by magnitude 34 % of it at 1024x1024
// and 42 % at 4096x4096, by Wanda 24 and 33 %. Scores and choices are whole registers: choices take 0.17 ns a weight,
// of 0.4 to 0.6; Wanda's scores are products in double.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/bits.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/score_view.hpp>

#include <bit>
#include <concepts>
#include <cstdint>

namespace lacuna {

/// In each group of M neighbours along a row, or along a column with `.along = outputs`, keeps the Keep highest scores;
/// a short last group of L keeps min(Keep, L). Of equal scores the one of lower index is dropped first. Throws
/// value_error if a score is NaN. Memory beside the mask: a row of floats for each worker, 16 for col_major weights. As
/// a projection, with magnitude, the nearest N:M matrix in the Euclidean norm.
template <int Keep, int M>
struct n_of_m {
  static_assert(1 <= Keep && Keep <= M && M <= 64, "lacuna: n_of_m<Keep, M> needs 1 <= Keep <= M <= 64");

  axis along = axis::inputs;  ///< the direction of groups; what nm stores has them along the inputs
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Bit a is true where key a is among the `keep` highest of `count`, all if there are fewer. Every pair is compared:
/// for M = 4 that is six comparisons without a branch.
template <std::unsigned_integral Key>
[[nodiscard]] LACUNA_INLINE std::uint64_t highest_of_group(Key const* keys, int count, int keep) noexcept {
  int dropped_before[64] = {};
  for (int a = 1; a < count; ++a)
    for (int b = 0; b < a; ++b) {
      int const first = keys[b] <= keys[a];
      dropped_before[a] += first;
      dropped_before[b] += 1 - first;
    }
  std::uint64_t bits = 0;
  for (int a = 0; a < count; ++a) bits |= static_cast<std::uint64_t>(dropped_before[a] >= count - keep) << a;
  return bits;
}

/// The same for 16 groups of four at once: six comparisons each, of whole registers.
template <int Keep, std::unsigned_integral Key>
[[nodiscard]] LACUNA_INLINE std::uint64_t highest_of_fours(Key const* keys) noexcept {
  constexpr Key most = 4 - Keep;  // of a group are dropped
  Key bits[16];
  for (int g = 0; g != 16; ++g) {
    Key const a = keys[4 * g], b = keys[4 * g + 1], c = keys[4 * g + 2], d = keys[4 * g + 3];
    Key const ab = a <= b, ac = a <= c, ad = a <= d, bc = b <= c, bd = b <= d, cd = c <= d;
    Key const keep_a = 3 - ab - ac - ad >= most, keep_b = 2 + ab - bc - bd >= most;
    Key const keep_c = 1 + ac + bc - cd >= most, keep_d = ad + bd + cd >= most;
    bits[g] = keep_a | keep_b << 1 | keep_c << 2 | keep_d << 3;
  }
  std::uint64_t word = 0;
  for (int g = 0; g != 16; ++g) word |= static_cast<std::uint64_t>(bits[g]) << (4 * g);
  return word;
}

/// Groups along columns: 64 of them are one word of the mask, which two workers must not share.
template <int Keep, int M, executor E, score_source S>
void keep_of_columns(E&& exec, S const& scores, mask& keep) {
  index const rows = scores.rows();
  for_each_line(exec, transposed_scores<S>{scores}, 64, [&](index j, auto const* keys) {
    auto const column = std::uint64_t{1} << (j % 64);
    for (index i = 0; i < rows; i += M) {
      auto const count = static_cast<int>(rows - i < M ? rows - i : M);
      for (auto bits = highest_of_group(keys + i, count, Keep); bits != 0; bits &= bits - 1)
        keep.row(i + std::countr_zero(bits))[j / 64] |= column;
    }
  });
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

template <int Keep, int M>
[[nodiscard]] LACUNA_INLINE bool rows_choose(n_of_m<Keep, M> const& pattern) noexcept {
  return pattern.along == axis::inputs;
}

template <std::unsigned_integral Key, int Keep, int M>
LACUNA_INLINE void keep_row(n_of_m<Keep, M> const&, Key const* keys, index n, std::uint64_t* words) noexcept {
  index j = 0;
  if constexpr (M == 4)
    for (; j + 64 <= n; j += 64) words[j / 64] = detail::highest_of_fours<Keep>(keys + j);
  for (; j + M <= n; j += M) detail::set_bits(words, j, detail::highest_of_group(keys + j, M, Keep));
  if (j == n) return;
  detail::set_bits(words, j, detail::highest_of_group(keys + j, static_cast<int>(n - j), Keep));
}

template <executor E, score_source S, int Keep, int M>
void mark_kept(E&& exec, S const& scores, n_of_m<Keep, M> const& pattern, mask& keep) {
  if (pattern.along == axis::outputs) return detail::keep_of_columns<Keep, M>(exec, scores, keep);
  detail::for_each_line(exec, scores, 16,
                        [&](index i, auto const* keys) { keep_row(pattern, keys, scores.cols(), keep.row(i)); });
}

}  // namespace lacuna::inline LACUNA_ISA
