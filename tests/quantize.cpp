// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/quantize.hpp>

#include "support/allocations.hpp"
#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace la = lacuna;
constexpr auto col = la::order::col_major;

namespace {

template <class Q>
double back(la::quantized_tokens<Q> const& q, la::index t, la::index k) {
  auto const zero = std::is_signed_v<Q> ? 0 : q.zero_points[t];
  return static_cast<double>(q.scales[t]) * (q.values(t, k) - zero);
}

}  // namespace

TEMPLATE_TEST_CASE("quantize_tokens: within half a scale; 0 is exact, the ends of the range are used", "", std::uint8_t,
                   std::int8_t) {
  using Q = TestType;
  lacuna_test::random r(1);
  auto x = lacuna_test::random_dense<float>(r, 40, 123, lacuna_test::spread::heavy_tailed);
  for (la::index t = 0; t != 40; ++t) {
    x(t, 7) = 0;
    for (la::index k = 0; k != 123; ++k) x(t, k) = std::ldexp(x(t, k), static_cast<int>(6 * (t - 20)));
  }
  auto const q = la::quantize_tokens<Q>(x);
  la::index wrong = 0;
  for (la::index t = 0; t != 40; ++t) {
    int most = 0, least = 0;
    for (la::index k = 0; k != 123; ++k) {
      wrong += std::fabs(back(q, t, k) - static_cast<double>(x(t, k))) > 0.50002 * static_cast<double>(q.scales[t]);
      most = std::max(most, static_cast<int>(q.values(t, k)));
      least = std::min(least, static_cast<int>(q.values(t, k)));
    }
    wrong += back(q, t, 7) != 0;
    wrong += std::is_signed_v<Q> ? std::max(most, -least) != 127 : most < 254;
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("quantize_tokens: zeros of both signs, subnormal numbers, the largest float, one input, none", "",
                   std::uint8_t, std::int8_t) {
  using Q = TestType;
  constexpr float largest = std::numeric_limits<float>::max();
  la::dense<float> x(5, 2);
  x(1, 0) = -0.0f;
  x(2, 0) = std::numeric_limits<float>::denorm_min();
  x(3, 0) = largest, x(3, 1) = -largest;
  x(4, 0) = x(4, 1) = -3.5f;
  auto const q = la::quantize_tokens<Q>(x);
  for (la::index t = 0; t != 3; ++t) {
    CHECK(q.scales[t] == std::numeric_limits<float>::min());
    CHECK(back(q, t, 0) == 0);
    CHECK(back(q, t, 1) == 0);
  }
  CHECK(std::isfinite(q.scales[3]));
  CHECK(std::fabs(back(q, 3, 0) - static_cast<double>(largest)) <= 0.51 * static_cast<double>(q.scales[3]));
  CHECK(std::fabs(back(q, 4, 1) + 3.5) < 1e-6);
  for (auto const& [tokens, inputs] : {std::pair<la::index, la::index>{0, 0}, {0, 7}, {7, 0}}) {
    auto const none = la::quantize_tokens<Q>(la::dense<float>(tokens, inputs));
    CHECK(none.values.rows() == tokens);
    CHECK(none.scales.size() == tokens);
  }
}

TEST_CASE("quantize_tokens: ties go to even") {
  la::dense<float> x(1, 6);
  float const values[] = {127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f};
  int const expected[] = {127, 0, 2, 2, 0, -2};
  for (la::index k = 0; k != 6; ++k) x(0, k) = values[k];
  auto const q = la::quantize_tokens<std::int8_t>(x);
  for (la::index k = 0; k != 6; ++k) CHECK(q.values(0, k) == expected[k]);
}

TEST_CASE("quantize_tokens: the same bits for every executor and order, and no memory but the caller's") {
  lacuna_test::random r(2);
  la::threads pool(3);
  auto const x = lacuna_test::random_dense<float>(r, 301, 250);
  la::dense<float, col> turned(301, 250);
  for (la::index t = 0; t != 301; ++t)
    for (la::index k = 0; k != 250; ++k) turned(t, k) = x(t, k);
  auto const one = la::quantize_tokens<std::uint8_t>(x), many = la::quantize_tokens<std::uint8_t>(pool, x);
  auto const by_column = la::quantize_tokens<std::uint8_t>(pool, turned);
  CHECK(one.values == many.values);
  CHECK(std::equal(one.scales.begin(), one.scales.end(), many.scales.begin()));
  CHECK(std::equal(one.zero_points.begin(), one.zero_points.end(), by_column.zero_points.begin()));
  la::index wrong = 0;
  for (la::index t = 0; t != 301; ++t)
    for (la::index k = 0; k != 250; ++k) wrong += one.values(t, k) != by_column.values(t, k);
  CHECK(wrong == 0);

  la::dense<std::int8_t> q(301, 250);
  la::buffer<float> scales(301);
  auto const before = lacuna_test::allocations();
  la::quantize_tokens(x, q, scales.span());
  CHECK(lacuna_test::allocations() == before);
}

TEST_CASE("quantize_tokens: what can't be quantised is named") {
  la::dense<float> x(9, 80);
  la::dense<std::uint8_t> q(9, 80), short_q(9, 79);
  la::buffer<float> scales(9), eight(8);
  la::buffer<std::int32_t> zeros(9);
  x(7, 3) = x(4, 66) = std::numeric_limits<float>::quiet_NaN();
  auto const wrong = [](auto const& f) { return lacuna_test::message_of<la::value_error>(f); };
  CHECK(wrong([&] { la::quantize_tokens(x, q, scales.span(), zeros.span()); }) ==
        "quantize_tokens: input 66 of token 4 is nan, expected a finite float");
  x(4, 0) = -std::numeric_limits<float>::infinity();
  CHECK(wrong([&] { la::quantize_tokens(x, q, scales.span(), zeros.span()); }) ==
        "quantize_tokens: input 0 of token 4 is -inf, expected a finite float");
  auto const shape = [](auto const& f) { return lacuna_test::message_of<la::shape_error>(f); };
  CHECK(shape([&] { la::quantize_tokens(x, short_q, scales.span(), zeros.span()); }) ==
        "quantize_tokens: X is 9x80, Q is 9x79");
  CHECK(shape([&] { la::quantize_tokens(x, q, eight.span(), zeros.span()); }) ==
        "quantize_tokens: X has 9 tokens, there is room for 8 scales");
}
