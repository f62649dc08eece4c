// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/prune/column_sums.hpp>

#include "prune/reference.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace {

using lacuna::index;
using lacuna::order;
using squares = lacuna::detail::column_sums<lacuna::detail::second_power>;
using values = lacuna::detail::column_sums<lacuna::detail::first_power>;

/// What the docs say: chunks of 256 tokens, each summed in order, then added in order.
std::vector<double> reference(lacuna::dense<float> const& x) {
  std::vector<double> sums;
  for (index j = 0; j != x.cols(); ++j) {
    double total = 0;
    double open = 0;
    for (index t = 0; t != x.rows(); ++t) {
      open += static_cast<double>(x(t, j)) * static_cast<double>(x(t, j));
      if (t % 256 == 255) {
        total += open;
        open = 0;
      }
    }
    sums.push_back(total + open);
  }
  return sums;
}

void require_equal(squares const& sums, std::vector<double> const& expected) {
  REQUIRE(sums.size() == static_cast<index>(expected.size()));
  for (index j = 0; j != sums.size(); ++j) REQUIRE(sums[j] == expected[static_cast<std::size_t>(j)]);
}

lacuna::dense_view<float const> rows_of(lacuna::dense<float> const& x, index first, index last) {
  return {x.data() + first * x.stride(), last - first, x.cols(), x.stride()};
}

TEST_CASE("column_sums: bitwise the documented sum, in both orders, for every number of threads") {
  lacuna_test::random r(13);
  for (index const tokens : {0, 1, 255, 256, 257, 1000})
    for (index const cols : {0, 1, 7, 8, 33, 600}) {
      CAPTURE(tokens, cols);
      auto const x = lacuna_test::random_dense<float>(r, tokens, cols, lacuna_test::spread::heavy_tailed);
      auto const c = lacuna_test::col_major_copy(x);
      auto const expected = reference(x);
      for (index const workers : {1, 2, 3, 7}) {
        lacuna::threads pool{workers};
        squares row_sums;
        squares col_sums;
        row_sums.update(pool, x, "x");
        col_sums.update(pool, c, "x");
        require_equal(row_sums, expected);
        require_equal(col_sums, expected);
        CHECK(row_sums.tokens() == tokens);
      }
    }
}

TEST_CASE("column_sums: how a stream is cut into updates does not change a bit") {
  lacuna_test::random r(14);
  auto const x = lacuna_test::random_dense<float>(r, 1500, 20, lacuna_test::spread::heavy_tailed);
  auto const expected = reference(x);
  for (int repeat = 0; repeat != 20; ++repeat) {
    squares sums;
    for (index first = 0; first != x.rows();) {
      index const last = std::min(x.rows(), first + r.below(400));
      sums.update(lacuna::serial{}, rows_of(x, first, last), "x");
      first = last;
    }
    require_equal(sums, expected);
    CHECK(sums.tokens() == 1500);
  }
}

TEST_CASE("column_sums: merged streams hold the tokens of both, and go on") {
  auto const x = lacuna_test::matrix_of({{1, 2}, {3, 4}, {5, 6}, {7, 8}});
  values a;
  values b;
  a.update(lacuna::serial{}, rows_of(x, 0, 1), "x");
  b.update(lacuna::serial{}, rows_of(x, 1, 3), "x");
  a.merge(b, "x");
  CHECK(a.tokens() == 3);
  CHECK(a[0] == 9.0);
  a.update(lacuna::serial{}, rows_of(x, 3, 4), "x");
  CHECK(a.tokens() == 4);
  CHECK(a[0] == 16.0);
  CHECK(a[1] == 20.0);
  a.merge(a, "x");
  CHECK(a.tokens() == 8);
  CHECK(a[1] == 40.0);
  values empty;
  a.merge(empty, "x");
  CHECK(a.tokens() == 8);
  empty.merge(a, "x");
  CHECK(empty.tokens() == 8);
  CHECK(empty[0] == 32.0);
}

TEST_CASE("column_sums: merged equals one stream within the rounding of the additions") {
  lacuna_test::random r(15);
  auto const x = lacuna_test::random_dense<float>(r, 1000, 10);
  auto const expected = reference(x);
  squares all;
  for (index first = 0; first != 1000; first += 125) {
    squares part;
    part.update(lacuna::serial{}, rows_of(x, first, first + 125), "x");
    all.merge(part, "x");
  }
  CHECK(all.tokens() == 1000);
  // Terms are positive: (256 + 4) additions on one side, (125 + 8) on the other, each of half an ulp of the sum.
  for (index j = 0; j != 10; ++j) {
    double const e = expected[static_cast<std::size_t>(j)];
    CHECK(std::abs(all[j] - e) <= 400 * 0x1p-53 * e);
  }
}

TEST_CASE("column_sums: another number of columns is refused and changes nothing") {
  squares sums;
  sums.update(lacuna::serial{}, lacuna::dense<float>(3, 4), "column_norms");
  auto const message = Catch::Matchers::Message("column_norms: the columns were 4 so far and are 5 now");
  CHECK_THROWS_MATCHES(sums.update(lacuna::serial{}, lacuna::dense<float>(3, 5), "column_norms"), lacuna::shape_error,
                       message);
  squares other;
  other.update(lacuna::serial{}, lacuna::dense<float>(0, 5), "column_norms");  // no tokens, but five columns
  CHECK_THROWS_MATCHES(sums.merge(other, "column_norms"), lacuna::shape_error, message);
  CHECK(sums.tokens() == 3);
}

TEST_CASE("column_sums: one that was moved from has seen nothing, and begins again") {
  squares sums;
  sums.update(lacuna::serial{}, lacuna::dense<float>(3, 4), "column_norms");
  squares const moved = std::move(sums);
  CHECK((moved.size() == 4 && moved.tokens() == 3));
  CHECK((sums.size() == 0 && sums.tokens() == 0));
  sums.update(lacuna::serial{}, lacuna::dense<float>(2, 5), "column_norms");
  CHECK((sums.size() == 5 && sums.tokens() == 2));
}

TEST_CASE("column_sums: every value type") {
  auto const check = [](auto zero) {
    values sums;
    sums.update(lacuna::serial{}, lacuna_test::matrix_of<decltype(zero)>({{-3, 2}, {5, -7}}), "x");
    CHECK(sums[0] == 2.0);
    CHECK(sums[1] == -5.0);
  };
  check(0.0f);
  check(0.0);
  check(lacuna::bf16{});
  check(lacuna::f16{});
  check(std::int8_t{});
  check(std::int32_t{});
}

}  // namespace
