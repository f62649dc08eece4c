// SPDX-License-Identifier: MIT
//
// The tests' own tests: the oracle accepts what rounding may do to a product of dense views, and nothing more.
#include <lacuna/core/dense.hpp>

#include "support/oracle.hpp"
#include "support/random.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace la = lacuna;
using lacuna_test::check_product;
using lacuna_test::kept_entries;

namespace {

/// The plain product in the accumulator type, backwards if asked: any order of summation must pass.
template <class A, class X, class Y>
void multiply(A const& a, X const& x, Y& y, bool backwards) {
  using sum_type = la::accumulator_t<typename A::value_type>;
  std::vector<std::pair<la::index, sum_type>> slots;
  for (la::index i = 0; i != a.rows(); ++i) {
    slots.clear();
    a.visit_row(i, [&](la::index j, auto value) { slots.emplace_back(j, static_cast<sum_type>(value)); });
    if (backwards) std::reverse(slots.begin(), slots.end());
    for (la::index n = 0; n != y.cols(); ++n) {
      sum_type sum{};
      for (auto const& [j, value] : slots) sum += value * static_cast<sum_type>(x(j, n));
      y(i, n) = static_cast<typename Y::value_type>(sum);
    }
  }
}

template <class T, class Y>
struct types {
  using a = T;
  using y = Y;
};

}  // namespace

TEMPLATE_TEST_CASE("oracle: a product in any order passes; one element off by more than rounding does not", "",
                   (types<float, float>), (types<double, double>), (types<la::bf16, la::bf16>),
                   (types<la::f16, la::f16>), (types<la::bf16, float>), (types<std::int8_t, std::int32_t>)) {
  using T = typename TestType::a;
  using Y = typename TestType::y;
  lacuna_test::random r(1);
  for (auto const [rows, cols] : lacuna_test::shapes())
    for (auto const how : lacuna_test::all_coverages) {
      CAPTURE(rows, cols, name_of(how));
      auto const w = lacuna_test::random_dense<T>(r, rows, cols, lacuna_test::spread::heavy_tailed);
      auto const keep = lacuna_test::random_mask(r, rows, cols, how);
      auto const x = lacuna_test::random_dense<T, la::order::col_major>(r, cols, 2);
      kept_entries const a{w.view(), keep};
      la::dense<Y> y(rows, 2);
      for (bool const backwards : {false, true}) {
        multiply(a, x, y, backwards);
        CHECK(check_product(a, x, y) == "");
      }
      if (rows == 0) continue;
      // An eighth of the result and two hundredths: more than bf16, the coarsest, may round.
      auto& last = y(rows - 1, 1);
      if constexpr (std::is_integral_v<Y>)
        last += 1;
      else
        last = Y(static_cast<double>(last) + std::fabs(static_cast<double>(last)) / 8 + 0.02);
      CHECK(check_product(a, x, y).starts_with("y(" + std::to_string(rows - 1) + ", 1) is "));
    }
}

TEST_CASE("oracle: the bound is that of the slots, not a loose tolerance") {
  float const big = 1 << 20;
  la::dense<float> w(1, 3);
  w(0, 0) = big;
  w(0, 1) = 1;
  w(0, 2) = -big;
  la::mask const all(1, 3, true);
  la::dense<float> x(3, 1);
  la::dense<float> y(1, 1);
  for (la::index j = 0; j != 3; ++j) x(j, 0) = 1;
  kept_entries const a{w.view(), all};
  y(0, 0) = 1;
  CHECK(check_product(a, x, y) == "");
  y(0, 0) = 1 + 0.375f;  // cancellation: three roundings of 2^20 allow 2^20 * 2 * 3 * 2^-24 = 0.375
  CHECK(check_product(a, x, y) == "");
  y(0, 0) = 1 + 0.376f;
  CHECK(check_product(a, x, y) != "");
}

TEST_CASE("oracle: infinities and NaN have to be where they belong, and count what is wrong") {
  la::dense<float> w(2, 2);
  w(0, 0) = 1;
  w(1, 1) = 1;
  la::mask keep(2, 2);
  keep.set(0, 0);
  keep.set(1, 1);
  kept_entries const a{w.view(), keep};
  la::dense<float> x(2, 1);
  la::dense<float> y(2, 1);
  x(0, 0) = INFINITY;
  x(1, 0) = NAN;
  y(0, 0) = INFINITY;
  y(1, 0) = NAN;
  CHECK(check_product(a, x, y) == "");
  y(0, 0) = NAN;
  CHECK(check_product(a, x, y).starts_with("y(0, 0) is "));
  y(0, 0) = -INFINITY;
  y(1, 0) = 0;
  CHECK(check_product(a, x, y).ends_with("(and 1 more)"));
  CHECK(check_product(a, x, la::dense<float>(3, 1)) == "the shapes do not fit");
}

TEST_CASE("oracle: a narrow result may overflow only where its type does") {
  la::dense<la::f16> w(1, 1);
  la::mask const all(1, 1, true);
  la::dense<float> x(1, 1);
  la::dense<la::f16> y(1, 1);
  w(0, 0) = la::f16(1.0f);
  kept_entries const a{w.view(), all};
  y(0, 0) = la::f16(INFINITY);
  x(0, 0) = 65520;
  CHECK(check_product(a, x, y) == "");
  x(0, 0) = 65000;
  CHECK(check_product(a, x, y) != "");
}

TEST_CASE("oracle: its transpose has the entries of the transpose") {
  lacuna_test::random r(2);
  auto const w = lacuna_test::random_dense<float>(r, 4, 6);
  auto const keep = lacuna_test::random_mask(r, 4, 6, 0.5);
  lacuna_test::plain_transpose const t(kept_entries{w.view(), keep});
  CHECK(t.rows() == 6);
  CHECK(t.cols() == 4);
  la::index count = 0;
  for (la::index j = 0; j != 6; ++j)
    t.visit_row(j, [&](la::index i, float value) {
      ++count;
      CHECK(keep(i, j));
      CHECK(value == w(i, j));
    });
  CHECK(count == keep.count());
}
