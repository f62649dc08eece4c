// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/transposable.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace {

using lacuna::index;
using lacuna::transposable;
using lacuna_test::kind;
using lacuna_test::refusal;
using lacuna_test::text_of;

/// Every full tile has exactly `kept` in each row and column, a short one at most that.
bool has_counts(lacuna::mask const& keep, index kept, index m) {
  for (index row = 0; row < keep.rows(); row += m)
    for (index col = 0; col < keep.cols(); col += m) {
      index const rows = std::min(m, keep.rows() - row), cols = std::min(m, keep.cols() - col);
      index all = 0;
      for (index i = 0; i != rows; ++i) {
        index n = 0;
        for (index j = 0; j != cols; ++j) n += keep(row + i, col + j);
        if (n > kept) return false;
        all += n;
      }
      for (index j = 0; j != cols; ++j) {
        index n = 0;
        for (index i = 0; i != rows; ++i) n += keep(row + i, col + j);
        if (n > kept) return false;
      }
      if (all != std::min(rows * std::min(kept, cols), cols * std::min(kept, rows))) return false;
    }
  return true;
}

TEST_CASE("transposable: by hand; better than the best rows, and than a greedy choice") {
  // The highest of each row would leave the third column empty.
  auto const s = lacuna_test::matrix_of({{9, 8, 0, 1}, {9, 8, 0, 2}, {9, 8, 1, 0}, {9, 8, 3, 4}});
  CHECK(text_of(select(s, transposable<2, 4>{})) == "1100 0101 1010 0011");
  CHECK(text_of(select(lacuna_test::matrix_of({{1, 1, 1, 1, 5, 1}, {1, 1, 1, 1, 1, 5}}), transposable<1, 4>{})) ==
        "100010 000101");
}

TEST_CASE("transposable: exact counts, whatever the scores; either order; threads change nothing") {
  lacuna_test::random r(2);
  lacuna::threads pool{3};
  for (auto const k : {kind::different, kind::few, kind::edges, kind::close, kind::equal, kind::bits})
    for (auto const& [rows, cols] : {std::pair<index, index>{8, 8}, {4, 68}, {37, 70}, {3, 5}, {0, 4}, {1, 1}}) {
      auto const s = lacuna_test::hard_scores(r, rows, cols, k);
      CAPTURE(static_cast<int>(k), rows, cols);
      auto const two = select(s, transposable<2, 4>{});
      REQUIRE(has_counts(two, 2, 4));
      REQUIRE(select(pool, lacuna_test::col_major_copy(s), transposable<2, 4>{}) == two);
      auto const three = select(s, transposable<3, 8>{});
      REQUIRE(has_counts(three, 3, 8));
      REQUIRE(select(pool, s, transposable<3, 8>{}) == three);
    }
}

TEST_CASE("transposable: what is 2:4 both ways stays as it is") {
  for (auto const seed : lacuna_test::seeds(100)) {
    lacuna_test::random r(seed);
    auto w = lacuna_test::random_dense<float>(r, 16, 16);
    project(w, lacuna::magnitude{}, transposable<2, 4>{});
    auto const keep = prune(w, lacuna::magnitude{}, transposable<2, 4>{});
    REQUIRE(keep == prune(w, lacuna::magnitude{}, lacuna::n_of_m<2, 4>{}));
    REQUIRE(keep == prune(w, lacuna::magnitude{}, lacuna::n_of_m<2, 4>{.along = lacuna::outputs}));
  }
}

TEST_CASE("transposable: an infinite score outweighs all others; a NaN is refused") {
  lacuna::dense<float> s(4, 4);
  constexpr auto inf = std::numeric_limits<float>::infinity();
  for (index i = 0; i != 4; ++i)
    for (index j = 0; j != 4; ++j) s(i, j) = std::numeric_limits<float>::max() / static_cast<float>(1 + i + j);
  s(3, 3) = inf;
  s(0, 0) = -inf;
  auto const keep = select(s, transposable<2, 4>{});
  CHECK(keep(3, 3));
  CHECK_FALSE(keep(0, 0));
  lacuna::dense<float> bad(9, 9);
  bad(7, 8) = bad(8, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK(refusal([&] { return select(bad, transposable<2, 4>{}); }) ==
        "value: select: the score in row 7, column 8 is NaN");
}

}  // namespace
