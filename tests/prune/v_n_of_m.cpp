// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune.hpp>
#include <lacuna/prune/v_n_of_m.hpp>

#include "prune/reference.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <limits>

namespace {

using lacuna::v_n_of_m;
using lacuna_test::kind;
using lacuna_test::text_of;

template <int V, int K, int M>
void compare(lacuna::dense<float> const& s, v_n_of_m<V, K, M> pattern) {
  CAPTURE(s.rows(), s.cols(), V, K, M);
  auto const expected = lacuna_test::reference_v_n_of_m(s, V, K, M);
  REQUIRE(select(s, pattern) == expected);
  REQUIRE(select(lacuna_test::col_major_copy(s), pattern) == expected);
}

}  // namespace

TEST_CASE("v_n_of_m: small masks by hand; the last band and the last group are short") {
  auto const s = lacuna_test::matrix_of({{3, 1, 2, 1, 5}, {0, 9, 1, 4, 1}, {1, 2, 3, 4, 0}});
  // Sums of the first band: 3 10 3 5 6.
  CHECK(text_of(select(s, v_n_of_m<2, 2, 4>{})) == "01011 01011 00111");
  CHECK(text_of(select(s, v_n_of_m<2, 1, 2>{})) == "01011 01011 01011");
  CHECK(text_of(select(s, v_n_of_m<16, 1, 4>{})) == "01001 01001 01001");  // 4 12 6 9, 6
  CHECK(text_of(select(s, v_n_of_m<1, 2, 4>{})) == text_of(select(s, lacuna::n_of_m<2, 4>{})));
}

TEMPLATE_TEST_CASE("v_n_of_m: equal to a stable sort of the sums of each group, over shapes and scores", "",
                   (v_n_of_m<1, 2, 4>), (v_n_of_m<4, 2, 4>), (v_n_of_m<3, 1, 5>), (v_n_of_m<16, 4, 8>),
                   (v_n_of_m<64, 31, 64>)) {
  lacuna_test::random r(12);
  for (auto const shape : lacuna_test::shapes())
    for (auto const kind : {kind::different, kind::few, kind::positive_edges, kind::close, kind::equal})
      compare(lacuna_test::hard_scores(r, shape.rows, shape.cols, kind), TestType{});
}

TEST_CASE("v_n_of_m: threads change nothing") {
  lacuna_test::random r(13);
  auto const s = lacuna_test::hard_scores(r, 701, 433, kind::few);
  auto const expected = lacuna_test::reference_v_n_of_m(s, 4, 2, 4);
  for (lacuna::index const workers : {1, 2, 3, 7}) {
    lacuna::threads pool{workers};
    CHECK(select(pool, s, v_n_of_m<4, 2, 4>{}) == expected);
    CHECK(select(pool, lacuna_test::col_major_copy(s), v_n_of_m<4, 2, 4>{}) == expected);
  }
}

TEST_CASE("v_n_of_m: a NaN is refused, and so are infinities of both signs in one sum") {
  lacuna::dense<float> s(5, 6);
  s(4, 5) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_MATCHES(select(s, v_n_of_m<2, 2, 4>{}), lacuna::value_error,
                       Catch::Matchers::Message("select: the score in row 4, column 5 is NaN"));
  s(4, 5) = 0;
  s(2, 1) = std::numeric_limits<float>::infinity();
  s(3, 1) = -s(2, 1);
  CHECK_THROWS_AS(select(s, v_n_of_m<2, 2, 4>{}), lacuna::value_error);
}
