// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/any_executor.hpp"
#include "support/conformance.hpp"
#include "support/epilogues.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace tests_of_epilogue {

namespace la = lacuna;
using lacuna_test::guarded_dense;
using lacuna_test::oracle_epilogue;
using lacuna_test::placement;
using oracle = lacuna_test::oracle_stages<float>;

namespace {

constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;

/// One product and every operand that an epilogue may want.
struct operands {
  la::csr<float> a;
  la::dense<float> x;
  la::dense<float> old;
  la::dense<float> residual;
  la::dense<double> residual_double;
  la::dense<la::bf16, col> residual_bf16;
  std::vector<float> b;
  std::vector<double> factors;

  explicit operands(la::index n) {
    lacuna_test::random r(static_cast<std::uint64_t>(n));
    a = la::pack<la::csr<float>>(lacuna_test::random_dense<float>(r, 6, 23),
                                 lacuna_test::random_mask(r, 6, 23, lacuna_test::coverage::ragged));
    x = lacuna_test::random_dense<float>(r, 23, n, lacuna_test::spread::heavy_tailed);
    old = lacuna_test::random_dense<float>(r, 6, n);
    residual = lacuna_test::random_dense<float>(r, 6, n);
    residual_double = lacuna_test::random_dense<double>(r, 6, n);
    residual_bf16 = lacuna_test::random_dense<la::bf16, col>(r, 6, n);
    b = lacuna_test::random_vector<float>(r, 6);
    factors = lacuna_test::random_vector<double>(r, 6);
  }
};

using y_view = la::dense_view<float>;
using x_by_row = la::dense_view<float const, row>;
using x_by_column = la::dense_view<float const, col>;
template <class X>
using product = void (*)(lacuna_test::any_executor const&, operands const&, X, y_view);

/// One epilogue through every verb and kernel: as functions, so that what checks them is compiled once.
struct products {
  product<x_by_row> rows;
  product<x_by_column> columns;
  product<x_by_column> fallback;
  product<x_by_row> linear_rows;
  product<x_by_column> linear_columns;
};

/// Make{}(o, shaped) makes the epilogue; shaped brings a matrix into the shape of the verb's Y.
template <class Make>
auto of_spmm(operands const& o) {
  return Make{}(o, [](auto const& m) { return la::view_of(m); });
}
template <class Make>
auto of_linear(operands const& o) {
  return Make{}(o, [](auto const& m) { return la::transpose(la::view_of(m)); });
}
template <class Make, class X>
void spmm_with(lacuna_test::any_executor const& exec, operands const& o, X x, y_view y) {
  la::spmm(exec, o.a, x, y, of_spmm<Make>(o));
}
template <class Make, class X>
void fallback_with(lacuna_test::any_executor const&, operands const& o, X x, y_view y) {
  la::kernel::spmm_fallback::run(o.a.view(), x, y, la::detail::as_epilogue(of_spmm<Make>(o)), 0, y.rows());
}
template <class Make, class X>
void linear_with(lacuna_test::any_executor const& exec, operands const& o, X x, y_view y) {
  la::linear(exec, la::transpose(x), o.a, la::transpose(y), of_linear<Make>(o));
}
template <class Make>
products products_of(Make) {
  return {spmm_with<Make, x_by_row>, spmm_with<Make, x_by_column>, fallback_with<Make, x_by_column>,
          linear_with<Make, x_by_row>, linear_with<Make, x_by_column>};
}

/// Y by rows, before it the old values; what it holds afterwards.
template <class X>
la::dense<float> after(operands const& o, std::string& problem, product<X> run, X x) {
  la::serial alone;
  guarded_dense<float> y(6, o.x.cols(), 2, placement::upper);
  y.assign(o.old);
  run(lacuna_test::any_executor(alone), o, x, y.view());
  if (!y.intact()) problem = "written beside Y";
  return y.values();
}

using expected_stages = std::vector<lacuna_test::oracle_stage> (*)(operands const&);

/// Through registers, with X by rows and by columns; through the fallback; and the first two through linear.
std::string epilogue_problem(la::index n, products const& with, expected_stages expected) {
  operands const o(n);
  guarded_dense<float, row> by_row(o.x, 1, placement::upper);
  guarded_dense<float, col> by_col(o.x, 1, placement::upper);
  x_by_row const xr = by_row.view();
  x_by_column const xc = by_col.view();
  std::string problem;
  auto const fast = after(o, problem, with.rows, xr);
  auto const packed = after(o, problem, with.columns, xc);
  auto const slow = after(o, problem, with.fallback, xc);
  auto const fast_linear = after(o, problem, with.linear_rows, xr);
  auto const packed_linear = after(o, problem, with.linear_columns, xc);
  oracle_epilogue const oracle{expected(o)};
  for (auto const* y : {&fast, &packed, &slow})
    if (auto const wrong = lacuna_test::check_product(o.a, o.x, *y, oracle); !wrong.empty())
      return (y == &fast ? "registers: " : y == &packed ? "X by columns: " : "fallback: ") + wrong;
  if (!lacuna_test::same_bits(fast, fast_linear)) return "linear differs, registers";
  if (!lacuna_test::same_bits(packed, packed_linear)) return "linear differs, X by columns";
  // From 512 bytes on whole rows of X may be read in place (csr_wide), which adds up in an order of its own.
  bool const same_tiles = o.x.cols() > 1 && o.x.cols() < 128;
  if (same_tiles && !lacuna_test::same_bits(fast, packed)) return "X by columns differs";
  return problem;
}

/// For one column, for less than a register, and for tiles of every width.
void check_epilogue(char const* made, products const& with, expected_stages expected) {
  for (la::index const n : {1, 3, 16, 8 * 16 + 4 * 16 + 2 * 16 + 16 + 5}) {
    CAPTURE(made, n);
    CHECK(epilogue_problem(n, with, expected) == "");
  }
}

/// CHECK_EPILOGUE(an epilogue of o and shaped, its stages as the oracle knows them...)
#define CHECK_EPILOGUE(MAKE, ...)                                               \
  check_epilogue(#MAKE, products_of([](operands const& o, auto const& shaped) { \
                   static_cast<void>(o), static_cast<void>(shaped);             \
                   return MAKE;                                                 \
                 }),                                                            \
                 [](operands const& o) {                                        \
                   static_cast<void>(o);                                        \
                   return std::vector<lacuna_test::oracle_stage>{__VA_ARGS__};  \
                 })

