// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>

#include "prune/reference.hpp"
#include "support/allocations.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

namespace own {

/// A pattern that a user brings: of each row the highest `count` stay. (Its scores must differ.)
struct best_of_row {
  lacuna::index count = 1;
};

template <lacuna::executor E, lacuna::score_source S>
void mark_kept(E&&, S const& scores, best_of_row pattern, lacuna::mask& keep) {
  for (lacuna::index i = 0; i != scores.rows(); ++i)
    for (lacuna::index j = 0; j != scores.cols(); ++j) {
      lacuna::index higher = 0;
      for (lacuna::index k = 0; k != scores.cols(); ++k) higher += scores(i, k) > scores(i, j);
      keep.set(i, j, higher < pattern.count);
    }
}

}  // namespace own

namespace {

using lacuna::index;
using lacuna::magnitude;
using lacuna::n_of_m;
using lacuna::order;
using lacuna::unstructured;
using lacuna_test::text_of;

/// Counts what is called, and needs to be prepared.
struct counting {
  int* prepared;
  index rows = -1;
  template <lacuna::dense_matrix W>
  void prepare(W const& w) {
    ++*prepared;
    rows = lacuna::view_of(w).rows();
  }
  float operator()(float w, index i, index) const { return i < rows ? w : std::numeric_limits<float>::quiet_NaN(); }
};

TEST_CASE("prune: a lambda is a criterion, and is told weight and place") {
  auto const w = lacuna_test::matrix_of({{-5, 1, 2, 3}, {1, -9, 3, 2}});
  CHECK(text_of(prune(w, [](float x, index, index) { return x; }, unstructured{})) == "0011 0011");
  CHECK(
      text_of(prune(w, [](float, index, index j) { return -static_cast<double>(j); }, unstructured{})) == "1100 1100");
  CHECK(text_of(prune(w, [](auto x, auto i, auto) { return i == 0 ? x : -x; }, unstructured{})) == "0011 1100");
}

TEST_CASE("prune: prepare is called once by every verb, on a copy, before the first score") {
  lacuna::threads pool{3};
  auto w = lacuna_test::matrix_of({{5, 1, 2, 3}, {1, 9, 3, 2}});
  int prepared = 0;
  counting const rule{&prepared};
  CHECK(text_of(prune(w, rule, unstructured{})) == "1001 0110");
  CHECK(prepared == 1);
  CHECK(prune(pool, w, rule, n_of_m<2, 4>{}).count() == 4);
  CHECK(prepared == 2);
  CHECK(scores(pool, w, rule) == w);
  CHECK(prepared == 3);
  project(w, rule, unstructured{});
  CHECK(prepared == 4);
  CHECK(rule.rows == -1);
}

TEST_CASE("prune: a criterion that can only be moved") {
  auto limit = std::make_unique<float>(2.0f);
  auto rule = [p = std::move(limit)](float w, index, index) { return w < *p ? 0.0f : 1.0f; };
  CHECK(text_of(prune(lacuna_test::matrix_of({{3, 1, 2, 1}}), std::move(rule), unstructured{})) == "1010");
}

TEST_CASE("prune: a user's own pattern") {
  auto const w = lacuna_test::matrix_of({{-5, 1, 2, 3}, {1, -9, 3, 2}});
  CHECK(text_of(prune(w, magnitude{}, own::best_of_row{})) == "1000 0100");
  lacuna::threads pool{2};
  CHECK(text_of(prune(pool, w, magnitude{}, own::best_of_row{.count = 2})) == "1001 0110");
}

template <class T>
void check_row_major() {
  auto const w = lacuna_test::matrix_of<T>({{-5, 1, 2, 3}, {1, -9, 3, 2}, {0, 0, 0, 0}});
  CHECK(text_of(prune(w, magnitude{}, unstructured{})) == "1001 0110 0011");
  lacuna::dense_view<T const> const part(w.data() + 1, 2, 2, 4);
  CHECK(text_of(prune(part, magnitude{}, unstructured{})) == "01 10");
}
template <class T>
void check_col_major() {
  auto const w = lacuna_test::matrix_of<T>({{-5, 1, 2, 3}, {1, -9, 3, 2}, {0, 0, 0, 0}});
  CHECK(text_of(prune(lacuna_test::col_major_copy(w), magnitude{}, unstructured{})) == "1001 0110 0011");
  lacuna::dense_view<T const> const part(w.data() + 1, 2, 2, 4);
  CHECK(text_of(prune(transpose(part), magnitude{}, unstructured{})) == "01 01");
}

TEST_CASE("prune: either order, any stride, any value type") {
  check_row_major<float>();
  check_col_major<float>();
  check_row_major<double>();
  check_col_major<lacuna::bf16>();
  check_row_major<lacuna::f16>();
  check_col_major<std::int8_t>();
  check_row_major<std::int32_t>();
}

TEST_CASE("prune: int8's lowest value is its largest") {
  lacuna::dense<std::int8_t> w(1, 2);
  w(0, 0) = 127;
  w(0, 1) = -128;
  CHECK(text_of(prune(w, magnitude{}, unstructured{})) == "01");
}

TEST_CASE("prune: empty matrices have empty masks") {
  for (auto const scope : {lacuna::per_row, lacuna::per_column, lacuna::whole})
    for (auto const& [rows, cols] : {std::pair<index, index>{0, 0}, {0, 5}, {5, 0}}) {
      lacuna::dense<float> const w(rows, cols);
      auto const keep = prune(w, magnitude{}, unstructured{.sparsity = 1.0, .scope = scope});
      CHECK(keep.rows() == rows);
      CHECK(keep.cols() == cols);
      CHECK(keep.count() == 0);
      CHECK(prune(w, magnitude{}, n_of_m<2, 4>{}).cols() == cols);
      CHECK(prune(w, magnitude{}, lacuna::blocks<2, 2>{}).rows() == rows);
    }
}

TEST_CASE("prune: what a criterion throws is carried out of every executor") {
  lacuna::dense<float> const w(300, 300);
  lacuna::threads pool{3};
  auto const rule = [](float, index i, index) -> float {
    if (i == 250) throw std::runtime_error("not this row");
    return 0.0f;
  };
  CHECK_THROWS_AS(prune(w, rule, unstructured{}), std::runtime_error);
  CHECK_THROWS_AS(prune(pool, w, rule, unstructured{}), std::runtime_error);
}

TEST_CASE("prune: the mask is select of the scores") {
  lacuna_test::random r(17);
  auto const w = lacuna_test::random_dense<float>(r, 33, 65);
  lacuna::wanda const rule{lacuna::column_norms(lacuna_test::random_dense<float>(r, 9, 65))};
  auto const s = scores(w, rule);
  for (auto const scope : {lacuna::per_row, lacuna::per_column, lacuna::whole}) {
    unstructured const pattern{.sparsity = 0.7, .scope = scope};
    CHECK(prune(w, rule, pattern) == select(s, pattern));
  }
  CHECK(prune(w, rule, n_of_m<2, 4>{}) == select(s, n_of_m<2, 4>{}));
  CHECK(prune(w, rule, lacuna::blocks<4, 4>{}) == select(s, lacuna::blocks<4, 4>{}));
}

TEST_CASE("project: zeroes what the mask drops and touches nothing else, in either order, at any stride") {
  lacuna_test::random r(18);
  lacuna::threads pool{3};
  auto const original = lacuna_test::random_dense<float>(r, 70, 130);
  auto const expected = prune(original, magnitude{}, n_of_m<2, 4>{});
  auto row = original;
  auto col = lacuna_test::col_major_copy(original);
  CHECK(project(row, magnitude{}, n_of_m<2, 4>{}) == expected);
  CHECK(project(pool, col.view(), magnitude{}, n_of_m<2, 4>{}) == expected);
  for (index i = 0; i != 70; ++i)
    for (index j = 0; j != 130; ++j) {
      float const value = expected(i, j) ? original(i, j) : 0.0f;
      REQUIRE(std::bit_cast<std::uint32_t>(row(i, j)) == std::bit_cast<std::uint32_t>(value));
      REQUIRE(col(i, j) == value);
    }
  auto part = original;
  project(lacuna::dense_view<float>(part.data() + 3, 10, 8, 130), magnitude{}, unstructured{.sparsity = 1.0});
  for (index i = 0; i != 70; ++i)
    for (index j = 0; j != 130; ++j) REQUIRE(part(i, j) == (i < 10 && j >= 3 && j < 11 ? 0.0f : original(i, j)));
}

TEST_CASE("project: the nearest 2:4 matrix") {
  lacuna_test::random r(19);
  for (int repeat = 0; repeat != 200; ++repeat) {
    auto w = lacuna_test::random_dense<float>(r, 1, 4);
    auto const original = w;
    project(w, magnitude{}, n_of_m<2, 4>{});
    double lost = 0;
    for (index j = 0; j != 4; ++j) lost += std::pow(static_cast<double>(original(0, j) - w(0, j)), 2);
    for (index a = 0; a != 4; ++a)
      for (index b = 0; b != a; ++b) {
        double const other =
            std::pow(static_cast<double>(original(0, a)), 2) + std::pow(static_cast<double>(original(0, b)), 2);
        REQUIRE(lost <= other);
      }
  }
}

TEST_CASE("project: integers and 16-bit types") {
  auto w = lacuna_test::matrix_of<std::int8_t>({{-5, 1, 2, 3}});
  project(w, magnitude{}, unstructured{});
  CHECK(w == lacuna_test::matrix_of<std::int8_t>({{-5, 0, 0, 3}}));
  auto h = lacuna_test::matrix_of<lacuna::bf16>({{-5, 1, 2, 3}});
  project(h, magnitude{}, unstructured{});
  CHECK(h == lacuna_test::matrix_of<lacuna::bf16>({{-5, 0, 0, 3}}));
}

TEST_CASE("project: a matrix whose scores are refused stays as it was") {
  auto w = lacuna_test::matrix_of({{-5, 1, 2, 3}, {1, 2, 3, 4}});
  auto const rule = [](float x, index i, index j) {
    return i == 1 && j == 3 ? std::numeric_limits<float>::quiet_NaN() : x;
  };
  auto const original = w;
  CHECK_THROWS_MATCHES(project(w, rule, unstructured{}), lacuna::value_error,
                       Catch::Matchers::Message("prune: the score in row 1, column 3 is NaN"));
  CHECK(w == original);
}

TEST_CASE("scores: row-major whatever the matrix, the same for every number of threads; NaN is refused") {
  lacuna_test::random r(20);
  auto const w = lacuna_test::random_dense<double, order::col_major>(r, 300, 201);
  auto const one = scores(w, magnitude{});
  for (index i = 0; i != 300; ++i)
    for (index j = 0; j != 201; ++j) REQUIRE(one(i, j) == std::fabs(static_cast<float>(w(i, j))));
  for (index const workers : {1, 2, 3, 7}) {
    lacuna::threads pool{workers};
    CHECK(scores(pool, w, magnitude{}) == one);
  }
  auto bad = lacuna_test::matrix_of({{1, 2}, {3, 4}});
  bad(1, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_MATCHES(scores(bad, magnitude{}), lacuna::value_error,
                       Catch::Matchers::Message("scores: the score in row 1, column 0 is NaN"));
}

TEST_CASE("select: scores of another type, in either order") {
  auto const check = [](auto zero) {
    auto const s = lacuna_test::matrix_of<decltype(zero)>({{-5, 1, 2, 3}});
    CHECK(text_of(select(s, unstructured{})) == "0011");
    CHECK(text_of(select(lacuna_test::col_major_copy(s), unstructured{})) == "0011");
  };
  check(0.0f);
  check(0.0);
  check(lacuna::bf16{});
  check(std::int32_t{});
}

TEST_CASE("prune: beside the mask a row for each worker, or a float for each weight, is all the memory there is") {
  index const rows = 300, cols = 500, line = 4 * (cols + 32), mask_bytes = rows * 8 * 8;
  lacuna_test::random r(12);
  auto const w = lacuna_test::random_dense<float>(r, rows, cols);
  lacuna::column_norms const norms(lacuna_test::random_dense<float>(r, 7, cols));
  lacuna::threads pool{2};
  auto const bytes_of = [&](auto const& rule, auto const& pattern) {
    auto const before = lacuna_test::allocated_bytes();
    static_cast<void>(prune(pool, w, rule, pattern));
    return lacuna_test::allocated_bytes() - before;
  };
  lacuna::wanda const wanda{norms};
  index const own = 8 * cols + 64;  // the criterion's copy of the norms
  CHECK(bytes_of(lacuna::magnitude{}, lacuna::unstructured{}) <= mask_bytes + 2 * line);
  CHECK(bytes_of(wanda, lacuna::unstructured{}) <= mask_bytes + 2 * line + 2 * own);
  CHECK(bytes_of(wanda, lacuna::n_of_m<2, 4>{}) <= mask_bytes + 2 * 4 * (256 + 32) + 2 * own);  // pieces of a row
  // A table of 256 counts for each worker, and a count for each row.
  index const whole = mask_bytes + 4 * rows * cols + 2 * 256 * 8 + 8 * rows + 256;
  CHECK(bytes_of(wanda, lacuna::unstructured{.scope = lacuna::whole}) <= whole + 2 * own);
  CHECK(bytes_of(lacuna::random{}, lacuna::unstructured{.scope = lacuna::whole}) <= whole);
  CHECK(bytes_of(lacuna::ria{norms}, lacuna::unstructured{}) <= mask_bytes + 2 * line + 8 * (own + 8 * rows));
  CHECK(bytes_of(lacuna::fluctuation{lacuna::column_moments(w)}, lacuna::unstructured{}) <=
        mask_bytes + 2 * line + 8 * own);
  CHECK(bytes_of(lacuna::first_order(w), lacuna::unstructured{}) <= mask_bytes + 2 * line);
  CHECK(bytes_of(lacuna::relative_importance{}, lacuna::unstructured{}) <=
        mask_bytes + 2 * line + 8 * (own + 8 * rows));
  CHECK(bytes_of(lacuna::first_order_squared(w), lacuna::unstructured{}) <= mask_bytes + 2 * line);
  CHECK(bytes_of(lacuna::taylor(w, w), lacuna::unstructured{}) <= mask_bytes + 2 * line);
  // Across the memory order a worker holds sixteen lines, whose floats share lines of memory.
  index const across = mask_bytes + 2 * 16 * 4 * (rows + 32);
  CHECK(bytes_of(lacuna::magnitude{}, lacuna::unstructured{.scope = lacuna::per_column}) <= across);
  CHECK(bytes_of(lacuna::magnitude{}, lacuna::n_of_m<2, 4>{.along = lacuna::outputs}) <= across);
  CHECK(bytes_of(lacuna::magnitude{}, lacuna::v_n_of_m<4, 2, 4>{}) <= whole);
  CHECK(bytes_of(wanda, lacuna::blocks<4, 1>{}) <= whole + 2 * own);
  CHECK(bytes_of(wanda, lacuna::rows{}) <= whole);
  CHECK(bytes_of(wanda, lacuna::columns{}) <= whole);
  CHECK(bytes_of(wanda, lacuna::transposable<2, 4>{}) <= whole);
}

}  // namespace
