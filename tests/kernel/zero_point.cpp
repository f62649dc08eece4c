// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/zero_point.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/quant/row_sums.hpp>
#include <lacuna/spmm.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

namespace la = lacuna;

namespace {

/// An int8 layer of random weights, the extremes among them, and activations with zero points.
struct layer {
  static constexpr la::index outputs = 37, inputs = 61, tokens = 19;
  la::csr<std::int8_t> a;
  la::buffer<std::int32_t> row_sums;
  la::dense<std::uint8_t> x;
  std::vector<std::int32_t> zeros;
  std::vector<float> row_scales, token_scales, bias;
  la::dense<float> residual;

  explicit layer(std::uint64_t seed) {
    lacuna_test::random r(seed);
    auto w = lacuna_test::random_dense<std::int8_t>(r, outputs, inputs);
    auto keep = lacuna_test::random_mask(r, outputs, inputs, lacuna_test::coverage::ragged);
    x = lacuna_test::random_dense<std::uint8_t>(r, inputs, tokens);
    for (la::index j = 0; j != inputs; ++j) keep.set(0, j, true), w(0, j) = -128, x(j, 0) = 255;
    a = la::pack<la::csr<std::int8_t>>(w, keep);
    row_sums = la::row_sums(a);
    for (la::index t = 0; t != tokens; ++t) zeros.push_back(static_cast<std::int32_t>(r.below(256)));
    zeros[0] = 255;
    for (la::index i = 0; i != outputs; ++i) row_scales.push_back(std::ldexp(1.0f, -static_cast<int>(r.below(6))));
    for (la::index t = 0; t != tokens; ++t) token_scales.push_back(std::ldexp(1.0f, -static_cast<int>(r.below(6))));
    for (la::index i = 0; i != outputs; ++i) bias.push_back(static_cast<float>(r.below(100)));
    residual = la::dense<float>(outputs, tokens);
    for (la::index i = 0; i != outputs; ++i)
      for (la::index t = 0; t != tokens; ++t) residual(i, t) = static_cast<float>(r.below(1000));
  }
  /// sum of w (x - z), exact.
  [[nodiscard]] std::int64_t sum(la::index i, la::index t, std::int64_t z) const {
    std::int64_t total = 0;
    a.visit_row(i, [&](la::index k, std::int8_t w) { total += std::int64_t{w} * (std::int64_t{x(k, t)} - z); });
    return total;
  }
};

/// Products into Y by spmm in both orders, and by linear; every element is expected(i, t).
template <class Y, class Make, class Expected>
la::index wrong_products(layer const& l, Make const& make, Expected const& expected) {
  la::dense<Y> y(l.outputs, l.tokens);
  la::dense<Y, la::order::col_major> by_column(l.outputs, l.tokens);
  la::dense<Y> tokens_first(l.tokens, l.outputs);
  la::dense<float> turned(l.tokens, l.outputs);
  for (la::index i = 0; i != l.outputs; ++i)
    for (la::index t = 0; t != l.tokens; ++t) turned(t, i) = l.residual(i, t);
  la::spmm(l.a, l.x, y, make(l.residual));
  la::spmm(l.a, l.x, by_column, make(l.residual));
  la::linear(la::transpose(l.x.view()), l.a, tokens_first, make(turned));
  la::index wrong = 0;
  for (la::index i = 0; i != l.outputs; ++i)
    for (la::index t = 0; t != l.tokens; ++t)
      for (auto const got : {y(i, t), by_column(i, t), tokens_first(t, i)}) wrong += got != expected(i, t);
  return wrong;
}

}  // namespace

TEST_CASE("zero_point: one for all tokens, or one for each; int32 is exact") {
  layer const l(1);
  auto const each = [&](auto const&) { return la::zero_point(l.zeros, l.row_sums); };
  CHECK(wrong_products<std::int32_t>(
            l, each, [&](auto i, auto t) { return l.sum(i, t, l.zeros[static_cast<std::size_t>(t)]); }) == 0);
  for (std::int32_t const z : {0, 1, 128, 255})
    CHECK(wrong_products<std::int32_t>(
              l, [&](auto const&) { return la::zero_point(z, l.row_sums); },
              [&](auto i, auto t) { return l.sum(i, t, z); }) == 0);
}

TEST_CASE("zero_point: before scales, bias, activation and residual; exact where float is") {
  layer const l(2);
  auto const make = [&](auto const& residual) {
    return la::zero_point(l.zeros, l.row_sums) | la::scale_tokens(l.token_scales) | la::scale(l.row_scales) |
           la::bias(l.bias) | la::relu | la::add(residual);
  };
  CHECK(wrong_products<float>(l, make, [&](auto i, auto t) {
          auto const row = static_cast<std::size_t>(i), token = static_cast<std::size_t>(t);
          auto const sum = static_cast<double>(l.sum(i, t, l.zeros[token]));
          auto const v = sum * static_cast<double>(l.token_scales[token] * l.row_scales[row]);
          return static_cast<float>(std::max(0.0, v + static_cast<double>(l.bias[row])) +
                                    static_cast<double>(l.residual(i, t)));
        }) == 0);
}