auto bias_of(operands const& o) {
  return oracle::plus([&o](auto i, auto) { return o.b[static_cast<std::size_t>(i)]; });
}
auto factors_of(operands const& o) {
  return oracle::times([&o](auto i, auto) { return static_cast<float>(o.factors[static_cast<std::size_t>(i)]); });
}
/// The element of a matrix, in float.
template <class M>
auto entries(M const& m) {
  return oracle::plus([&m](auto i, auto j) { return static_cast<float>(m(i, j)); });
}

}  // namespace

TEST_CASE("epilogue: bias and scales") {
  CHECK_EPILOGUE(la::bias(o.b), bias_of(o));
  CHECK_EPILOGUE(la::scale(0.3f), oracle::times([](auto, auto) { return 0.3f; }));
  CHECK_EPILOGUE(la::scale(o.factors), factors_of(o));
}

TEST_CASE("epilogue: add takes a matrix of either order and any type, and flips with linear") {
  CHECK_EPILOGUE(la::add(shaped(o.residual)), entries(o.residual));
  CHECK_EPILOGUE(la::add(shaped(o.residual_double)), entries(o.residual_double));
  CHECK_EPILOGUE(la::add(shaped(o.residual_bf16)), entries(o.residual_bf16));
}

TEST_CASE("epilogue: accumulate adds what Y held") { CHECK_EPILOGUE(la::accumulate, entries(o.old)); }

TEST_CASE("epilogue: activations") {
  CHECK_EPILOGUE(la::relu, oracle::relu());
  CHECK_EPILOGUE(la::gelu, oracle::gelu());
  CHECK_EPILOGUE(la::gelu_tanh, oracle::gelu_tanh());
  CHECK_EPILOGUE(la::silu, oracle::silu());
  CHECK_EPILOGUE(la::clamp(-0.25, 0.5), oracle::clamp(-0.25L, 0.5L));
}

