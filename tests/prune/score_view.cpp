// SPDX-License-Identifier: MIT
#include <lacuna/prune/magnitude.hpp>
#include <lacuna/prune/score_view.hpp>

#include "prune/reference.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <cstdint>

namespace {

using lacuna::index;
using lacuna::order;
using lacuna::detail::scores_of;
using lacuna::detail::transposed_scores;

template <class T>
void check_type() {
  auto const w = lacuna_test::matrix_of<T>({{-3, 2}, {5, -7}, {0, 1}});
  lacuna::magnitude const rule;
  auto const s = scores_of(w, rule, "x");
  CHECK(s.rows() == 3);
  CHECK(s.cols() == 2);
  CHECK(s(0, 0) == 3.0f);
  CHECK(s(1, 1) == 7.0f);
  auto const copy = lacuna_test::col_major_copy(w);
  auto const c = scores_of(copy, rule, "x");
  CHECK(c(1, 0) == 5.0f);
  STATIC_CHECK(decltype(s)::memory_order == order::row_major);
  STATIC_CHECK(decltype(c)::memory_order == order::col_major);
}

TEST_CASE("score_view: every value type is seen as float") {
  check_type<float>();
  check_type<double>();
  check_type<lacuna::bf16>();
  check_type<lacuna::f16>();
  check_type<std::int8_t>();
  check_type<std::int32_t>();
}

TEST_CASE("score_view: the criterion is told the place") {
  lacuna::dense<float> const w(4, 6);
  auto const rule = [](float, index i, index j) { return static_cast<float>(10 * i + j); };
  auto const s = scores_of(w, rule, "x");
  CHECK(s(3, 5) == 35.0f);
  transposed_scores<decltype(s)> const t{s};
  CHECK(t.rows() == 6);
  CHECK(t.cols() == 4);
  CHECK(t(5, 3) == 35.0f);
  STATIC_CHECK(decltype(t)::memory_order == order::col_major);
}

TEST_CASE("score_view: a rejected score has the names of the matrix, transposed or not") {
  lacuna::dense<float> const w(4, 6);
  lacuna::magnitude const rule;
  auto const s = scores_of(w, rule, "prune");
  auto const message = Catch::Matchers::Message("prune: the score in row 3, column 5 is NaN");
  CHECK_THROWS_MATCHES(s.reject(3, 5), lacuna::value_error, message);
  CHECK_THROWS_MATCHES((transposed_scores<decltype(s)>{s}.reject(5, 3)), lacuna::value_error, message);
}

}  // namespace
