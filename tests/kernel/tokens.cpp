// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/tokens.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::guarded_dense;
constexpr auto row = la::order::row_major;
constexpr auto col = la::order::col_major;
using blocks = la::bsr<std::int8_t, 16, 4>;

namespace {

blocks sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  auto w = lacuna_test::random_dense<std::int8_t>(r, rows, cols);
  for (la::index i = 0; i < rows; i += 2)
    for (la::index j = 0; j != cols; ++j) w(i, j) = r.below(4) == 0 ? std::int8_t{127} : std::int8_t{-128};
  return la::pack<blocks>(w, lacuna_test::random_mask(r, rows, cols, lacuna_test::coverage::ragged));
}

/// Exact int32, by columns and by rows, and the same in three threads.
template <class X, la::order OX, la::order OY, class A>
void check_sums(A const& a, la::dense<X> const& x, la::index gap) {
  la::threads pool(3);
  for (auto const where : lacuna_test::both_placements) {
    lacuna_test::guarded_sparse<A> const guarded_a(a, where);
    guarded_dense<X, OX> in(x, gap, where);
    guarded_dense<std::int32_t, OY> out(a.rows(), x.cols(), gap, where), again(a.rows(), x.cols(), gap, where);
    la::dense_view<X const, OX> const in_view = in.view();
    la::spmm(guarded_a.view(), in_view, out.view());
    la::spmm(pool, guarded_a.view(), in_view, again.view());
    CAPTURE(a.rows(), a.cols(), x.cols(), gap);
    REQUIRE(out.intact());
    REQUIRE(lacuna_test::check_product(a, x, out.values()) == "");
    REQUIRE(lacuna_test::check_product(a, x, again.values()) == "");
  }
}

}  // namespace

TEMPLATE_TEST_CASE("tokens: exact sums for few columns in any order, and for tokens x features", "", std::uint8_t,
                   std::int8_t) {
  lacuna_test::random r(1);
  for (la::index const rows : {0, 1, 16, 33})
    for (la::index const cols : {0, 3, 64, 133})
      for (la::index const n : {0, 1, 2, 3, 4, 7, 8, 12, 13, 31}) {
        if ((rows + cols + n) % 2 != 0 && rows * cols != 64 * 16 && rows * cols != 33 * 133) continue;
        auto const a = sparse(r, rows, cols);
        auto const x = lacuna_test::random_dense<TestType>(r, cols, n);
        check_sums<TestType, col, col>(a, x, n % 4);
        check_sums<TestType, col, col>(a, x, 4);
        if (n <= 12) check_sums<TestType, row, row>(a, x, n % 3);
      }
}

TEST_CASE("tokens: blocks of several tiles of rows, none of which is stored, give zeros") {
  constexpr int lanes = static_cast<int>(la::simd::batch<std::int32_t, arch>::size);
  auto const none = la::pack<la::bsr<std::int8_t, 3 * lanes, 4>>(la::dense<std::int8_t>(50, 64));
  REQUIRE(none.values().data() == nullptr);  // no address is to be made of that
  for (la::index const n : {1, 2, 9, 13}) {
    la::dense<std::uint8_t, col> const x(64, n);
    la::dense<std::int32_t, col> y(50, n);
    for (la::index j = 0; j != n; ++j)
      for (la::index i = 0; i != 50; ++i) y(i, j) = 7;
    la::spmm(none, x, y);
    REQUIRE(y == la::dense<std::int32_t, col>(50, n));
  }
}

TEMPLATE_TEST_CASE("tokens: rows that keep many inputs are multiplied in quads where blocks are one register high", "",
                   std::uint8_t, std::int8_t) {
  lacuna_test::random r(5);
  constexpr int lanes = static_cast<int>(la::simd::batch<std::int32_t, arch>::size);
  using low = la::bsr<std::int8_t, lanes, 4>;
  la::index const rows = 2 * lanes + 1;
  auto const few = la::pack<low>(lacuna_test::random_dense<std::int8_t>(r, rows, 396), la::mask(rows, 396, true));
  auto const many = la::pack<low>(lacuna_test::random_dense<std::int8_t>(r, rows, 612), la::mask(rows, 612, true));
  auto const twice = la::pack<la::bsr<std::int8_t, 2 * lanes, 4>>(many);
  auto const thrice = la::pack<la::bsr<std::int8_t, 3 * lanes, 4>>(many);
  using la::kernel::multiplies_tokens;
  CHECK(multiplies_tokens<TestType, col, col>(few.view(), 13));
  CHECK(multiplies_tokens<TestType, col, col>(many.view(), 13) == (lanes < 8));
  CHECK(multiplies_tokens<TestType, col, col>(many.view(), 12));
  CHECK(multiplies_tokens<TestType, row, row>(many.view(), 12));
  CHECK_FALSE(multiplies_tokens<TestType, row, row>(few.view(), 13));
  CHECK(multiplies_tokens<TestType, col, col>(twice.view(), 13));
  CHECK(multiplies_tokens<TestType, col, col>(thrice.view(), 13));
  for (la::index const n : {13, 31, 50}) {
    check_sums<TestType, col, col>(few, lacuna_test::random_dense<TestType>(r, few.cols(), n), n % 4);
    check_sums<TestType, col, col>(many, lacuna_test::random_dense<TestType>(r, many.cols(), n), n % 4);
  }
}

