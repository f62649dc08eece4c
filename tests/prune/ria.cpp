// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/ria.hpp>

#include "prune/reference.hpp"
#include "prune/refusal.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cmath>
#include <limits>

namespace {

using lacuna::index;
using lacuna::relative_importance;
using lacuna::ria;
using lacuna_test::matrix_of;
using lacuna_test::refusal;
using lacuna_test::text_of;

TEST_CASE("ria: by hand") {
  // Sums of rows 4 and 12, of columns 4, 4 and 8.
  auto const w = matrix_of({{1, -1, 2}, {-3, 3, 6}});
  CHECK(scores(w, relative_importance{}) == matrix_of({{0.5, 0.5, 0.75}, {1, 1, 1.25}}));
  CHECK(scores(w, ria{std::array{4.0, 9.0, 16.0}}) == matrix_of({{1, 1.5, 3}, {2, 3, 5}}));
  CHECK(scores(w, ria{std::array{4.0, 9.0, 16.0}, 1.0}) == matrix_of({{2, 4.5, 12}, {4, 9, 20}}));
  CHECK(scores(w, ria{std::array{4.0, 9.0, 16.0}, 0.0}) == scores(w, relative_importance{}));
}

TEST_CASE("ria: the formula, straight, for either order; threads change nothing") {
  for (auto const seed : lacuna_test::seeds(20)) {
    lacuna_test::random r(seed);
    auto const w = lacuna_test::random_dense<float>(r, 1 + r.below(40), 1 + r.below(40));
    auto const x = lacuna_test::random_dense<float>(r, 5, w.cols());
    lacuna::column_norms const norms(x);
    auto const s = scores(w, ria{norms});
    for (index i = 0; i != w.rows(); ++i)
      for (index j = 0; j != w.cols(); ++j) {
        double row = 0, column = 0, squares = 0;
        for (index k = 0; k != w.cols(); ++k) row += std::fabs(static_cast<double>(w(i, k)));
        for (index k = 0; k != w.rows(); ++k) column += std::fabs(static_cast<double>(w(k, j)));
        for (index k = 0; k != 5; ++k) squares += static_cast<double>(x(k, j)) * static_cast<double>(x(k, j));
        double const weight = std::fabs(static_cast<double>(w(i, j)));
        double const expected = (weight / column + weight / row) * std::pow(squares, 0.25);
        REQUIRE(std::fabs(static_cast<double>(s(i, j)) - expected) <= 1e-7 * expected);
      }
    lacuna::threads pool{3};
    CHECK(scores(pool, lacuna_test::col_major_copy(w), ria{norms}) == s);
  }
}

TEST_CASE("ria: rows and columns of zeros score zero") {
  CHECK(scores(matrix_of({{0, 0}, {0, 2}}), relative_importance{}) == matrix_of({{0, 0}, {0, 2}}));
  CHECK(scores(matrix_of({{0, 0}}), ria{std::array{1.0, 0.0}}) == matrix_of({{0, 0}}));
}

TEST_CASE("ria: drops what magnitude keeps of a row that is large as a whole") {
  auto const w = matrix_of({{1, 2, 3, 4}, {100, 1, 1000, 1000}});
  lacuna::unstructured const half{.scope = lacuna::whole};
  CHECK(text_of(prune(w, lacuna::magnitude{}, half)) == "0001 1011");
  CHECK(text_of(prune(w, relative_importance{}, half)) == "0100 1011");
}

TEST_CASE("ria: what is refused") {
  auto const w = matrix_of({{1, 2}, {3, 4}});
  CHECK(refusal([&] { return scores(w, ria{std::array{1.0}}); }) == "shape: ria: W is 2x2, the norms are of 1 columns");
  CHECK(refusal([&] { return ria{lacuna::column_norms{}}; }) == "value: ria: the column norms are of no tokens");
  CHECK(refusal([&] { return ria{std::array{1.0}, std::numeric_limits<double>::infinity()}; }) ==
        "value: ria: the exponent is inf, expected a finite one");
  auto bad = w;
  bad(1, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK(refusal([&] { return scores(bad, relative_importance{}); }) ==
        "value: scores: the score in row 0, column 0 is NaN");
  CHECK(refusal([&] { return scores(w, ria{std::array{1.0, -1.0}}); }) ==
        "value: scores: the score in row 0, column 1 is NaN");
}

}  // namespace