TEST_CASE("zero_point: subtracted from the int32 sum, not from a rounded one") {
  la::dense<std::int8_t> w(1, 66000);
  la::dense<std::uint8_t> x(66000, 2);
  for (la::index k = 0; k != w.cols(); ++k) w(0, k) = k == 0 ? 1 : 127, x(k, 0) = x(k, 1) = 200;
  x(0, 1) = 201;
  auto const a = la::pack<la::csr<std::int8_t>>(w);
  la::dense<float> y(1, 2);
  la::spmm(a, x, y, la::zero_point(200, la::row_sums(a)) | la::scale(1.0f));  // sums of 1.7e9: float has steps of 128
  CHECK(y(0, 0) == 0.0f);
  CHECK(y(0, 1) == 1.0f);
}

TEST_CASE("zero_point: subtracted from the int32 sum of blocks and tokens too, into Y of either order") {
  la::dense<std::int8_t> w(16, 66000);
  la::dense<std::uint8_t> x(2, 66000);
  for (la::index k = 0; k != w.cols(); ++k) {
    for (la::index i = 0; i != w.rows(); ++i) w(i, k) = k == 0 ? 1 : 127;
    x(0, k) = x(1, k) = 200;
  }
  x(1, 0) = 201;
  auto const a = la::pack<la::bsr<std::int8_t, 16, 4>>(w);
  auto const sums = la::row_sums(a);
  auto const ep = la::zero_point(200, sums) | la::scale(1.0f);
  la::dense<float> y(2, 16);
  la::dense<float, la::order::col_major> by_columns(2, 16);
  la::linear(x, a, y, ep);
  la::linear(x, a, by_columns, ep);
  for (la::index i = 0; i != 16; ++i)
    for (la::index t = 0; t != 2; ++t) {
      CHECK(y(t, i) == static_cast<float>(t));
      CHECK(by_columns(t, i) == static_cast<float>(t));
    }
}

TEST_CASE("zero_point: and back to 8 bits, one column too") {
  layer const l(3);
  auto const make = [&](auto const&) {
    return la::zero_point(l.zeros, l.row_sums) | la::scale_tokens(l.token_scales) |
           la::requantize<std::uint8_t>(l.row_scales, 7);
  };
  auto const expected = [&](la::index i, la::index t) {
    auto const row = static_cast<std::size_t>(i), token = static_cast<std::size_t>(t);
    auto const v = static_cast<double>(l.sum(i, t, l.zeros[token])) *
                   static_cast<double>(l.token_scales[token] * l.row_scales[row]);
    return static_cast<int>(std::clamp(std::nearbyint(v) + 7, 0.0, 255.0));
  };
  CHECK(wrong_products<std::uint8_t>(l, make, expected) == 0);
  std::vector<std::uint8_t> y(l.outputs), column(l.inputs);
  for (la::index k = 0; k != l.inputs; ++k) column[static_cast<std::size_t>(k)] = l.x(k, 0);
  la::spmv(l.a, column, y,
           la::zero_point(l.zeros[0], l.row_sums) | la::scale(l.token_scales[0]) |
               la::requantize<std::uint8_t>(l.row_scales, 7));
  la::index wrong = 0;
  for (la::index i = 0; i != l.outputs; ++i) wrong += y[static_cast<std::size_t>(i)] != expected(i, 0);
  CHECK(wrong == 0);
}

TEST_CASE("zero_point: operands of another size are named") {
  layer const l(4);
  la::dense<std::int32_t> y(l.outputs, l.tokens), turned(l.tokens, l.outputs);
  std::vector<std::int32_t> const five(5);
  auto const said = [](auto const& f) { return lacuna_test::message_of<la::shape_error>(f); };
  CHECK(said([&] { la::spmm(l.a, l.x, y, la::zero_point(1, five)); }) ==
        "spmm: zero_point has sums of 5 rows, A has 37 rows");
  CHECK(said([&] { la::spmm(l.a, l.x, y, la::zero_point(five, l.row_sums)); }) ==
        "spmm: zero_point has 5 zero points, X has 19 tokens");
  CHECK(said([&] { la::linear(la::transpose(l.x.view()), l.a, turned, la::zero_point(five, l.row_sums)); }) ==
        "linear: zero_point has 5 zero points, X has 19 tokens");
  la::dense<float> floating(l.outputs, l.tokens);
  CHECK(said([&] { la::spmm(l.a, l.x, floating, la::scale_tokens(std::vector<float>(3))); }) ==
        "spmm: scale_tokens has 3 values, X has 19 tokens");
}
