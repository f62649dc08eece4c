// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/allocations.hpp"
#include "support/any_executor.hpp"
#include "support/conformance.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tests_of_spmm {

namespace la = lacuna;
using lacuna_test::same_bits;

namespace {

constexpr auto col = la::order::col_major;

/// The message of the shape_error that f() throws.
template <class F>
std::string said(F const& f) {
  try {
    f();
  } catch (la::shape_error const& e) {
    return e.what();
  }
  return "nothing";
}

/// A Y full of sevens, and whether it still is.
struct sevens {
  la::dense<float> y;
  sevens(la::index rows, la::index cols) : y(rows, cols) {
    for (la::index i = 0; i != rows; ++i)
      for (la::index j = 0; j != cols; ++j) y(i, j) = 7;
  }
  [[nodiscard]] bool untouched() const { return same_bits(y, sevens(y.rows(), y.cols()).y); }
};

la::csr<float> full(la::index rows, la::index cols) {
  lacuna_test::random r(1);
  return la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, rows, cols));
}

}  // namespace

TEST_CASE("spmm: shapes that do not fit are named, and nothing is written") {
  auto const a = full(8, 16);
  la::dense<float> const x(16, 5);
  sevens y(8, 5), y_low(7, 5), y_narrow(8, 4), yt(16, 5);
  CHECK(said([&] { la::spmm(a, la::dense<float>(12, 5), y.y); }) == "spmm: A is 8x16, X has 12 rows");
  CHECK(said([&] { la::spmm(a, x, y_low.y); }) == "spmm: A is 8x16, Y has 7 rows");
  CHECK(said([&] { la::spmm(a, x, y_narrow.y); }) == "spmm: X has 5 columns, Y has 4");
  CHECK(said([&] { la::spmm(la::transposed(a), x, yt.y); }) == "spmm: A is 16x8, X has 16 rows");
  CHECK(y.untouched());
  CHECK(y_low.untouched());
  CHECK(y_narrow.untouched());
  CHECK(yt.untouched());
}

TEST_CASE("spmm: a matrix that was moved from is 0x0") {
  auto a = full(3, 4);
  auto const moved = std::move(a);
  la::dense<float> const x(0, 5);
  la::dense<float> y(0, 5);
  la::spmm(a, x, y);
  std::vector<float> none;
  la::spmv(a, none, none);
  CHECK(said([&] { la::spmm(a, la::dense<float>(4, 5), y); }) == "spmm: A is 0x0, X has 4 rows");
  CHECK(moved == full(3, 4));
}

TEST_CASE("spmv: shapes that do not fit are named, and nothing is written") {
  auto const a = full(8, 16);
  std::vector<float> const x(16), x_long(17);
  std::vector<float> y(8, 7), y_short(7, 7);
  CHECK(said([&] { la::spmv(a, x_long, y); }) == "spmv: A is 8x16, x has 17 elements");
  CHECK(said([&] { la::spmv(a, x, y_short); }) == "spmv: A is 8x16, y has 7 elements");
  CHECK(said([&] { la::spmv(la::transposed(a), x, y); }) == "spmv: A is 16x8, x has 16 elements");
  CHECK(said([&] { la::spmv(a, x, y, la::bias(x)); }) == "spmv: bias has 16 values, A has 8 rows");
  CHECK(said([&] { la::spmv(a, x, y, la::add(la::dense<float>(1, 8))); }) ==
        "spmv: the matrix to add is 1x8, Y is 8x1");
  CHECK(y == std::vector<float>(8, 7));
  CHECK(y_short == std::vector<float>(7, 7));
}

TEST_CASE("linear: shapes that do not fit are named as the caller wrote them, and nothing is written") {
  auto const a = full(8, 16);
  la::dense<float> const x(5, 16);
  sevens y(5, 8), y_wide(5, 9), y_low(4, 8);
  std::vector<float> const five(5), eight(8);
  CHECK(said([&] { la::linear(la::dense<float>(5, 12), a, y.y); }) == "linear: A is 8x16, X has 12 columns");
  CHECK(said([&] { la::linear(x, a, y_wide.y); }) == "linear: A is 8x16, Y has 9 columns");
  CHECK(said([&] { la::linear(x, a, y_low.y); }) == "linear: X has 5 rows, Y has 4");
  CHECK(said([&] { la::linear(x, a, y.y, la::bias(five)); }) == "linear: bias has 5 values, A has 8 rows");
  CHECK(said([&] { la::linear(x, a, y.y, la::scale(five)); }) == "linear: scale has 5 values, A has 8 rows");
  CHECK(said([&] { la::linear(x, a, y.y, la::add(la::dense<float>(8, 5))); }) ==
        "linear: the matrix to add is 8x5, Y is 5x8");
  CHECK(said([&] { la::linear(x, a, y.y, la::bias(eight) | la::add(la::dense<float>(5, 8))); }) == "nothing");
  CHECK(y_wide.untouched());
  CHECK(y_low.untouched());
}

