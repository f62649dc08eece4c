// SPDX-License-Identifier: MIT
#include <lacuna/prune.hpp>
#include <lacuna/prune/wanda.hpp>

#include "prune/reference.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <array>
#include <limits>
#include <span>
#include <vector>

namespace {

using lacuna::column_norms;
using lacuna::index;
using lacuna::wanda;
using lacuna_test::text_of;

/// Four rows and one token, and the masks that the method's reference implementation gives for them (a stable sort, so
/// the lower of equal scores goes first).
lacuna::dense<float> weights() {
  return lacuna_test::matrix_of({{4, -3, 2, -1, 1, -2, 3, -4},
                                 {1, 1, 1, 1, 1, 1, 1, 1},
                                 {8, -1, 0, 2, -8, 4, -.5, 16},
                                 {-2, 6, 4, -1, 5, -3, .25, 7}});
}
lacuna::dense<float> token() { return lacuna_test::matrix_of({{1, 2, 1, 4, 1, 2, 8, 1}}); }

TEST_CASE("wanda: golden masks") {
  wanda const rule{column_norms(token())};
  CHECK(text_of(prune(weights(), rule, lacuna::unstructured{})) == "01000111 01010110 00011101 01001101");
  CHECK(text_of(prune(weights(), rule, lacuna::n_of_m<2, 4>{})) == "01010011 01010110 10010101 01010101");
}

TEST_CASE("wanda: with squared norms over the whole layer, as one library has it, other masks; a lambda does it") {
  auto const x = token();
  auto const rule = [&](float w, index, index j) { return (w < 0 ? -w : w) * x(0, j) * x(0, j); };
  CHECK(text_of(prune(weights(), rule, lacuna::unstructured{.scope = lacuna::whole})) ==
        "01010110 00010010 10011111 01010110");
}

TEST_CASE("wanda: |w| times the norm, rounded once") {
  auto const s = scores(weights(), wanda{column_norms(token())});
  CHECK(s(0, 0) == 4.0f);
  CHECK(s(0, 1) == 6.0f);
  CHECK(s(0, 6) == 24.0f);
  CHECK(s(2, 2) == 0.0f);
  CHECK(wanda{std::array{1.0 / 3.0}}(3.0f, 0, 0) == 1.0f);
  // In float, the norm would become 16777216 and the product 50331648.
  CHECK(wanda{std::array{16777217.0}}(-3.0f, 0, 0) == 50331652.0f);
}

TEST_CASE("wanda: norms from elsewhere; a common factor changes no mask") {
  std::vector<float> const norms{2, 4, 2, 8, 2, 4, 16, 2};
  CHECK(prune(weights(), wanda{norms}, lacuna::unstructured{}) ==
        prune(weights(), wanda{column_norms(token())}, lacuna::unstructured{}));
  CHECK(prune(weights(), wanda{std::span<float const>(norms)}, lacuna::n_of_m<2, 4>{}) ==
        prune(weights(), wanda{column_norms(token())}, lacuna::n_of_m<2, 4>{}));
}

TEST_CASE("wanda: norms of another width, or of no tokens, are refused") {
  auto const message = Catch::Matchers::Message("wanda: W is 4x8, the norms are of 7 columns");
  wanda const seven{column_norms(lacuna::dense<float>(3, 7))};
  CHECK_THROWS_MATCHES(prune(weights(), seven, lacuna::unstructured{}), lacuna::shape_error, message);
  CHECK_THROWS_MATCHES(scores(weights(), seven), lacuna::shape_error, message);
  auto w = weights();
  CHECK_THROWS_MATCHES(project(w, seven, lacuna::n_of_m<2, 4>{}), lacuna::shape_error, message);
  CHECK(w == weights());
  auto const no_tokens = Catch::Matchers::Message("wanda: the column norms are of no tokens");
  CHECK_THROWS_MATCHES(wanda{column_norms()}, lacuna::value_error, no_tokens);
  CHECK_THROWS_MATCHES(wanda{column_norms(lacuna::dense<float>(0, 8))}, lacuna::value_error, no_tokens);
}

TEST_CASE("wanda: an infinite norm of a zero weight is no score") {
  auto const inf = std::numeric_limits<double>::infinity();
  CHECK_THROWS_MATCHES(
      prune(lacuna_test::matrix_of({{1, 2}, {1, 0}}), wanda{std::array{1.0, inf}}, lacuna::unstructured{}),
      lacuna::value_error, Catch::Matchers::Message("prune: the score in row 1, column 1 is NaN"));
}

}  // namespace
