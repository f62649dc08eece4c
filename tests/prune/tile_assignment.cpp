// SPDX-License-Identifier: MIT
#include <lacuna/prune/tile_assignment.hpp>

#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <vector>

namespace {

using lacuna::detail::score_tile;

constexpr auto lowest = std::numeric_limits<std::int64_t>::min() / 4;

score_tile random_tile(lacuna_test::random& r, int rows, int cols, lacuna::index values) {
  score_tile t;
  t.rows = rows;
  t.cols = cols;
  for (int i = 0; i != rows; ++i)
    for (int j = 0; j != cols; ++j) t.at(i, j) = r.below(values) - values / 2;
  return t;
}

std::int64_t sum_of(score_tile const& t, std::uint32_t const* kept) {
  std::int64_t sum = 0;
  for (int i = 0; i != t.rows; ++i)
    for (int j = 0; j != t.cols; ++j)
      if (((kept[i] >> j) & 1) != 0) sum += t.at(i, j);
  return sum;
}

/// Every choice with at most `keep` in rows and columns, row by row: the most that can be kept, and then the best sum.
struct every_choice {
  score_tile const& t;
  int keep;
  int most = -1;
  std::int64_t best = lowest;
  int count[score_tile::most] = {};

  void rest(int row, int number, std::int64_t sum) {
    if (row == t.rows) {
      if (number > most || (number == most && sum > best)) {
        most = number;
        best = sum;
      }
      return;
    }
    if (number + (t.rows - row) * std::min(keep, t.cols) < most) return;  // too few for the most, whatever follows
    for (std::uint32_t bits = 1u << t.cols; bits-- != 0;) {
      if (std::popcount(bits) > keep) continue;
      bool fits = true;
      std::int64_t more = 0;
      for (int j = 0; j != t.cols; ++j)
        if (((bits >> j) & 1) != 0) {
          fits = fits && count[j] < keep;
          more += t.at(row, j);
        }
      if (!fits) continue;
      for (int j = 0; j != t.cols; ++j) count[j] += static_cast<int>((bits >> j) & 1);
      rest(row + 1, number + std::popcount(bits), sum + more);
      for (int j = 0; j != t.cols; ++j) count[j] -= static_cast<int>((bits >> j) & 1);
    }
  }
};

/// True if no row and no column keeps more than it may, and moving kept weights along any cycle gains nothing: then no
/// choice with the same counts is better.
bool optimal(score_tile const& t, std::uint32_t const* kept, int keep) {
  std::vector<std::vector<std::int64_t>> loss(static_cast<std::size_t>(t.cols),
                                              std::vector<std::int64_t>(static_cast<std::size_t>(t.cols), -lowest));
  for (int j = 0; j != t.cols; ++j) {
    int count = 0;
    for (int i = 0; i != t.rows; ++i) count += static_cast<int>((kept[i] >> j) & 1);
    if (count != keep) return false;
  }
  for (int i = 0; i != t.rows; ++i) {
    if (std::popcount(kept[i]) != keep) return false;
    for (int a = 0; a != t.cols; ++a)
      for (int b = 0; b != t.cols; ++b)
        if (((kept[i] >> a) & 1) != 0 && ((kept[i] >> b) & 1) == 0) {
          auto& l = loss[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)];
          l = std::min(l, t.at(i, a) - t.at(i, b));
        }
  }
  for (auto const& via : loss)
    for (auto& from : loss)
      for (std::size_t b = 0; b != loss.size(); ++b)
        from[b] = std::min(from[b], std::min(-lowest, from[static_cast<std::size_t>(&via - loss.data())] + via[b]));
  for (std::size_t a = 0; a != loss.size(); ++a)
    if (loss[a][a] < 0) return false;
  return true;
}

TEST_CASE("tile_assignment: the table has 36 pairs in 19 ways, and 90 tiles") {
  int count[81] = {};
  for (auto const way : lacuna::detail::two_of_four.taken) ++count[way];
  CHECK(std::count_if(count, count + 81, [](int n) { return n != 0; }) == 19);
  int tiles = 0;
  for (int way = 0; way != 81; ++way) tiles += count[way] * count[80 - way];
  CHECK(tiles == 90);
}

