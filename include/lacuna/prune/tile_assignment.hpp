// SPDX-License-Identifier: MIT
//
// The best choice in a small matrix of scores with the same count in every row and in every column.
#pragma once

#include <lacuna/core/config.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

namespace lacuna::detail {

/// Scores of a tile as integers, so that sums and differences are exact.
struct score_tile {
  static constexpr int most = 32;  // rows, columns

  int rows = 0;
  int cols = 0;
  std::int64_t score[most * most];

  [[nodiscard]] LACUNA_INLINE std::int64_t& at(int i, int j) noexcept { return score[i * most + j]; }
  [[nodiscard]] LACUNA_INLINE std::int64_t const& at(int i, int j) const noexcept { return score[i * most + j]; }
};

inline constexpr double largest_finite = std::numeric_limits<double>::max();
/// Above the sum of all finite scores of a tile (1024 of 2^40), and a path over all rows of it still fits 64 bits.
inline constexpr std::int64_t infinite_score = std::int64_t{1} << 52;

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// The power of two that takes the largest score to below 2^40.
[[nodiscard]] inline double tile_scale(double largest) noexcept {
  if (largest == 0) return 1;
  int exponent = 0;
  static_cast<void>(std::frexp(largest, &exponent));
  int const up = 40 - exponent;
  return std::ldexp(1.0, up < 1000 ? up : 1000);
}

/// A score as an integer, so that sums of a tile are exact: times the scale, infinities beyond all others.
[[nodiscard]] LACUNA_INLINE std::int64_t tile_integer(double value, double scale) noexcept {
  if (value > largest_finite) return infinite_score;
  if (value < -largest_finite) return -infinite_score;
  return static_cast<std::int64_t>(value * scale);
}

/// The six choices of two among four columns, of which the first drops the lower columns; and all 36 of two rows, by
/// what is left for the other two rows: what they take from each column, in base 3.
struct two_of_four_table {
  static constexpr int pairs = 36;
  std::uint8_t pattern[6] = {0b1100, 0b1010, 0b0110, 0b1001, 0b0101, 0b0011};
  std::uint8_t first[pairs] = {};
  std::uint8_t second[pairs] = {};
  std::uint8_t taken[pairs] = {};

  constexpr two_of_four_table() noexcept {
    for (int p = 0; p != pairs; ++p) {
      first[p] = static_cast<std::uint8_t>(p / 6);
      second[p] = static_cast<std::uint8_t>(p % 6);
      int digits = 0;
      for (int j = 3; j >= 0; --j) digits = 3 * digits + ((pattern[p / 6] >> j) & 1) + ((pattern[p % 6] >> j) & 1);
      taken[p] = static_cast<std::uint8_t>(digits);
    }
  }
};
inline constexpr two_of_four_table two_of_four;

/// The best sums of two rows for each of the 81 ways to take from the columns (19 exist), and the first pair with it.
struct two_row_sums {
  std::int64_t sum[81];
  int pair[81];

  LACUNA_INLINE two_row_sums(score_tile const& tile, int row) noexcept {
    for (auto& s : sum) s = std::numeric_limits<std::int64_t>::min() / 2;
    std::int64_t upper[6], lower[6];
    for (int c = 0; c != 6; ++c) {
      upper[c] = lower[c] = 0;
      for (int j = 0; j != 4; ++j)
        if (((two_of_four.pattern[c] >> j) & 1) != 0) {
          upper[c] += tile.at(row, j);
          lower[c] += tile.at(row + 1, j);
        }
    }
    for (int p = 0; p != two_of_four_table::pairs; ++p) {
      auto const s = upper[two_of_four.first[p]] + lower[two_of_four.second[p]];
      auto const way = two_of_four.taken[p];
      if (s > sum[way]) {
        sum[way] = s;
        pair[way] = p;
      }
    }
  }
};

/// The best of the 90 tiles of 4 x 4 with two in every row and column: each choice of two rows leaves the other two
/// what it did not take, so that the best pairs for each of 19 ways are enough. Of equal sums the first.
inline void best_of_90(score_tile const& tile, std::uint32_t* kept) noexcept {
  two_row_sums const top(tile, 0), bottom(tile, 2);
  int best = -1;
  for (int p = 0; p != two_of_four_table::pairs; ++p) {  // in the order of ties
    auto const way = two_of_four.taken[p];
    if (top.pair[way] != p) continue;
    if (best < 0 || top.sum[way] + bottom.sum[80 - way] >
                        top.sum[two_of_four.taken[best]] + bottom.sum[80 - two_of_four.taken[best]])
      best = p;
  }
  auto const rest = bottom.pair[80 - two_of_four.taken[best]];
  kept[0] = two_of_four.pattern[two_of_four.first[best]];
  kept[1] = two_of_four.pattern[two_of_four.second[best]];
  kept[2] = two_of_four.pattern[two_of_four.first[rest]];
  kept[3] = two_of_four.pattern[two_of_four.second[rest]];
}

/// Moves one weight too many out of a column, along the cheapest path: from column to column, in each step a row gives
/// up one of them for the next.
class column_paths {
 public:
  LACUNA_INLINE column_paths(score_tile const& tile, std::uint32_t* kept) noexcept : tile_(tile), kept_(kept) {}

