// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/unstructured.hpp>

#include "prune/reference.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <algorithm>
#include <limits>

namespace {

using lacuna::index;
using lacuna::unstructured;
using lacuna_test::hard_scores;
using lacuna_test::reference_mask;
using lacuna_test::text_of;

constexpr lacuna::scope all_scopes[] = {lacuna::per_row, lacuna::per_column, lacuna::whole};

/// Uneven on purpose, with the ends, and the two neighbours of a whole number.
constexpr double all_sparsities[] = {0.0, 0.1, 0.29, 1.0 / 3.0, 0.5, 0.7, 0.95, 1.0};

TEST_CASE("unstructured: half, per row, is the default; every field may be left out") {
  STATIC_CHECK(unstructured{}.sparsity == 0.5);
  STATIC_CHECK(unstructured{}.scope == lacuna::per_row);
  STATIC_CHECK(unstructured{.sparsity = 0.7}.scope == lacuna::per_row);
  STATIC_CHECK(unstructured{.scope = lacuna::whole}.sparsity == 0.5);
}

TEST_CASE("unstructured: small masks by hand") {
  auto const s = lacuna_test::matrix_of({{3, 1, 2, 1}, {1, 1, 1, 1}, {0, 9, 8, 7}});
  CHECK(text_of(select(s, unstructured{})) == "1010 0011 0110");
  CHECK(text_of(select(s, unstructured{.scope = lacuna::per_column})) == "1010 1101 0111");
  CHECK(text_of(select(s, unstructured{.scope = lacuna::whole})) == "1010 0001 0111");
}

TEST_CASE("unstructured: equal to a stable sort, over shapes, scores, scopes and sparsities") {
  lacuna_test::random r(6);
  for (auto const shape : lacuna_test::shapes())
    for (auto const kind : lacuna_test::all_kinds) {
      auto const s = hard_scores(r, shape.rows, shape.cols, kind);
      auto const c = lacuna_test::col_major_copy(s);
      auto const score = [&](index i, index j) { return s(i, j); };
      for (auto const scope : all_scopes) {
        double const sparsity = all_sparsities[r.below(8)];
        CAPTURE(shape.rows, shape.cols, static_cast<int>(kind), static_cast<int>(scope), sparsity);
        auto const expected = reference_mask(shape.rows, shape.cols, score, sparsity, scope);
        unstructured const pattern{.sparsity = sparsity, .scope = scope};
        REQUIRE(select(s, pattern) == expected);
        REQUIRE(select(c, pattern) == expected);
      }
    }
}

TEST_CASE("unstructured: per block of columns, each block is a whole of its own") {
  lacuna_test::random r(16);
  lacuna::threads pool{3};
  for (auto const kind : lacuna_test::all_kinds)
    for (index const block : {1, 7, 64, 100, 128, 300}) {
      auto const s = hard_scores(r, 37, 201, kind);
      lacuna::mask expected(37, 201);
      for (index first = 0; first < 201; first += block) {
        index const count = std::min<index>(block, 201 - first);
        auto const score = [&](index i, index j) { return s(i, first + j); };
        auto const part = reference_mask(37, count, score, 0.7, lacuna::whole);
        for (index i = 0; i != 37; ++i)
          for (index j = 0; j != count; ++j) expected.set(i, first + j, part(i, j));
      }
      unstructured const pattern{.sparsity = 0.7, .scope = lacuna::per_column_block, .block = block};
      CAPTURE(static_cast<int>(kind), block);
      REQUIRE(select(s, pattern) == expected);
      REQUIRE(select(pool, lacuna_test::col_major_copy(s), pattern) == expected);
    }
  lacuna::dense<float> bad(3, 9);
  bad(2, 8) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_MATCHES(select(bad, unstructured{.scope = lacuna::per_column_block, .block = 4}), lacuna::value_error,
                       Catch::Matchers::Message("select: the score in row 2, column 8 is NaN"));
  CHECK_THROWS_MATCHES(select(bad, unstructured{.scope = lacuna::per_column_block, .block = 0}), lacuna::value_error,
                       Catch::Matchers::Message("unstructured: a block of 0 columns, expected 1 or more"));
}

TEST_CASE("unstructured: every sparsity of a row, a column and a whole") {
  lacuna_test::random r(7);
  auto const s = hard_scores(r, 19, 23, lacuna_test::kind::few);
  auto const score = [&](index i, index j) { return s(i, j); };
  for (int percent = 0; percent <= 100; ++percent)
    for (auto const scope : all_scopes) {
      double const sparsity = percent / 100.0;
      CAPTURE(percent, static_cast<int>(scope));
      REQUIRE(select(s, unstructured{.sparsity = sparsity, .scope = scope}) ==
              reference_mask(19, 23, score, sparsity, scope));
    }
}

TEST_CASE("unstructured: threads change nothing") {
  lacuna_test::random r(8);
  // Large enough for several ranges in every scope, and ties across them.
  for (auto const kind : {lacuna_test::kind::few, lacuna_test::kind::different}) {
    auto const s = hard_scores(r, 700, 433, kind);
    auto const c = lacuna_test::col_major_copy(s);
    for (auto const scope : all_scopes) {
      unstructured const pattern{.sparsity = 0.6, .scope = scope};
      auto const expected = reference_mask(700, 433, [&](index i, index j) { return s(i, j); }, 0.6, scope);
      for (index const workers : {1, 2, 3, 7}) {
        CAPTURE(static_cast<int>(scope), workers);
        lacuna::threads pool{workers};
        REQUIRE(select(pool, s, pattern) == expected);
        REQUIRE(select(pool, c, pattern) == expected);
      }
    }
  }
}

/// Does the work of one, and notes into how many parts it could have been cut.
struct recording {
  index parts = 0;
  [[nodiscard]] static index concurrency() noexcept { return 1; }
  template <class F>
  void for_ranges(index n, index /*grain*/, F&& f) {
    parts = n;
    if (n > 0) f(index{0}, n, index{0});
  }
};

TEST_CASE("unstructured: no two workers share a word of the mask") {
  recording exec;
  // Columns are handed out by 64, the bits of a word; rows have words of their own.
  CHECK(select(exec, lacuna::dense<float>(5, 433), unstructured{.scope = lacuna::per_column}).count() == 3 * 433);
  CHECK(exec.parts == 7);
}

TEST_CASE("unstructured: a sparsity that is no fraction is refused, also where nothing is to be dropped") {
  constexpr auto nan = std::numeric_limits<double>::quiet_NaN();
  for (auto const scope : all_scopes)
    for (double const sparsity : {-1e-9, 1.0000001, nan}) {
      unstructured const pattern{.sparsity = sparsity, .scope = scope};
      CHECK_THROWS_AS(select(lacuna::dense<float>(3, 4), pattern), lacuna::value_error);
      CHECK_THROWS_AS(select(lacuna::dense<float>(0, 4), pattern), lacuna::value_error);
    }
  CHECK_THROWS_MATCHES(select(lacuna::dense<float>(3, 4), unstructured{.sparsity = -0.25}), lacuna::value_error,
                       Catch::Matchers::Message("unstructured: sparsity is -0.25, which is not in [0, 1]"));
}

TEST_CASE("unstructured: a NaN score is refused in every scope, also where it would be kept or nothing is dropped") {
  for (auto const scope : all_scopes)
    for (double const sparsity : {0.0, 0.5, 1.0})
      for (float const sign : {1.0f, -1.0f}) {
        auto s = lacuna_test::matrix_of({{3, 1, 2, 1}, {1, 1, 1, 1}, {0, 9, 8, 7}});
        s(1, 2) = sign * std::numeric_limits<float>::quiet_NaN();
        CHECK_THROWS_MATCHES(select(s, unstructured{.sparsity = sparsity, .scope = scope}), lacuna::value_error,
                             Catch::Matchers::Message("select: the score in row 1, column 2 is NaN"));
      }
}

}  // namespace