TEST_CASE("epilogue: stages compose from left to right") {
  CHECK_EPILOGUE((la::bias(o.b) | la::gelu | la::add(shaped(o.residual))), bias_of(o), oracle::gelu(),
                 entries(o.residual));
  CHECK_EPILOGUE((la::relu | la::bias(o.b) | la::scale(o.factors) | la::accumulate), oracle::relu(), bias_of(o),
                 factors_of(o), entries(o.old));
  CHECK_EPILOGUE((la::accumulate | (la::scale(2.0f) | la::silu)), entries(o.old),
                 oracle::times([](auto, auto) { return 2; }), oracle::silu());
}

TEST_CASE("epilogue: what it says about itself") {
  using composed = decltype(la::bias(std::vector<float>{}) | (la::relu | la::accumulate));
  STATIC_REQUIRE(std::same_as<composed, la::epilogue<la::bias_stage<float>, la::relu_stage, la::accumulate_stage>>);
  STATIC_REQUIRE(composed::reads_output);
  STATIC_REQUIRE_FALSE(composed::exact);
  STATIC_REQUIRE(la::identity_epilogue::exact);
  STATIC_REQUIRE_FALSE(la::identity_epilogue::reads_output);
  STATIC_REQUIRE(la::epilogue<la::accumulate_stage>::exact);
  using quantised = decltype(la::relu | la::requantize<std::int8_t>(1.0f));
  STATIC_REQUIRE(quantised::requantizes);
  STATIC_REQUIRE(quantised::requantizes_to<std::int8_t>);
  STATIC_REQUIRE_FALSE(quantised::requantizes_to<std::uint8_t>);
  STATIC_REQUIRE_FALSE(la::identity_epilogue::requantizes_to<std::int8_t>);
  STATIC_REQUIRE(la::epilogue_like<la::relu_stage const&>);
  STATIC_REQUIRE(la::epilogue_like<composed>);
  STATIC_REQUIRE_FALSE(la::epilogue_like<float>);
}

namespace {

/// round_half_even(float(sum) * factor) + zero, saturated, as the documentation says it, in integers of 64 bits.
template <class Int>
Int quantised(std::int64_t sum, float factor, std::int64_t zero) {
  double const scaled = static_cast<double>(static_cast<float>(sum) * factor);
  auto whole = static_cast<std::int64_t>(std::floor(scaled));
  auto const rest = scaled - static_cast<double>(whole);
  if (rest > 0.5 || (rest == 0.5 && whole % 2 != 0)) ++whole;
  whole += zero;
  auto const low = std::int64_t{std::numeric_limits<Int>::min()}, high = std::int64_t{std::numeric_limits<Int>::max()};
  return static_cast<Int>(whole < low ? low : whole > high ? high : whole);
}

/// Every verb with an epilogue: Y is rows x tokens for spmm, tokens x rows for linear, a column after the other for
/// spmv.
struct by_spmm {
  static constexpr bool turned = false;
  static void run(auto const& a, auto const& x, auto const& y, auto const& ep) { la::spmm(a, x, y, ep); }
};
struct by_linear {
  static constexpr bool turned = true;
  static void run(auto const& a, auto const& x, auto const& y, auto const& ep) { la::linear(x, a, y, ep); }
};
struct by_spmv {
  static constexpr bool turned = true;
  static void run(auto const& a, auto const& x, auto const& y, auto const& ep) {
    for (la::index j = 0; j != x.rows(); ++j)
      la::spmv(a, std::span(x.data() + j * x.stride(), static_cast<std::size_t>(x.cols())),
               std::span(y.data() + j * y.stride(), static_cast<std::size_t>(y.cols())), ep);
  }
};

/// Half of the rows are multiplied by `halves`, a multiple of a power of two with which ties are common, the others by
/// some other number.
template <class X, class Y, class Verb = by_spmm>
void check_requantize(std::int32_t zero, float halves = 0x1p-8f, float other = 0.0037f) {
  lacuna_test::random r(1);
  auto const a = la::pack<la::csr<std::int8_t>>(lacuna_test::random_dense<std::int8_t>(r, 20, 50),
                                                lacuna_test::random_mask(r, 20, 50, 0.4));
  la::index const tokens = 300;
  auto const x =
      Verb::turned ? lacuna_test::random_dense<X>(r, tokens, 50) : lacuna_test::random_dense<X>(r, 50, tokens);
  auto factors = std::vector<float>(20, halves);
  for (std::size_t i = 1; i < factors.size(); i += 2) factors[i] = other;
  la::dense<Y> y(Verb::turned ? tokens : 20, Verb::turned ? 20 : tokens);
  Verb::run(a, x.view(), y.view(), la::requantize<Y>(factors, zero));
  la::index wrong = 0, ties = 0, saturated = 0;
  for (la::index i = 0; i != 20; ++i)
    for (la::index j = 0; j != tokens; ++j) {
      std::int64_t sum = 0;
      a.view().visit_row(i, [&](la::index k, std::int8_t w) { sum += w * (Verb::turned ? x(j, k) : x(k, j)); });
      auto const factor = factors[static_cast<std::size_t>(i)];
      auto const got = Verb::turned ? y(j, i) : y(i, j);
      wrong += got != quantised<Y>(sum, factor, zero);
      ties += std::fabs(std::remainder(static_cast<double>(sum) * static_cast<double>(factor), 1.0)) == 0.5;
      saturated += got == std::numeric_limits<Y>::max() || got == std::numeric_limits<Y>::min();
    }
  CHECK(wrong == 0);
  CHECK(ties > 0);
  CHECK(saturated > 0);
}

}  // namespace

