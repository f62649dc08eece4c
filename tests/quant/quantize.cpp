// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/quant/quantize.hpp>

#include "support/message_of.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace la = lacuna;

namespace {

constexpr la::quantization all_ways[] = {
    {.scales = la::scales::per_row},
    {.scales = la::scales::per_tensor},
    {.scales = la::scales::per_group, .group = 16},
    {.scales = la::scales::per_group, .group = 7, .bits = 4},
    {.scales = la::scales::per_row, .bits = 2},
};

/// Whether (i, j) and (i, k) share a scale by the words of the option.
bool together(la::quantization const& how, la::index i, la::index j, la::index i2, la::index j2) {
  if (how.scales == la::scales::per_tensor) return true;
  return i == i2 && (how.scales == la::scales::per_row || j / how.group == j2 / how.group);
}

/// Checks every scale, integer and error from the definition; returns how many are wrong.
template <class W>
la::index wrong(la::quantized const& q, W const& w, la::mask const& keep, la::quantization const& how) {
  double const most = (1 << (how.bits - 1)) - 1;
  la::index bad = 0;
  double max_abs = 0, difference = 0, weights = 0;
  for (la::index i = 0; i != w.rows(); ++i)
    for (la::index j = 0; j != w.cols(); ++j) {
      if (!keep(i, j)) {
        bad += q.values(i, j) != 0;
        continue;
      }
      double largest = 0;
      for (la::index k = 0; k != w.rows(); ++k)
        for (la::index l = 0; l != w.cols(); ++l)
          if (keep(k, l) && together(how, i, j, k, l))
            largest = std::max(largest, std::fabs(static_cast<double>(w(k, l))));
      auto const scale = static_cast<double>(q.scale(i, j));
      bad += q.scale(i, j) != static_cast<float>(largest / most);
      auto const exact = static_cast<double>(w(i, j)) / scale, code = static_cast<double>(q.values(i, j));
      bad += std::fabs(code - exact) > 0.5 + 1e-5 || std::fabs(code) > most;
      max_abs = std::max(max_abs, std::fabs(static_cast<double>(w(i, j)) - scale * code));
      difference += std::pow(static_cast<double>(w(i, j)) - scale * code, 2);
      weights += std::pow(static_cast<double>(w(i, j)), 2);
    }
  bad += q.error.max_abs != max_abs;
  bad += std::fabs(q.error.relative - std::sqrt(difference / weights)) > 1e-12;
  return bad;
}

}  // namespace

TEST_CASE("quantize: scales, integers and error are what they are said to be") {
  lacuna_test::random r(1);
  for (auto const& how : all_ways) {
    auto const w = lacuna_test::random_dense<float>(r, 9, 37, lacuna_test::spread::heavy_tailed);
    auto const by_column = lacuna_test::random_dense<la::bf16, la::order::col_major>(r, 5, 16);
    CHECK(wrong(la::quantize(w, how), w, la::mask(9, 37, true), how) == 0);
    CHECK(wrong(la::quantize(by_column, how), by_column, la::mask(5, 16, true), how) == 0);
    auto const keep = lacuna_test::random_mask(r, 9, 37, 0.5);
    CHECK(wrong(la::quantize(w, keep, how), w, keep, how) == 0);
  }
}

TEST_CASE("quantize: the same for every executor") {
  lacuna_test::random r(2);
  auto const w = lacuna_test::random_dense<double>(r, 300, 200);
  la::threads pool(3);
  for (auto const& how : all_ways) {
    auto const one = la::quantize(w, how), many = la::quantize(pool, w, how);
    CHECK(one.values == many.values);
    CHECK(std::equal(one.scales.begin(), one.scales.end(), many.scales.begin(), many.scales.end()));
    CHECK(one.error.max_abs == many.error.max_abs);
    CHECK(one.error.relative == many.error.relative);
  }
}

TEST_CASE("quantize: ties go to even, the largest of either sign to the largest integer") {
  la::dense<float> w(1, 9);
  float const values[] = {127, -127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f, 126.5f};
  int const expected[] = {127, -127, 0, 2, 2, 0, -2, -2, 126};
  for (la::index j = 0; j != 9; ++j) w(0, j) = values[j];
  auto const q = la::quantize(w);
  CHECK(q.scales[0] == 1.0f);
  for (la::index j = 0; j != 9; ++j) CHECK(q.values(0, j) == expected[j]);
  CHECK(q.error.max_abs == 0.5);
}

