// SPDX-License-Identifier: MIT
//
// The transposable N:M pattern: in every tile of M x M weights, Keep stay in each row and in each column.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/bits.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/sort_key.hpp>
#include <lacuna/prune/tile_assignment.hpp>

#include <cstddef>
#include <cstdint>

namespace lacuna {

/// Cuts the matrix into tiles of M x M and keeps in each the weights of the highest sum of scores among all choices
/// with Keep in every row and Keep in every column: W and its transpose are both N:M, so forward and backward products
/// share one mask. A short tile at an edge keeps at most Keep in a row and in a column, and as many as that allows.
///
/// The choice is the best one, for every M: 2:4 looks at all 90 tiles, others solve the assignment by shortest paths
/// (O(M^3) for each weight that the best rows place wrongly). Scores of a tile are compared as integers of 2^-40 of its
/// largest; an infinite score outweighs all finite ones. Of equal sums 2:4 takes the tile that drops the lower index
/// first, row by row; other sizes fix theirs by the scores alone. Throws value_error if a score is NaN. Nothing is
/// allocated. Source: I. Hubara et al., "Accelerated Sparse Neural Training: A Provable and Efficient Method to Find
/// N:M Transposable Masks", NeurIPS 2021, which solves it as a flow, and approximates it for speed.
template <int Keep, int M>
struct transposable {
  static_assert(1 <= Keep && Keep <= M && M <= 32, "lacuna: transposable<Keep, M> needs 1 <= Keep <= M <= 32");
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Reads a tile as integers; false if a score is NaN.
template <score_source S>
[[nodiscard]] bool read_tile(S const& scores, index row, index col, int rows, int cols, score_tile& tile) {
  double values[score_tile::most * score_tile::most];
  double largest = 0;
  bool nans = false;
  for (int i = 0; i != rows; ++i)
    for (int j = 0; j != cols; ++j) {
      auto const score = scores(row + i, col + j);
      nans |= is_nan(score);
      auto const value = static_cast<double>(score);
      double const size = value < 0 ? -value : value;
      if (size > largest && size <= largest_finite) largest = size;
      values[i * cols + j] = value;
    }
  if (nans) return false;
  auto const scale = tile_scale(largest);
  tile.rows = rows;
  tile.cols = cols;
  for (int i = 0; i != rows; ++i)
    for (int j = 0; j != cols; ++j) tile.at(i, j) = tile_integer(values[i * cols + j], scale);
  return true;
}

template <int Keep, int M, score_source S>
[[nodiscard]] bool mark_tile(S const& scores, index row, index col, mask& keep) {
  int const rows = static_cast<int>(scores.rows() - row < M ? scores.rows() - row : M);
  int const cols = static_cast<int>(scores.cols() - col < M ? scores.cols() - col : M);
  score_tile tile;
  if (!read_tile(scores, row, col, rows, cols, tile)) return false;
  std::uint32_t kept[std::size_t{M}];
  if (Keep == 2 && M == 4 && rows == 4 && cols == 4)
    best_of_90(tile, kept);
  else
    best_tile(tile, Keep, kept);
  for (int i = 0; i != rows; ++i) set_bits(keep.row(row + i), col, kept[i]);
  return true;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

template <executor E, score_source S, int Keep, int M>
void mark_kept(E&& exec, S const& scores, transposable<Keep, M> const& /*pattern*/, mask& keep) {
  detail::nan_place nans;
  detail::for_lines(exec, scores.rows(), scores.cols(), M, [&](index first, index last, index) {
    for (index row = first; row < last; row += M) {
      bool numbers = true;
      for (index col = 0; col < scores.cols(); col += M)
        numbers = detail::mark_tile<Keep, M>(scores, row, col, keep) && numbers;
      if (!numbers) detail::note_nans(scores, row, last - row < M ? last : row + M, nans);
    }
  });
  nans.reject_if_any(scores);
}

}  // namespace lacuna::inline LACUNA_ISA