  /// False if no column holds more than `most`.
  [[nodiscard]] bool move_one(int const* count, int most) noexcept {
    find_steps();
    constexpr auto far = std::numeric_limits<std::int64_t>::max() / 2;
    std::int64_t distance[score_tile::most];
    int from[score_tile::most];
    bool surplus = false;
    for (int j = 0; j != tile_.cols; ++j) {
      distance[j] = count[j] > most ? 0 : far;
      from[j] = -1;
      surplus |= count[j] > most;
    }
    if (!surplus) return false;
    // Bellman and Ford's: at most cols rounds, because no cycle of steps has a gain.
    for (bool changed = true; changed;) {
      changed = false;
      for (int a = 0; a != tile_.cols; ++a)
        for (int b = 0; b != tile_.cols; ++b)
          if (distance[a] != far && step_row_[a][b] >= 0 && distance[a] + step_[a][b] < distance[b]) {
            distance[b] = distance[a] + step_[a][b];
            from[b] = a;
            changed = true;
          }
    }
    int end = -1;
    for (int j = 0; j != tile_.cols; ++j)
      if (count[j] < most && distance[j] != far && (end < 0 || distance[j] < distance[end])) end = j;
    for (int b = end; from[b] >= 0; b = from[b]) {
      auto& row = kept_[step_row_[from[b]][b]];
      row ^= (std::uint32_t{1} << from[b]) | (std::uint32_t{1} << b);
    }
    return true;
  }

 private:
  /// What a row loses at least when it gives up column a for column b, and which.
  void find_steps() noexcept {
    for (int a = 0; a != tile_.cols; ++a)
      for (int b = 0; b != tile_.cols; ++b) step_row_[a][b] = -1;
    for (int i = 0; i != tile_.rows; ++i)
      for (int a = 0; a != tile_.cols; ++a) {
        if (((kept_[i] >> a) & 1) == 0) continue;
        for (int b = 0; b != tile_.cols; ++b) {
          if (((kept_[i] >> b) & 1) != 0) continue;
          auto const loss = tile_.at(i, a) - tile_.at(i, b);
          if (step_row_[a][b] >= 0 && loss >= step_[a][b]) continue;
          step_[a][b] = loss;
          step_row_[a][b] = i;
        }
      }
  }

  score_tile const& tile_;
  std::uint32_t* kept_;
  std::int64_t step_[score_tile::most][score_tile::most];
  int step_row_[score_tile::most][score_tile::most];
};

/// The best choice of exactly `in_row` in each row and at most `in_column` in each column, where rows * in_row <= cols
/// * in_column: rows take their highest, then what columns have too many is moved at the least loss. Each state is the
/// best for its column counts, so the last one is the best of all. Source: successive shortest paths, e.g. R. Ahuja, T.
/// Magnanti, J. Orlin, "Network Flows", 1993, 9.7.
inline void assign_tile(score_tile const& tile, int in_row, int in_column, std::uint32_t* kept) noexcept {
  for (int i = 0; i != tile.rows; ++i) {
    kept[i] = 0;
    for (int a = 0; a != tile.cols; ++a) {
      int lower = 0;
      for (int b = 0; b != tile.cols; ++b)
        lower += tile.at(i, b) < tile.at(i, a) || (b < a && tile.at(i, b) == tile.at(i, a));
      if (lower >= tile.cols - in_row) kept[i] |= std::uint32_t{1} << a;
    }
  }
  column_paths paths(tile, kept);
  for (;;) {
    int count[score_tile::most] = {};
    for (int i = 0; i != tile.rows; ++i)
      for (int j = 0; j != tile.cols; ++j) count[j] += static_cast<int>((kept[i] >> j) & 1);
    if (!paths.move_one(count, in_column)) return;
  }
}

/// The best choice with at most `keep` in each row and column, as many as that allows.
inline void best_tile(score_tile const& tile, int keep, std::uint32_t* kept) noexcept {
  int const in_row = keep < tile.cols ? keep : tile.cols;
  int const in_column = keep < tile.rows ? keep : tile.rows;
  if (tile.rows * in_row <= tile.cols * in_column) return assign_tile(tile, in_row, in_column, kept);
  score_tile turned;
  turned.rows = tile.cols;
  turned.cols = tile.rows;
  for (int i = 0; i != tile.rows; ++i)
    for (int j = 0; j != tile.cols; ++j) turned.at(j, i) = tile.at(i, j);
  std::uint32_t by_column[score_tile::most];
  assign_tile(turned, in_column, in_row, by_column);
  for (int i = 0; i != tile.rows; ++i) {
    kept[i] = 0;
    for (int j = 0; j != tile.cols; ++j) kept[i] |= ((by_column[j] >> i) & 1u) << j;
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA
