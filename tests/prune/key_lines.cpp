// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/magnitude.hpp>

#include "prune/reference.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace {

using lacuna::index;
using lacuna::order;
using lacuna::detail::sort_key;

/// True if keys have the order of a line's scores: of neighbours, of far ones, and against the first.
template <class S, class Key>
bool ordered_as(S const& source, index i, Key const* keys) {
  index const n = source.cols();
  for (index j = 0; j != n; ++j)
    for (index const k : {(j + 1) % n, (7 * j + 3) % n, index{0}}) {
      auto const a = sort_key(source(i, j)), b = sort_key(source(i, k));
      if ((keys[j] < keys[k]) != (a < b) || (keys[j] == keys[k]) != (a == b)) return false;
    }
  return true;
}

/// Each line comes once, with its own keys, and a group is one worker's.
template <class E, class S>
void check_lines(E&& exec, S const& source, index group) {
  std::vector<int> seen(static_cast<std::size_t>(source.rows()));
  bool right = true;
  lacuna::detail::for_each_line(exec, source, group, [&](index i, auto const* keys) {
    ++seen[static_cast<std::size_t>(i)];
    if (!ordered_as(source, i, keys)) right = false;
  });
  CHECK(right);
  for (int const times : seen) CHECK(times == (source.cols() == 0 ? 0 : 1));
}

TEST_CASE("for_each_line: every line once with its keys") {
  lacuna_test::random r(4);
  lacuna::threads pool{3};
  lacuna::magnitude const rule;
  for (auto const s : lacuna_test::shapes()) {
    CAPTURE(s.rows, s.cols);
    auto const w = lacuna_test::random_dense<float>(r, s.rows, s.cols);
    auto const c = lacuna_test::col_major_copy(w);
    auto const rows = lacuna::detail::scores_of(w, rule, "x");
    auto const cols = lacuna::detail::scores_of(c, rule, "x");
    check_lines(lacuna::serial{}, rows, 16);
    check_lines(pool, cols, 16);
    check_lines(pool, lacuna::detail::transposed_scores<decltype(rows)>{rows}, 64);
    check_lines(lacuna::serial{}, lacuna::detail::transposed_scores<decltype(cols)>{cols}, 64);
  }
}

TEST_CASE("for_each_line: scores of both signs, zeros of both signs, in all lines or in one") {
  lacuna_test::random r(6);
  lacuna::threads pool{3};
  auto const itself = [](float w, index, index) { return w; };
  for (index const negative_row : {-1, 0, 20, 39}) {
    auto w = lacuna_test::random_dense<float>(r, 40, 70);
    for (index i = 0; i != 40; ++i)
      for (index j = 0; j != 70; ++j) {
        if (negative_row >= 0 && i != negative_row) w(i, j) = std::fabs(w(i, j));
        if (j % 9 == 0) w(i, j) = i == negative_row ? -0.0f : 0.0f;
      }
    auto const c = lacuna_test::col_major_copy(w);
    check_lines(lacuna::serial{}, lacuna::detail::scores_of(w, itself, "x"), 16);
    check_lines(pool, lacuna::detail::scores_of(w, itself, "x"), 16);
    check_lines(pool, lacuna::detail::scores_of(c, itself, "x"), 16);
  }
}

TEST_CASE("for_lines: ranges start at groups and cover all lines") {
  lacuna::threads pool{3};
  for (index const lines : {1, 15, 16, 17, 1000})
    for (index const cols : {1, 5000}) {
      std::vector<int> seen(static_cast<std::size_t>(lines));
      bool aligned = true;
      lacuna::detail::for_lines(pool, lines, cols, 16, [&](index first, index last, index) {
        if (first % 16 != 0 || (last % 16 != 0 && last != lines)) aligned = false;
        for (; first != last; ++first) ++seen[static_cast<std::size_t>(first)];
      });
      CHECK(aligned);
      for (int const times : seen) CHECK(times == 1);
    }
}

TEST_CASE("fill_whole: row-major whatever the order of the source") {
  lacuna_test::random r(5);
  auto const w = lacuna_test::random_dense<float>(r, 37, 45);
  auto const c = lacuna_test::col_major_copy(w);
  lacuna::magnitude const rule;
  std::vector<float> out(37 * 45);
  lacuna::detail::fill_whole(lacuna::serial{}, lacuna::detail::scores_of(c, rule, "x"), out.data(),
                             lacuna::detail::to_score{});
  for (index i = 0; i != 37; ++i)
    for (index j = 0; j != 45; ++j) CHECK(out[static_cast<std::size_t>(i * 45 + j)] == std::fabs(w(i, j)));
}

TEST_CASE("nan_place: the first in row-major order is named, whoever meets which first") {
  lacuna::magnitude const rule;
  lacuna::dense<float> w(200, 300);
  for (auto const& [i, j] : {std::pair<index, index>{190, 0}, {17, 299}, {17, 21}, {18, 0}})
    w(i, j) = std::numeric_limits<float>::quiet_NaN();
  auto const c = lacuna_test::col_major_copy(w);
  auto const rows = lacuna::detail::scores_of(w, rule, "prune");
  auto const cols = lacuna::detail::scores_of(c, rule, "prune");
  auto const message = Catch::Matchers::Message("prune: the score in row 17, column 21 is NaN");
  auto const nothing = [](index, auto const*) {};
  for (index const workers : {1, 2, 3, 7}) {
    lacuna::threads pool{workers};
    for (int repeat = 0; repeat != 5; ++repeat) {
      CHECK_THROWS_MATCHES(lacuna::detail::for_each_line(pool, rows, 16, nothing), lacuna::value_error, message);
      CHECK_THROWS_MATCHES(lacuna::detail::for_each_line(pool, cols, 16, nothing), lacuna::value_error, message);
      lacuna::detail::transposed_scores<decltype(rows)> const turned{rows};
      CHECK_THROWS_MATCHES(lacuna::detail::for_each_line(pool, turned, 64, nothing), lacuna::value_error, message);
      std::vector<float> out(200 * 300);
      CHECK_THROWS_MATCHES(lacuna::detail::fill_whole(pool, cols, out.data(), lacuna::detail::to_score{}),
                           lacuna::value_error, message);
    }
  }
}

}  // namespace
