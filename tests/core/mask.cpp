// SPDX-License-Identifier: MIT
#include <lacuna/core/mask.hpp>

#include "support/random.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
using Catch::Matchers::Message;

namespace {

/// Bits behind the last column must be zero: count and == read whole words.
bool tail_is_zero(la::mask const& m) {
  for (la::index i = 0; i != m.rows(); ++i)
    for (la::index w = 0; w != m.words_per_row(); ++w)
      for (la::index j = w * 64; j != w * 64 + 64; ++j)
        if (j >= m.cols() && (m.row(i)[w] >> (j % 64) & 1u) != 0) return false;
  return true;
}

}  // namespace

TEST_CASE("mask: all bits start equal, and none stands behind the last column") {
  for (auto const [rows, cols] : lacuna_test::shapes()) {
    CAPTURE(rows, cols);
    la::mask const none(rows, cols);
    la::mask const all(rows, cols, true);
    CHECK(none.rows() == rows);
    CHECK(none.cols() == cols);
    CHECK(none.count() == 0);
    CHECK(all.count() == rows * cols);
    CHECK(all.words_per_row() == (cols + 63) / 64);
    CHECK(tail_is_zero(all));
    CHECK(~none == all);
    CHECK(~all == none);
    CHECK(tail_is_zero(~none));
  }
}

TEST_CASE("mask: bits are set, cleared and counted one by one") {
  for (auto const seed : lacuna_test::seeds(2)) {
    CAPTURE(seed);
    lacuna_test::random r(seed);
    for (la::index const cols : {1, 63, 64, 65, 129, 200}) {
      la::mask m(5, cols);
      std::vector<std::vector<bool>> expected(5, std::vector<bool>(static_cast<std::size_t>(cols)));
      for (int step = 0; step != 400; ++step) {
        auto const i = r.below(5);
        auto const j = r.below(cols);
        bool const value = r.chance(0.6);
        m.set(i, j, value);
        expected[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = value;
      }
      la::index total = 0;
      for (la::index i = 0; i != 5; ++i) {
        la::index row = 0;
        for (la::index j = 0; j != cols; ++j) {
          bool const bit = expected[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
          row += bit;
          if (m(i, j) != bit) FAIL_CHECK("bit (" << i << ", " << j << ") of " << cols);
        }
        CHECK(m.count(i) == row);
        total += row;
      }
      CHECK(m.count() == total);
      CHECK(m.sparsity() == 1.0 - static_cast<double>(total) / static_cast<double>(5 * cols));
      CHECK(tail_is_zero(m));
    }
  }
}

TEST_CASE("mask: rows start on words, so that threads may write different rows") {
  la::mask m(3, 65);
  CHECK(m.row(1) - m.row(0) == 2);
  m.set(1, 64);
  CHECK(m.row(1)[1] == 1);
  CHECK(m.row(0)[1] == 0);
  CHECK(m.row(2)[0] == 0);
}

TEST_CASE("mask: intersection, union, complement and equality are those of sets") {
  lacuna_test::random r(3);
  auto const a = lacuna_test::random_mask(r, 7, 131, 0.4);
  auto const b = lacuna_test::random_mask(r, 7, 131, 0.6);
  auto const both = a & b;
  auto const any = a | b;
  auto const other = ~a;
  for (la::index i = 0; i != 7; ++i)
    for (la::index j = 0; j != 131; ++j) {
      CHECK(both(i, j) == (a(i, j) && b(i, j)));
      CHECK(any(i, j) == (a(i, j) || b(i, j)));
      CHECK(other(i, j) == !a(i, j));
    }
  CHECK((a & other).count() == 0);
  CHECK((a | other) == la::mask(7, 131, true));
  CHECK_FALSE(a == b);
  CHECK_FALSE(la::mask(2, 3) == la::mask(3, 2));
  CHECK_FALSE(la::mask(0, 3) == la::mask(0, 4));
}

TEST_CASE("mask: one that was moved from is empty") {
  la::mask a(5, 70, true);
  auto b = std::move(a);
  CHECK(a == la::mask());
  a = std::move(b);
  CHECK(a == la::mask(5, 70, true));
  CHECK(b == la::mask());
}

TEST_CASE("mask: sparsity is the share of false bits, 0 of nothing") {
  CHECK(la::mask().sparsity() == 0.0);
  CHECK(la::mask(0, 9).sparsity() == 0.0);
  CHECK(la::mask(4, 9).sparsity() == 1.0);
  CHECK(la::mask(4, 9, true).sparsity() == 0.0);
}

TEST_CASE("mask: shapes that do not fit are errors with both shapes") {
  CHECK_THROWS_MATCHES(la::mask(-1, 3), la::shape_error, Message("mask: -1 rows and 3 columns, expected none below 0"));
  CHECK_THROWS_AS(la::mask(3, -1), la::shape_error);
  CHECK_THROWS_AS(la::mask(std::numeric_limits<la::index>::max(), 65), la::format_error);
  CHECK_THROWS_MATCHES(la::mask(2, 3) & la::mask(2, 4), la::shape_error, Message("mask &: left is 2x3, right is 2x4"));
  CHECK_THROWS_MATCHES(la::mask(2, 3) | la::mask(1, 3), la::shape_error, Message("mask |: left is 2x3, right is 1x3"));
}
