// SPDX-License-Identifier: MIT
#include <lacuna/kernel/quantize_tokens.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace la = lacuna;
using lacuna_test::guarded;
using lacuna_test::guarded_dense;
using lacuna_test::lanes_of;
using arch = la::simd::default_arch;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

namespace {

/// The definition, one element at a time.
template <class Q>
struct expected_token {
  float scale, inverse;
  double zero = 0;

  expected_token(float low, float high) {
    bool const is_signed = std::numeric_limits<Q>::is_signed;
    scale = is_signed ? std::max(-low, high) / 127.0f : high / 255.0f - low / 255.0f;
    scale = std::max(scale, std::numeric_limits<float>::min());
    inverse = 1.0f / scale;
    if (!is_signed) zero = std::min(255.0, static_cast<double>(std::nearbyint(-low * inverse)));
  }
  [[nodiscard]] double code(float x) const {
    double const least = std::numeric_limits<Q>::is_signed ? -127 : 0;
    double const most = std::numeric_limits<Q>::is_signed ? 127 : 255;
    return std::clamp(static_cast<double>(std::nearbyint(x * inverse)) + zero, least, most);
  }
};

/// Rows first .. last of a matrix, in these orders, every scale, zero point and integer, and nothing beside them.
template <class Q, class X, la::order OX, la::order OQ>
void check(lacuna_test::random& r, la::index tokens, la::index inputs, la::index first, la::index last,
           lacuna_test::placement where) {
  auto x = lacuna_test::random_dense<X>(r, tokens, inputs, lacuna_test::spread::heavy_tailed);
  for (la::index t = 0; t != tokens; ++t)
    for (la::index k = 0; k != inputs && t % 3 != 0; ++k)  // of one sign, then of the other
      x(t, k) = X(std::fabs(static_cast<float>(x(t, k))) * (t % 3 == 1 ? 1.0f : -1.0f));
  guarded_dense<X, OX> from(x, inputs % 3, where);
  guarded_dense<Q, OQ> q(tokens, inputs, inputs % 2, where);
  guarded<float> scales(tokens, where);
  guarded<std::int32_t> zeros(std::numeric_limits<Q>::is_signed ? 0 : tokens, where);
  std::fill(scales.begin(), scales.end(), -7.0f);
  la::dense_view<X const, OX> const view = from.view();
  la::kernel::quantize_tokens<arch, Q>::run(view, q.view(), scales.data(), zeros.data(), first, last);
  la::index wrong = 0;
  for (la::index t = 0; t != tokens; ++t) {
    bool const written = t >= first && t < last;
    float low = 0, high = 0;
    for (la::index k = 0; k != inputs; ++k) {
      low = std::min(low, static_cast<float>(x(t, k)));
      high = std::max(high, static_cast<float>(x(t, k)));
    }
    expected_token<Q> const token(low, high);
    wrong += scales[t] != (written ? token.scale : -7.0f);
    if (written && zeros.size() != 0) wrong += zeros[t] != token.zero;
    for (la::index k = 0; k != inputs; ++k)
      wrong +=
          q.view()(t, k) != (written ? static_cast<Q>(token.code(static_cast<float>(x(t, k)))) : static_cast<Q>(255));
  }
  CAPTURE(tokens, inputs, first, last, where);
  REQUIRE(wrong == 0);
  REQUIRE(q.intact());
  REQUIRE(scales.intact());
}

template <class Q, class X, la::order OX, la::order OQ>
void check_sizes() {
  lacuna_test::random r(1);
  auto const lanes = lanes_of<float>;
  for (auto const where : lacuna_test::both_placements)
    for (la::index const tokens : {1, lanes - 1, 4 * lanes, 5 * lanes + 3})
      for (la::index const inputs : {0, 1, lanes - 1, lanes + 1, 4 * lanes, 7 * lanes + 2})
        check<Q, X, OX, OQ>(r, tokens, inputs, tokens / 3, tokens - tokens / 4, where);
}

}  // namespace

TEST_CASE("quantize_tokens: every scale, zero point and integer, whatever the order") {
  check_sizes<std::uint8_t, float, row, row>();
  check_sizes<std::uint8_t, float, col, col>();
  check_sizes<std::uint8_t, float, row, col>();
  check_sizes<std::int8_t, float, row, row>();
  check_sizes<std::int8_t, float, col, row>();
}

TEST_CASE("quantize_tokens: other types of activations") {
  check_sizes<std::uint8_t, la::bf16, row, row>();
  check_sizes<std::int8_t, la::f16, col, col>();
  check_sizes<std::int8_t, double, row, row>();
}

TEST_CASE("quantize_tokens: a token that is not finite has a negative scale, wherever it is in a line") {
  for (la::index const size : {1, lanes_of<float>, 5 * lanes_of<float> + 1})
    for (la::index at = 0; at != size; ++at)
      for (float const bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::quiet_NaN(),
                              std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
        la::dense<float> x(3, size);
        x(1, at) = bad;
        la::dense<std::uint8_t> q(3, size);
        float scales[3] = {};
        std::int32_t zeros[3] = {};
        using kernel = la::kernel::quantize_tokens<arch, std::uint8_t>;
        kernel::run(la::dense_view<float const>(x.view()), q.view(), scales, zeros, 0, 3);
        bool const fine = scales[0] > 0 && scales[1] < 0 && scales[2] > 0;
        la::dense<float, col> turned(3, size);
        turned(1, at) = bad;
        kernel::run(la::dense_view<float const, col>(turned.view()), q.view(), scales, zeros, 0, 3);
        REQUIRE((fine && scales[0] > 0 && scales[1] < 0 && scales[2] > 0));
      }
}
