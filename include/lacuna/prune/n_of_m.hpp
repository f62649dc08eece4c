// SPDX-License-Identifier: MIT
//
// The N:M pattern: in every M neighbours of a row, or of a column, Keep stay.
//
// Bound: reading the weights once and writing the mask. Reached for 2:4, AVX-512, by magnitude 53 % of it at 1024x1024
// and 59 % at 4096x4096, by Wanda 36 and 46 %. Scores and choices are whole registers, a piece of a row at a time:
// Wanda's scores, products in double that are rounded to float, take 0.17 ns a weight out of L1, choices 0.15.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
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
#include <numeric>

namespace lacuna {

/// In each group of M neighbours along a row, or along a column with `.along = outputs`, keeps the Keep highest scores;
/// a short last group of L keeps min(Keep, L). Of equal scores the one of lower index is dropped first. Throws
/// value_error if a score is NaN. Memory beside the mask: some hundred scores for each worker, at most 4032; 16 lines
/// of them where groups run across the memory order. As a projection, with magnitude, the nearest N:M matrix in the
/// Euclidean norm.
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

/// Keys that highest_of_fours takes: four words of a mask.
inline constexpr index keys_of_fours = 256;

/// The same for 64 groups of four at once: six comparisons each, of whole registers. A key's rank counts those that are
/// dropped before it; plus Keep, it has bit 2 set where the key stays. Bits are gathered in bytes, because picking them
/// one by one out of registers took a third of the time.
template <int Keep, std::unsigned_integral Key>
LACUNA_INLINE void highest_of_fours(Key const* keys, std::uint64_t* words) noexcept {
  std::uint8_t fours[keys_of_fours / 4];
  for (int g = 0; g != keys_of_fours / 4; ++g) {
    Key const a = keys[4 * g], b = keys[4 * g + 1], c = keys[4 * g + 2], d = keys[4 * g + 3];
    Key const ab = a <= b, ac = a <= c, ad = a <= d, bc = b <= c, bd = b <= d, cd = c <= d;
    Key const rank_a = Keep + 3 - ab - ac - ad, rank_b = Keep + 2 + ab - bc - bd;
    Key const rank_c = Keep + 1 + ac + bc - cd, rank_d = Keep + ad + bd + cd;
    fours[g] = static_cast<std::uint8_t>((rank_a >> 2 & 1u) | (rank_b >> 1 & 2u) | (rank_c & 4u) | (rank_d << 1 & 8u));
  }
  std::uint8_t bytes[keys_of_fours / 8];
  for (int q = 0; q != keys_of_fours / 8; ++q)
    bytes[q] = static_cast<std::uint8_t>(fours[2 * q] | fours[2 * q + 1] << 4);
  for (int w = 0; w != keys_of_fours / 64; ++w) {
    words[w] = 0;
    for (int q = 0; q != 8; ++q) words[w] |= static_cast<std::uint64_t>(bytes[8 * w + q]) << (8 * q);
  }
}

/// The same for the groups of four at the end of a row, at least 16 of them: zeros fill up the 64.
template <int Keep, std::unsigned_integral Key>
LACUNA_INLINE void highest_of_last_fours(Key const* keys, index groups, std::uint64_t* words) noexcept {
  Key padded[keys_of_fours] = {};
  for (index k = 0; k != 4 * groups; ++k) padded[k] = keys[k];
  std::uint64_t kept[keys_of_fours / 64];
  highest_of_fours<Keep>(static_cast<Key const*>(padded), kept);
  index const whole = groups / 16;
  for (index w = 0; w != whole; ++w) words[w] = kept[w];
  if (groups % 16 != 0) words[whole] = kept[whole] & ((std::uint64_t{1} << (4 * (groups % 16))) - 1);
}

/// Scores that are chosen from at a time along a row: whole groups, and whole words of the mask.
template <int M>
inline constexpr index piece_of = ceil_div(keys_of_fours, std::lcm(64, M)) * std::lcm(64, M);

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
  if constexpr (M == 4) {
    for (; j + detail::keys_of_fours <= n; j += detail::keys_of_fours)
      detail::highest_of_fours<Keep>(keys + j, words + j / 64);
    if (n - j >= 64) {
      index const groups = (n - j) / 4;
      detail::highest_of_last_fours<Keep>(keys + j, groups, words + j / 64);
      j += 4 * groups;
    }
  }
  for (; j + M <= n; j += M) detail::set_bits(words, j, detail::highest_of_group(keys + j, M, Keep));
  if (j == n) return;
  detail::set_bits(words, j, detail::highest_of_group(keys + j, static_cast<int>(n - j), Keep));
}

template <executor E, score_source S, int Keep, int M>
void mark_kept(E&& exec, S const& scores, n_of_m<Keep, M> const& pattern, mask& keep) {
  if (pattern.along == axis::outputs) return detail::keep_of_columns<Keep, M>(exec, scores, keep);
  if constexpr (S::memory_order == order::row_major)
    detail::for_each_piece(exec, scores, detail::piece_of<M>, [&](index i, index j, auto const* keys, index n) {
      keep_row(pattern, keys, n, keep.row(i) + j / 64);
    });
  else
    detail::for_each_line(exec, scores, 16,
                          [&](index i, auto const* keys) { keep_row(pattern, keys, scores.cols(), keep.row(i)); });
}

}  // namespace lacuna::inline LACUNA_ISA