TEST_CASE("epilogue: requantize, of int8 products, to the last bit") {
  check_requantize<std::int8_t, std::int8_t>(0);
  check_requantize<std::uint8_t, std::int8_t>(-3);
  check_requantize<std::int8_t, std::uint8_t>(128);
}

TEST_CASE("epilogue: requantize to 16 bits, by every verb") {
  check_requantize<std::uint8_t, std::int16_t, by_spmm>(-300, 1.5f, 0.71f);
  check_requantize<std::int8_t, std::int16_t, by_linear>(300, 2.5f, 1.37f);
  check_requantize<std::uint8_t, std::int16_t, by_spmv>(0, 1.5f, 0.71f);
  check_requantize<std::int8_t, std::uint16_t, by_linear>(40000, 2.5f, 1.37f);
}

TEST_CASE("epilogue: int8 products into int32 and float accumulate") {
  lacuna_test::random r(2);
  auto const a = la::pack<la::csr<std::int8_t>>(lacuna_test::random_dense<std::int8_t>(r, 9, 33));
  auto const x = lacuna_test::random_dense<std::uint8_t>(r, 33, 5);
  auto const old = lacuna_test::random_dense<std::int32_t>(r, 9, 5);
  auto exact = old;
  la::dense<float> floating(9, 5);
  for (la::index i = 0; i != 9; ++i)
    for (la::index j = 0; j != 5; ++j) floating(i, j) = 0.5f;
  la::spmm(a, x, exact, la::accumulate);
  la::spmm(a, x, floating, la::accumulate);
  CHECK(lacuna_test::check_product(a, x, exact, [&](auto i, auto j, lacuna_test::approximate v) {
          return lacuna_test::approximate{v.value + old(i, j), 0};
        }) == "");
  CHECK(lacuna_test::check_product(a, x, floating, [&](auto, auto, lacuna_test::approximate v) {
          return lacuna_test::approximate{v.value + 0.5L, 0};  // sums below 2^23: exact
        }) == "");
}

TEST_CASE("epilogue: registers that go through it together give what each gives alone") {
  using batch = la::simd::batch<float, la::simd::default_arch>;
  struct place {
    float row;
    [[nodiscard]] batch row_value(la::vector_view<float const> b) const { return batch(b[0] + row); }
  };
  std::vector<float> const b{0.25f};
  auto const check = [](auto const& ep) {
    batch all[3] = {batch(-1.5f), batch(0.75f), batch(3.0f)};
    batch const before[3] = {all[0], all[1], all[2]};
    ep.together(all, [](int k) { return place{static_cast<float>(k)}; });
    for (int k = 0; k != 3; ++k)
      CHECK(la::simd::reduce_add(all[k]) == la::simd::reduce_add(ep(before[k], place{static_cast<float>(k)})));
  };
  check(la::bias(b) | la::gelu | la::scale(2.0f));
  check(la::bias(b) | la::relu);
  check(la::identity_epilogue{});
}

}  // namespace tests_of_epilogue

#undef CHECK_EPILOGUE