TEST_CASE("spmm: operands of an epilogue that do not fit are named, and nothing is written") {
  auto const a = full(8, 16);
  la::dense<float> const x(16, 5);
  sevens y(8, 5);
  std::vector<float> const five(5), eight(8);
  CHECK(said([&] { la::spmm(a, x, y.y, la::bias(five)); }) == "spmm: bias has 5 values, A has 8 rows");
  CHECK(said([&] { la::spmm(a, x, y.y, la::scale(five)); }) == "spmm: scale has 5 values, A has 8 rows");
  CHECK(said([&] { la::spmm(a, x, y.y, la::relu | la::bias(eight) | la::scale(five)); }) ==
        "spmm: scale has 5 values, A has 8 rows");
  CHECK(said([&] { la::spmm(a, x, y.y, la::add(la::dense<float>(8, 4))); }) ==
        "spmm: the matrix to add is 8x4, Y is 8x5");
  CHECK(said([&] { la::spmm(a, x, y.y, la::add(la::dense<float>(5, 8))); }) ==
        "spmm: the matrix to add is 5x8, Y is 8x5");
  la::dense<std::int8_t> quantised(8, 5);
  CHECK(said([&] { la::spmm(a, x, quantised, la::requantize<std::int8_t>(five)); }) ==
        "spmm: scale has 5 values, A has 8 rows");
  CHECK(y.untouched());
}

namespace {

/// Operands of a product that is worth cutting, and its results by several ways.
struct large {
  static constexpr la::index rows = 203, cols = 301, columns = 77;
  la::csr<float> a;
  la::bitmap<float> b;
  la::bsr<double, 4, 1> d;
  la::dense<float> x, xt;
  la::dense<double, col> xd;
  std::vector<float> v;

  large() {
    lacuna_test::random r(7);
    auto const w = lacuna_test::random_dense<float>(r, rows, cols, lacuna_test::spread::heavy_tailed);
    auto const keep = lacuna_test::random_mask(r, rows, cols, 0.6);
    a = la::pack<la::csr<float>>(w, keep);
    b = la::pack<la::bitmap<float>>(w, keep);
    d = la::pack<la::bsr<double, 4, 1>>(w, keep);
    x = lacuna_test::random_dense<float>(r, cols, columns);
    xt = lacuna_test::random_dense<float>(r, rows, columns);
    xd = lacuna_test::random_dense<double, col>(r, cols, columns);
    v = lacuna_test::random_vector<float>(r, cols);
  }
};

struct results {
  la::dense<float> spmm{large::rows, large::columns}, linear{large::columns, large::rows};
  la::dense<float> bits{large::rows, large::columns};
  la::dense<float, col> transposed{large::cols, large::columns};
  la::dense<double> doubles{large::rows, large::columns};
  std::vector<float> spmv = std::vector<float>(large::rows);

  template <class E>
  results(E&& exec, large const& o) {
    la::spmm(exec, o.a, o.x, spmm, la::relu);
    la::linear(exec, la::transpose(o.x.view()), o.a, linear);
    la::spmm(exec, la::transposed(o.a), o.xt, transposed);
    la::spmm(exec, o.d, o.xd, doubles);
    la::spmm(exec, o.b, o.x, bits);
    la::spmv(exec, o.b, o.v, spmv);
  }
  [[nodiscard]] bool equals(results const& other) const {
    return same_bits(spmm, other.spmm) && same_bits(bits, other.bits) && same_bits(linear, other.linear) &&
           same_bits(transposed.view(), other.transposed.view()) && same_bits(doubles, other.doubles) &&
           spmv == other.spmv;
  }
};

/// Counts the ranges, and runs them in turn.
struct counting {
  la::index ranges = 0;
  [[nodiscard]] static constexpr la::index concurrency() noexcept { return 4; }
  template <class F>
  void for_ranges(la::index n, la::index grain, F&& f) {
    for (la::index first = 0; first < n; first += grain, ++ranges)
      f(first, std::min(n, first + grain), ranges % concurrency());
  }
};

struct broken {
  [[nodiscard]] static constexpr la::index concurrency() noexcept { return 2; }
  template <class F>
  void for_ranges(la::index, la::index, F&&) const {
    throw std::runtime_error("no worker");
  }
};

}  // namespace

TEST_CASE("spmm: the same bits for every executor, thread count and run") {
  large const o;
  results const expected(la::serial{}, o);
  CHECK(lacuna_test::check_product(o.d, o.xd, expected.doubles) == "");
  CHECK(lacuna_test::check_product(o.a, o.x, la::transpose(expected.linear.view())) == "");
  CHECK(lacuna_test::check_product(lacuna_test::plain_transpose<float>(o.a), o.xt, expected.transposed) == "");
  CHECK(lacuna_test::check_vector_product(o.b, o.v, expected.spmv) == "");
  counting counted;
  CHECK(results(counted, o).equals(expected));
  CHECK(counted.ranges > 5 * 4);  // the work was cut, or the rest shows nothing
  for (int run = 0; run != (lacuna_test::quick() ? 1 : 5); ++run) {
    for (la::index const n : {1, 2, 3, 7}) {
      la::threads pool{n};
      CAPTURE(n, run);
      CHECK(results(pool, o).equals(expected));
      CHECK(results(pool, o).equals(expected));
    }
#if defined(_OPENMP)
    CHECK(results(la::openmp{3}, o).equals(expected));
#endif
  }
}