TEST_CASE("quantize: zeros of both signs, subnormal weights, one weight, none") {
  la::dense<float> w(3, 2);
  w(0, 0) = -0.0f;
  w(1, 0) = std::numeric_limits<float>::denorm_min();
  w(2, 0) = -std::numeric_limits<float>::max();
  auto const q = la::quantize(w);
  for (la::index i = 0; i != 2; ++i) {
    CHECK(q.scales[i] == std::numeric_limits<float>::min());
    CHECK(q.values(i, 0) == 0);
  }
  CHECK(q.values(2, 0) == -127);
  CHECK(la::dequantize(q)(2, 1) == 0.0f);
  CHECK(la::quantize(la::dense<float>(4, 4)).error.relative == 0);
  for (auto const& how : all_ways)
    for (auto const& [rows, cols] : {std::pair<la::index, la::index>{0, 0}, {0, 3}, {3, 0}, {1, 1}}) {
      la::dense<float> one(rows, cols);
      if (rows == 1 && cols == 1) one(0, 0) = -2.5f;
      auto const some = la::quantize(one, how);
      CHECK(some.values.rows() == rows);
      CHECK(some.values.cols() == cols);
      if (rows == 1 && cols == 1) CHECK(some.values(0, 0) == -((1 << (how.bits - 1)) - 1));
    }
}

TEST_CASE("quantize: dequantize gives back what integers and scales say") {
  lacuna_test::random r(3);
  auto const w = lacuna_test::random_dense<float>(r, 6, 50);
  for (auto const& how : all_ways) {
    auto const q = la::quantize(w, how);
    auto const back = la::dequantize(q);
    double largest = 0;
    for (la::index i = 0; i != 6; ++i)
      for (la::index j = 0; j != 50; ++j)
        largest = std::max(largest, std::fabs(static_cast<double>(w(i, j)) - static_cast<double>(back(i, j))));
    CHECK(std::fabs(largest - q.error.max_abs) < 1e-6);
    CHECK(la::quantize(back, how).values == q.values);
  }
}

TEST_CASE("quantize: what can't be quantised is named") {
  auto const said = [](auto const& f) { return lacuna_test::message_of<la::value_error>(f); };
  la::dense<double> w(3, 8);
  la::mask keep(3, 8, true);
  for (auto const& [bad, name] : {std::pair<double, char const*>{std::nan(""), "nan"},
                                  {1e300, "1e+300"},
                                  {-std::numeric_limits<double>::infinity(), "-inf"}}) {
    w(2, 5) = bad;
    CHECK(said([&] { static_cast<void>(la::quantize(w)); }) ==
          std::string("quantize: the weight in row 2, column 5 is ") + name + ", expected a finite float");
  }
  keep.set(2, 5, false);
  CHECK(la::quantize(w, keep).values(2, 5) == 0);
  CHECK(said([&] { static_cast<void>(la::quantize(w, {.bits = 9})); }) == "quantize: 9 bits, expected 2 to 8");
  CHECK(said([&] { static_cast<void>(la::quantize(w, {.group = 0})); }) ==
        "quantize: groups of 0 inputs, expected at least 1");
  CHECK(lacuna_test::message_of<la::shape_error>([&] { static_cast<void>(la::quantize(w, la::mask(8, 3))); }) ==
        "quantize: W is 3x8, the mask is 8x3");
}

TEST_CASE("quantize: the largest floats stay finite") {
  constexpr float most = std::numeric_limits<float>::max();
  la::dense<float> w(1, 2);
  w(0, 0) = most;
  w(0, 1) = -most;
  for (int bits = 2; bits <= 8; ++bits) {
    CAPTURE(bits);
    auto const back = la::dequantize(la::quantize(w, {.bits = bits}));
    CHECK(std::fabs(back(0, 0) - most) <= most * 0x1p-22f);
    CHECK(back(0, 1) == -back(0, 0));
  }
}