TEST_CASE("tile_assignment: 2:4 is the best of all choices, by the table and by paths") {
  for (auto const seed : lacuna_test::seeds(500)) {
    lacuna_test::random r(seed);
    auto const t = random_tile(r, 4, 4, seed % 2 == 0 ? 5 : 1 << 20);
    every_choice all{t, 2};
    all.rest(0, 0, 0);
    std::uint32_t kept[4], by_paths[4];
    lacuna::detail::best_of_90(t, kept);
    lacuna::detail::best_tile(t, 2, by_paths);
    CAPTURE(seed);
    REQUIRE(all.most == 8);
    REQUIRE(optimal(t, kept, 2));
    REQUIRE(sum_of(t, kept) == all.best);
    REQUIRE(sum_of(t, by_paths) == all.best);
    REQUIRE(optimal(t, by_paths, 2));
  }
}

TEST_CASE("tile_assignment: of equal sums 2:4 takes the tile that drops the lower index first, row by row") {
  score_tile t;
  t.rows = t.cols = 4;
  for (int i = 0; i != 4; ++i)
    for (int j = 0; j != 4; ++j) t.at(i, j) = 7;
  std::uint32_t kept[4];
  lacuna::detail::best_of_90(t, kept);
  CHECK(kept[0] == 0b1100);
  CHECK(kept[1] == 0b1100);
  CHECK(kept[2] == 0b0011);
  CHECK(kept[3] == 0b0011);
}

TEST_CASE("tile_assignment: small tiles of every shape are the best of all choices") {
  for (auto const seed : lacuna_test::seeds(300)) {
    lacuna_test::random r(seed);
    int const rows = 1 + static_cast<int>(r.below(5)), cols = 1 + static_cast<int>(r.below(5));
    int const keep = 1 + static_cast<int>(r.below(4));
    auto const t = random_tile(r, rows, cols, seed % 2 == 0 ? 4 : 1 << 20);
    every_choice all{t, keep};
    all.rest(0, 0, 0);
    std::uint32_t kept[score_tile::most];
    lacuna::detail::best_tile(t, keep, kept);
    int number = 0;
    for (int i = 0; i != rows; ++i) number += std::popcount(kept[i]);
    CAPTURE(seed, rows, cols, keep);
    REQUIRE(number == all.most);
    REQUIRE(sum_of(t, kept) == all.best);
  }
}

TEST_CASE("tile_assignment: large tiles leave no gap: no cycle of moves gains") {
  for (int const m : {6, 8, 16, 32})
    for (auto const seed : lacuna_test::seeds(m > 8 ? 5 : 50)) {
      lacuna_test::random r(seed);
      auto const t = random_tile(r, m, m, seed % 2 == 0 ? 6 : lacuna::index{1} << 40);
      for (int const keep : {1, m / 4, m / 2, m - 1, m}) {
        if (keep == 0) continue;
        std::uint32_t kept[score_tile::most];
        lacuna::detail::best_tile(t, keep, kept);
        CAPTURE(m, keep, seed);
        REQUIRE(optimal(t, kept, keep));
      }
    }
}

TEST_CASE("tile_assignment: scores as integers") {
  using lacuna::detail::tile_integer;
  using lacuna::detail::tile_scale;
  CHECK(tile_scale(0) == 1);
  CHECK(tile_integer(1, tile_scale(1)) == std::int64_t{1} << 39);
  CHECK(tile_integer(-1.5, tile_scale(1.5)) == -3 * (std::int64_t{1} << 38));
  CHECK(tile_integer(5e-324, tile_scale(5e-324)) >= 0);
  CHECK(tile_integer(1e300, tile_scale(1e300)) < std::int64_t{1} << 40);
  CHECK(tile_integer(std::numeric_limits<double>::infinity(), 1) == lacuna::detail::infinite_score);
  CHECK(tile_integer(-std::numeric_limits<double>::infinity(), 1) == -lacuna::detail::infinite_score);
}

}  // namespace