TEST_CASE("spmm: an exception of an executor comes through") {
  la::dense<float> y(8, 2);
  CHECK_THROWS_AS(la::spmm(broken{}, full(8, 3), la::dense<float>(3, 2), y), std::runtime_error);
}

TEST_CASE("spmm: no allocation in steady state") {
  large const o;
  results y(la::serial{}, o);
  auto const run = [&](auto& exec) {
    la::spmm(exec, o.a, o.x, y.spmm, la::bias(std::span<float const>(o.v.data(), large::rows)) | la::gelu);
    la::linear(exec, la::transpose(o.x.view()), o.a, y.linear);
    la::spmm(exec, la::transposed(o.a), o.xt, y.transposed);
    la::spmm(exec, o.d, o.xd, y.doubles);
    la::spmm(exec, o.b, o.x, y.bits);
    la::spmv(exec, o.b, o.v, y.spmv);
  };
  la::serial alone;
  CHECK(lacuna_test::allocations_during([&] { run(alone); }) == 0);

  la::threads pool{3};
  run(pool);
  CHECK(lacuna_test::allocations_during([&] {
          for (int i = 0; i != 5; ++i) run(pool);
        }) == 0);
}

TEST_CASE("spmm: operands of every kind") {
  lacuna_test::random r(3);
  auto const a = full(6, 4);
  auto const x = lacuna_test::random_dense<float>(r, 4, 3);
  la::dense<float> expected(6, 3);
  la::spmm(a, x, expected);
  REQUIRE(lacuna_test::check_product(a, x, expected) == "");

  la::dense<float> y(6, 3);
  la::spmm(a.view(), x.view(), y.view());  // views, Y as an rvalue
  CHECK(same_bits(y, expected));
  auto mutable_x = x;
  y = la::dense<float>(6, 3);
  la::spmm(a, mutable_x.view(), y);  // an X that could be written
  CHECK(same_bits(y, expected));
  y = la::dense<float>(6, 3);
  la::spmm(la::transposed(la::transposed(a)), x, y);
  CHECK(same_bits(y, expected));

  std::array<float, 4> v{1, -2, 3, -4};
  std::vector<float> from_array(6), from_span(6);
  la::spmv(a, v, from_array);
  la::spmv(la::threads{2}, a, std::span<float>(v), std::span<float>(from_span), la::identity_epilogue{});
  CHECK(from_array == from_span);
  CHECK(lacuna_test::check_vector_product(a, v, from_array) == "");
  std::vector<float> back(4);
  la::spmv(la::transposed(a), from_array, back);
  CHECK(lacuna_test::check_vector_product(lacuna_test::plain_transpose<float>(a), from_array, back) == "");
}

TEST_CASE("linear: a token, in every order, is a product with a vector") {
  lacuna_test::random r(4);
  auto const a = full(9, 70);
  auto const v = lacuna_test::random_vector<float>(r, 70);
  std::vector<float> expected(9), y(9);
  la::spmv(a, v, expected, la::silu);
  REQUIRE(expected[0] != 0);
  la::linear(la::dense_view<float const>(v.data(), 1, 70), a, la::dense_view<float>(y.data(), 1, 9), la::silu);
  CHECK(y == expected);
  y.assign(9, 0);
  la::linear(la::dense_view<float const, col>(v.data(), 1, 70), a, la::dense_view<float, col>(y.data(), 1, 9),
             la::silu);
  CHECK(y == expected);
}

TEST_CASE("spmv: a token's residual is a vector, and tokens are rows of matrices") {
  lacuna_test::random r(5);
  auto const a = full(9, 70);
  auto const x = lacuna_test::random_dense<float>(r, 3, 70);
  auto const residual = lacuna_test::random_dense<float>(r, 3, 9);
  la::dense<float> expected(3, 9), y(3, 9);
  la::linear(x, a, expected, la::relu | la::add(residual));
  for (la::index t = 0; t != 3; ++t)
    la::spmv(a, la::row(x, t), la::row(y, t), la::relu | la::add(la::row(residual, t)));
  for (la::index k = 0; k != 27; ++k) CHECK(std::abs(y.data()[k] - expected.data()[k]) < 1e-4f);
  std::vector<float> const long_one(10);
  CHECK(said([&] { la::spmv(a, la::row(x, 0), la::row(y, 0), la::add(long_one)); }) ==
        "spmv: the matrix to add is 10x1, Y is 9x1");
}

}  // namespace tests_of_spmm