TEST_CASE("tokens: few columns are theirs as tokens x features, where bytes are flipped, one and two in any order") {
  using byte = la::kernel::token_dots<arch, 16>::byte;
  using other = std::conditional_t<std::is_same_v<byte, std::uint8_t>, std::int8_t, std::uint8_t>;
  constexpr int lanes = static_cast<int>(la::simd::batch<std::int32_t, arch>::size);
  la::bsr<std::int8_t, lanes, 4> const one(la::pack<la::bsr<std::int8_t, lanes, 4>>(la::dense<std::int8_t>(lanes, 8)));
  la::bsr<std::int8_t, 4 * lanes, 4> const four;
  using la::kernel::multiplies_tokens;
  for (la::index n = 1; n <= 8; ++n) {
    CAPTURE(n);
    CHECK(multiplies_tokens<byte, col, col>(one.view(), n) == (lanes >= 8));
    CHECK(multiplies_tokens<byte, row, row>(one.view(), n) == (lanes >= 8 && n <= 2));
    CHECK(multiplies_tokens<byte, col, row>(one.view(), n) == (lanes >= 8 && n <= 2));
    CHECK(multiplies_tokens<other, row, row>(one.view(), n) == (lanes >= 8));
    CHECK(multiplies_tokens<byte, col, col>(four.view(), n) == (lanes >= 8 && n != 1));
  }
}

TEMPLATE_TEST_CASE("tokens: through an epilogue to any type, as by rows", "", std::uint8_t, std::int8_t) {
  lacuna_test::random r(2);
  la::index const rows = 35, cols = 70;
  auto const a = sparse(r, rows, cols);
  std::vector<float> b(static_cast<std::size_t>(rows)), s(static_cast<std::size_t>(rows));
  for (auto& value : b) value = static_cast<float>(r.below(100)) - 50;
  for (auto& value : s) value = 0.001f * static_cast<float>(1 + r.below(9));
  for (la::index const n : {1, 2, 5, 8, 12, 29}) {
    auto const x = lacuna_test::random_dense<TestType>(r, cols, n);
    la::dense<TestType, col> x_by_columns(cols, n);
    for (la::index k = 0; k != cols; ++k)
      for (la::index j = 0; j != n; ++j) x_by_columns(k, j) = x(k, j);
    la::dense<std::int32_t> sums(rows, n);
    la::spmm(a, x, sums);
    la::dense<float> by_rows(rows, n);
    la::dense<float, col> by_columns(rows, n);
    la::dense<std::uint8_t, col> bytes(rows, n);
    la::spmm(a, x, by_rows, la::scale(s) | la::bias(b));
    la::spmm(a, x_by_columns, by_columns, la::scale(s) | la::bias(b));
    la::spmm(a, x_by_columns, bytes, la::bias(b) | la::requantize<std::uint8_t>(s, 10));
    la::dense<std::uint8_t> bytes_by_rows(rows, n);
    la::spmm(a, x, bytes_by_rows, la::bias(b) | la::requantize<std::uint8_t>(s, 10));
    la::index wrong = 0;
    for (la::index i = 0; i != rows; ++i)
      for (la::index j = 0; j != n; ++j) {
        auto const at = static_cast<std::size_t>(i);
        auto const expected = static_cast<double>(s[at]) * sums(i, j) + static_cast<double>(b[at]);
        auto const off = static_cast<double>(by_columns(i, j)) - expected;
        wrong += off * off > 1e-6 * (1 + expected * expected) || by_rows(i, j) != by_columns(i, j) ||
                 bytes(i, j) != bytes_by_rows(i, j);
      }
    CAPTURE(n);
    CHECK(wrong == 0);
  }
}
