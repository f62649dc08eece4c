// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/n_of_m.hpp>

#include "prune/reference.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <limits>

namespace {

using lacuna::index;
using lacuna::n_of_m;
using lacuna_test::text_of;

template <int K, int N>
void compare(lacuna::dense<float> const& s, n_of_m<K, N> pattern) {
  CAPTURE(s.rows(), s.cols(), K, N);
  auto const expected = lacuna_test::reference_n_of_m(s, K, N);
  REQUIRE(select(s, pattern) == expected);
  REQUIRE(select(lacuna_test::col_major_copy(s), pattern) == expected);
}

TEST_CASE("n_of_m: small masks by hand; a short last group keeps what it can") {
  auto const s = lacuna_test::matrix_of({{3, 1, 2, 1, 5, 4, 6}, {1, 1, 1, 1, 1, 1, 1}});
  CHECK(text_of(select(s, n_of_m<2, 4>{})) == "1010101 0011011");
  CHECK(text_of(select(s, n_of_m<1, 2>{})) == "1010101 0101011");
  CHECK(text_of(select(s, n_of_m<3, 4>{})) == "1011111 0111111");
  CHECK(text_of(select(s, n_of_m<1, 4>{})) == "1000001 0001001");
  CHECK(text_of(select(s, n_of_m<4, 4>{})) == "1111111 1111111");
}

TEMPLATE_TEST_CASE("n_of_m: equal to a stable sort of each group, over shapes and scores", "", (n_of_m<1, 1>),
                   (n_of_m<2, 4>), (n_of_m<1, 3>), (n_of_m<4, 8>), (n_of_m<1, 16>), (n_of_m<16, 32>), (n_of_m<5, 7>),
                   (n_of_m<31, 64>), (n_of_m<64, 64>)) {
  lacuna_test::random r(9);
  for (auto const shape : lacuna_test::shapes())
    for (auto const kind : lacuna_test::all_kinds)
      compare(lacuna_test::hard_scores(r, shape.rows, shape.cols, kind), TestType{});
}

TEST_CASE("n_of_m: of four, where runs of 256 and 64 end") {
  lacuna_test::random r(10);
  for (index const cols :
       {63, 64, 65, 67, 68, 127, 128, 131, 192, 253, 255, 256, 257, 260, 319, 320, 323, 511, 512, 575})
    for (auto const kind : lacuna_test::all_kinds) {
      auto const s = lacuna_test::hard_scores(r, 2, cols, kind);
      compare(s, n_of_m<1, 4>{});
      compare(s, n_of_m<2, 4>{});
      compare(s, n_of_m<3, 4>{});
    }
}

TEST_CASE("n_of_m: all orders of four scores of three values") {
  for (int code = 0; code != 81; ++code) {
    lacuna::dense<float> s(1, 4);
    for (int j = 0, rest = code; j != 4; ++j, rest /= 3) s(0, j) = static_cast<float>(rest % 3);
    compare(s, n_of_m<1, 4>{});
    compare(s, n_of_m<2, 4>{});
    compare(s, n_of_m<3, 4>{});
  }
}

TEST_CASE("n_of_m: along the outputs, what the transpose has along the inputs; threads change nothing") {
  lacuna_test::random r(11);
  lacuna::threads pool{3};
  n_of_m<2, 4> const down{.along = lacuna::outputs};
  CHECK(text_of(select(lacuna_test::matrix_of({{3, 1}, {1, 1}, {2, 1}, {1, 1}, {5, 0}}), down)) == "10 00 11 01 11");
  for (auto const shape : {lacuna_test::shape{67, 33}, lacuna_test::shape{130, 201}, lacuna_test::shape{3, 0}})
    for (auto const kind : lacuna_test::all_kinds) {
      auto const s = lacuna_test::hard_scores(r, shape.rows, shape.cols, kind);
      auto const across = select(transpose(s.view()), n_of_m<2, 4>{});
      auto const keep = select(pool, s, down);
      bool same = true;
      for (index i = 0; i != shape.rows; ++i)
        for (index j = 0; j != shape.cols; ++j) same = same && keep(i, j) == across(j, i);
      CAPTURE(shape.rows, shape.cols, static_cast<int>(kind));
      REQUIRE(same);
      REQUIRE(select(lacuna_test::col_major_copy(s), down) == keep);
    }
}

TEST_CASE("n_of_m: threads change nothing") {
  lacuna_test::random r(10);
  auto const s = lacuna_test::hard_scores(r, 700, 433, lacuna_test::kind::few);
  auto const expected = lacuna_test::reference_n_of_m(s, 2, 4);
  for (index const workers : {1, 2, 3, 7}) {
    lacuna::threads pool{workers};
    CHECK(select(pool, s, n_of_m<2, 4>{}) == expected);
    CHECK(select(pool, lacuna_test::col_major_copy(s), n_of_m<2, 4>{}) == expected);
  }
}

TEST_CASE("n_of_m: a NaN is refused, also in a short last group that keeps all") {
  lacuna::dense<float> s(3, 6);
  s(2, 5) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_MATCHES(select(s, n_of_m<2, 4>{}), lacuna::value_error,
                       Catch::Matchers::Message("select: the score in row 2, column 5 is NaN"));
}

}  // namespace
