// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/int4_bytes.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/quantize.hpp>
#include <lacuna/spmm.hpp>

#include "support/int4_products.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace la = lacuna;
using lacuna_test::coverage;
using arch = la::simd::default_arch;

namespace {

/// spmm and linear, with both orders of X and Y, one thread and three.
template <class Format, class X>
void check(lacuna_test::random& r, la::index rows, la::index cols, la::index n) {
  auto const a = la::pack<Format>(lacuna_test::random_dense<float>(r, rows, cols),
                                  lacuna_test::random_mask(r, rows, cols, coverage::ragged));
  auto const x = lacuna_test::random_bytes<X>(r, cols, n);
  la::dense<X> tokens(n, cols);
  for (la::index k = 0; k != cols; ++k)
    for (la::index t = 0; t != n; ++t) tokens(t, k) = x(k, t);
  la::dense<float> y(rows, n), other(rows, n), turned(n, rows), shared(n, rows);
  CAPTURE(Format::layout::group, rows, cols, n);
  la::spmm(a, x, y);
  REQUIRE(lacuna_test::check_int4_product(a.view(), x, y) == "");
  la::threads pool(3);
  la::spmm(a, la::transpose(tokens.view()), other);
  la::linear(tokens, a, turned);
  la::linear(pool, la::transpose(x.view()), a, shared);
  la::index differ = 0;
  for (la::index i = 0; i != rows; ++i)
    for (la::index t = 0; t != n; ++t)
      differ += other(i, t) != y(i, t) || turned(t, i) != y(i, t) || shared(t, i) != y(i, t);
  CHECK(differ == 0);
}

}  // namespace

TEST_CASE("int4_bytes: spmm and linear of every order, any number of tokens, the same bits from every thread") {
  lacuna_test::random r(1);
  for (la::index const n : {1, 2, 4, 7, 8, 9, 40}) {
    check<la::grouped_int4<16, la::f16, std::uint16_t, std::uint32_t>, std::uint8_t>(r, 150, 101, n);
    check<la::grouped_int4<64>, std::int8_t>(r, 70, 200, n);
    check<la::grouped_int4<32, la::bf16>, std::uint8_t>(r, 19, 99, n);
    check<la::grouped_int4<6>, std::uint8_t>(r, 9, 20, n);
  }
  check<la::grouped_int4<16>, std::uint8_t>(r, 5, 0, 3);
  check<la::grouped_int4<16>, std::uint8_t>(r, 1, 1, 1);
}

TEST_CASE("int4_bytes: a vector of any stride, and an empty Y") {
  lacuna_test::random r(2);
  auto const a = la::pack<la::grouped_int4<32, la::f16>>(lacuna_test::random_dense<float>(r, 33, 90));
  auto const x = lacuna_test::random_bytes<std::int8_t>(r, 90, 3);
  la::dense<float> y(33, 1), all(33, 3), none(33, 0);
  la::spmm(a, x, all);
  la::spmv(a, la::vector_view<std::int8_t const>(x.data() + 1, 90, 3), la::vector_view<float>(y.data(), 33));
  CHECK(lacuna_test::check_int4_sum(a.view(), x, 32, 1, static_cast<double>(y(32, 0))) == "");
  CHECK(lacuna_test::check_int4_product(a.view(), x, all) == "");
  la::spmm(a, la::dense<std::int8_t>(90, 0), none);
}

TEST_CASE("int4_bytes: a layer of quantised tokens is the product of what they stand for") {
  lacuna_test::random r(3);
  la::index const outputs = 40, inputs = 130, tokens = 5;
  auto const a = la::pack<la::grouped_int4<64, la::f16>>(lacuna_test::random_dense<float>(r, outputs, inputs));
  auto const sums = la::row_sums(a);
  auto const x = lacuna_test::random_dense<float>(r, tokens, inputs);
  auto const q = la::quantize_tokens<std::uint8_t>(x);
  std::vector<float> const bias(static_cast<std::size_t>(outputs), 2.0f);
  la::dense<float> y(tokens, outputs), one(tokens, outputs), signs(tokens, outputs);
  la::linear(q.values, a, y, la::zero_point(q.zero_points, sums) | la::scale_tokens(q.scales) | la::bias(bias));
  la::linear(q.values, a, one, la::zero_point(7, sums) | la::scale_tokens(q.scales));
  auto const s = la::quantize_tokens<std::int8_t>(x);
  la::linear(s.values, a, signs, la::scale_tokens(s.scales));
  la::index wrong = 0;
  for (la::index t = 0; t != tokens; ++t)
    for (la::index i = 0; i != outputs; ++i) {
      double expected = 0, of_one = 0, of_signs = 0, size = 0;
      a.visit_row(i, [&](la::index k, float w) {
        auto const scale = static_cast<double>(q.scales[t]);
        expected += static_cast<double>(w) * scale * (q.values(t, k) - q.zero_points[t]);
        of_one += static_cast<double>(w) * scale * (q.values(t, k) - 7);
        of_signs += static_cast<double>(w) * static_cast<double>(s.scales[t]) * s.values(t, k);
        size += std::fabs(static_cast<double>(w)) * scale * 512;
      });
      auto const off = [&](float got, double sum) { return std::fabs(static_cast<double>(got) - sum) > 1e-6 * size; };
      wrong += off(y(t, i), expected + 2) || off(one(t, i), of_one) || off(signs(t, i), of_signs);
    }
  CHECK(wrong == 0);
}

TEST_CASE("int4_bytes: names") {
  using u8 = la::kernel_of<la::grouped_int4<16>, std::uint8_t, la::order::row_major>;
  using other = la::kernel_of<la::grouped_int4<24>, std::int8_t, la::order::row_major>;
  if constexpr (la::simd::has_batch<arch, std::int8_t>) {
    STATIC_REQUIRE(u8::spmm == "int4/bytes");
    STATIC_REQUIRE(u8::spmv == "int4/bytes");
  }
  STATIC_REQUIRE(other::spmm == "fallback");
}

TEST_CASE("int4_bytes: sums near the largest float") {
  la::dense<float> w(1, 128);
  w(0, 0) = 3e37f * 7;  // the scale of the group is 3e37
  w(0, 64) = -3e37f * 7;
  auto const a = la::pack<la::grouped_int4<64>>(w);
  for (la::index const n : {1, 2, 8, 20}) {
    la::dense<std::int8_t> x(128, n);
    la::dense<float> y(1, n), small(1, n);
    for (la::index t = 0; t != n; ++t) x(0, t) = 1, x(64, t) = 1;
    la::spmm(a, x, y);
    for (la::index t = 0; t != n; ++t) x(64, t) = 0;
    la::spmm(a, x, small);
    for (la::index t = 0; t != n; ++t) {
      CHECK(std::fabs(y(0, t) / w(0, 0)) < 1e-6f);
      CHECK(std::fabs(small(0, t) / w(0, 0) - 1) < 1e-6f);
    }
  }
}
