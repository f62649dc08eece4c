// SPDX-License-Identifier: MIT
#include <lacuna/attention/recall.hpp>

#include "support/message_of.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace la = lacuna;
namespace at = lacuna::attention;

namespace {
constexpr float infinity = std::numeric_limits<float>::infinity(),
                not_a_number = std::numeric_limits<float>::quiet_NaN();
}

TEST_CASE("recall: the share of the mass, where there is any") {
  float const all[4] = {std::log(8.0f), -infinity, 0, 5};
  float const selected[4] = {std::log(2.0f), -infinity, 0, -infinity};
  auto const r = at::mass_recall(la::dense_view<float const>(selected, 2, 2), la::dense_view<float const>(all, 2, 2));
  CHECK(r.queries == 3);
  CHECK(std::fabs(r.mean - (0.25 + 1 + 0) / 3) < 1e-6);
  CHECK(r.least == 0);
  CHECK(at::mass_recall(la::dense_view<float const>(all, 0, 0), la::dense_view<float const>(all, 0, 0)).mean == 1);
  auto const same = at::mass_recall(la::dense_view<float const>(all, 1, 4), la::dense_view<float const>(all, 1, 4));
  CHECK(same.least == 1);
}

TEST_CASE("recall: another shape and NaN are refused") {
  float const numbers[4] = {0, not_a_number, 0, 0};
  la::dense_view<float const> const wide(numbers, 1, 4), square(numbers, 2, 2);
  CHECK_THROWS_AS(at::mass_recall(wide, square), la::shape_error);
  CHECK_THROWS_AS(at::mass_recall(square, square), la::value_error);
}

TEST_CASE("recall: errors of outputs, whatever their order") {
  float const a[4] = {1, 2, 3, 4};  // heads x tokens x dim
  float const b[4] = {1, 3, 2, 0};  // tokens x heads x dim
  la::heads_view<float const> const x{a, 2, 2, 1, 2, 1}, y{b, 2, 2, 1, 1, 2};
  auto const e = at::error_of(x, y);  // 1 2 | 3 4 against 1 2 | 3 0
  CHECK(e.largest == 4);
  CHECK(e.mean == 1);
  CHECK(std::fabs(e.relative - 4.0 / 6) < 1e-12);
  CHECK(at::error_of(x, x).relative == 0);
  float const wrong[4] = {1, not_a_number, 3, 4};
  CHECK(std::isnan(at::error_of(la::heads_view<float const>{wrong, 2, 2, 1, 2, 1}, x).largest));
  CHECK(lacuna_test::message_of<la::shape_error>([&] {
          return at::error_of(x, la::heads_view<float const>{b, 2, 1, 2, 2, 2});
        }) == "error_of: a is 2x2x1, b is 2x1x2");
}
