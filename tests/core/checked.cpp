// SPDX-License-Identifier: MIT
#include <lacuna/core/checked.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <limits>

namespace la = lacuna;
using Catch::Matchers::Message;
using la::detail::ceil_div;
using la::detail::checked_add;
using la::detail::checked_multiply;

namespace {
constexpr auto largest = std::numeric_limits<la::index>::max();
}

TEST_CASE("checked: products up to the largest size pass") {
  CHECK(checked_multiply(0, largest, "t") == 0);
  CHECK(checked_multiply(largest, 0, "t") == 0);
  CHECK(checked_multiply(largest, 1, "t") == largest);
  CHECK(checked_multiply(1, largest, "t") == largest);
  CHECK(checked_multiply(largest / 7, 7, "t") == largest / 7 * 7);
  CHECK(checked_multiply(12345, 678, "t") == 12345 * 678);
}

TEST_CASE("checked: a product that does not fit is an error that names both factors") {
  static_assert(sizeof(la::index) == 8, "the messages below say 64");
  auto const big = la::index{1} << 62;
  CHECK_THROWS_MATCHES(checked_multiply(big, 2, "buffer"), la::format_error,
                       Message("buffer: 4611686018427387904 * 2 does not fit a signed 64-bit size"));
  CHECK_THROWS_AS(checked_multiply(2, big, "t"), la::format_error);
  CHECK_THROWS_AS(checked_multiply(largest, 2, "t"), la::format_error);
  CHECK_THROWS_AS(checked_multiply(largest / 7 + 1, 7, "t"), la::format_error);
  // These wrap to exactly 0 and 1: a check on the result would not see them.
  CHECK_THROWS_AS(checked_multiply(la::index{1} << 32, la::index{1} << 32, "t"), la::format_error);
  CHECK_THROWS_AS(checked_multiply((la::index{1} << 33) + 1, (la::index{1} << 33) + 1, "t"), la::format_error);
}

TEST_CASE("checked: sums up to the largest size pass, beyond it they are an error") {
  CHECK(checked_add(largest, 0, "t") == largest);
  CHECK(checked_add(0, largest, "t") == largest);
  CHECK(checked_add(largest - 5, 5, "t") == largest);
  CHECK_THROWS_MATCHES(checked_add(largest, 1, "rows"), la::format_error,
                       Message("rows: 9223372036854775807 + 1 does not fit a signed 64-bit size"));
  CHECK_THROWS_AS(checked_add(1, largest, "t"), la::format_error);
  CHECK_THROWS_AS(checked_add(largest, largest, "t"), la::format_error);
}

TEST_CASE("checked: ceil_div rounds up and does not overflow") {
  CHECK(ceil_div(0, 3) == 0);
  CHECK(ceil_div(1, 3) == 1);
  CHECK(ceil_div(3, 3) == 1);
  CHECK(ceil_div(4, 3) == 2);
  CHECK(ceil_div(largest, 1) == largest);
  CHECK(ceil_div(largest, 2) == largest / 2 + 1);
  CHECK(ceil_div(largest, largest) == 1);
  static_assert(ceil_div(64, 16) == 4);
}
