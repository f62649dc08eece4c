// SPDX-License-Identifier: MIT
#include <lacuna/core/dense.hpp>

#include "support/random.hpp"
#include "support/sizes.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

namespace la = lacuna;
using Catch::Matchers::Message;
using la::order;

namespace {

/// A foreign matrix: three by four integers in a struct that knows nothing of lacuna.
struct foreign {
  std::array<int, 12> cells{};
};

}  // namespace

template <>
struct lacuna::dense_access<foreign> {
  static dense_view<int, order::col_major> view(foreign& m) { return {m.cells.data(), 3, 4}; }
  static dense_view<int const, order::col_major> view(foreign const& m) { return {m.cells.data(), 3, 4}; }
};

TEST_CASE("dense_view: element (i, j) stands where the order says") {
  std::vector<float> cells(60);
  std::iota(cells.begin(), cells.end(), 0.0f);
  la::dense_view<float> const by_row(cells.data(), 4, 5, 7);
  la::dense_view<float, order::col_major> const by_column(cells.data(), 4, 5, 7);
  for (la::index i = 0; i != 4; ++i)
    for (la::index j = 0; j != 5; ++j) {
      CHECK(by_row(i, j) == static_cast<float>(i * 7 + j));
      CHECK(by_column(i, j) == static_cast<float>(i + j * 7));
      CHECK(&by_row(i, j) == by_row.data() + i * by_row.row_stride() + j * by_row.col_stride());
      CHECK(&by_column(i, j) == by_column.data() + i * by_column.row_stride() + j * by_column.col_stride());
    }
  CHECK(by_row.stride() == 7);
  CHECK(by_row.row_stride() == 7);
  CHECK(by_column.row_stride() == 1);
}

TEST_CASE("dense_view: without a stride lines follow each other without gaps") {
  std::array<int, 6> cells{0, 1, 2, 3, 4, 5};
  CHECK(la::dense_view(cells.data(), 2, 3).stride() == 3);
  CHECK(la::dense_view<int, order::col_major>(cells.data(), 2, 3).stride() == 2);
  CHECK(la::dense_view(cells.data(), 2, 3)(1, 2) == 5);
}

TEST_CASE("dense_view: template arguments are deduced, and the order is row-major") {
  int* const p = nullptr;
  int const* const q = nullptr;
  static_assert(std::is_same_v<decltype(la::dense_view(p, 1, 2)), la::dense_view<int, order::row_major>>);
  static_assert(std::is_same_v<decltype(la::dense_view{p, 1, 2, 3}), la::dense_view<int, order::row_major>>);
  static_assert(std::is_same_v<decltype(la::dense_view{q, 1, 2}), la::dense_view<int const, order::row_major>>);
  CHECK(la::dense_view{p, 1, 2, 3}.stride() == 3);
}

TEST_CASE("dense_view: what can be written can be read, not the other way round") {
  static_assert(std::is_convertible_v<la::dense_view<float>, la::dense_view<float const>>);
  static_assert(!std::is_convertible_v<la::dense_view<float const>, la::dense_view<float>>);
  static_assert(!std::is_convertible_v<la::dense_view<float>, la::dense_view<float const, order::col_major>>);
  static_assert(std::is_trivially_copyable_v<la::dense_view<float>>);
  float x = 3;
  la::dense_view<float const> const v = la::dense_view<float>(&x, 1, 1, 9);
  CHECK(&v(0, 0) == &x);
  CHECK(v.stride() == 9);
}

TEST_CASE("dense_view: the transpose is the same memory in the other order") {
  std::vector<int> cells(40);
  la::dense_view<int> const m(cells.data(), 3, 5, 8);
  auto const t = transpose(m);
  static_assert(std::is_same_v<decltype(t), la::dense_view<int, order::col_major> const>);
  CHECK(t.rows() == 5);
  CHECK(t.cols() == 3);
  for (la::index i = 0; i != 3; ++i)
    for (la::index j = 0; j != 5; ++j) CHECK(&t(j, i) == &m(i, j));
  static_assert(std::is_same_v<decltype(transpose(t)), la::dense_view<int, order::row_major>>);
  CHECK(&transpose(t)(2, 4) == &m(2, 4));
  static_assert(la::flipped(order::row_major) == order::col_major);
}

TEMPLATE_TEST_CASE("dense: starts at zero, aligned, without gaps", "", float, double, la::bf16, std::int8_t) {
  for (auto const [rows, cols] : lacuna_test::shapes()) {
    CAPTURE(rows, cols);
    la::dense<TestType> const by_row(rows, cols);
    la::dense<TestType, order::col_major> const by_column(rows, cols);
    CHECK(by_row.rows() == rows);
    CHECK(by_row.cols() == cols);
    CHECK(by_row.stride() == cols);
    CHECK(by_column.stride() == rows);
    CHECK(by_row.bytes() == rows * cols * static_cast<la::index>(sizeof(TestType)));
    CHECK(reinterpret_cast<std::uintptr_t>(by_row.data()) % 64 == 0);
    la::index nonzeros = 0;
    for (la::index i = 0; i != rows; ++i)
      for (la::index j = 0; j != cols; ++j)
        nonzeros += static_cast<float>(by_row(i, j)) != 0 || static_cast<float>(by_column(i, j)) != 0;
    CHECK(nonzeros == 0);
  }
}

TEST_CASE("dense: copies are apart, equality compares shape and elements, a NaN differs from itself") {
  lacuna_test::random r(1);
  auto a = lacuna_test::random_dense<float>(r, 5, 6);
  auto b = a;
  CHECK(a == b);
  b(4, 5) += 1;
  CHECK_FALSE(a == b);
  CHECK(b(4, 5) == a(4, 5) + 1);
  CHECK_FALSE(la::dense<float>(2, 3) == la::dense<float>(3, 2));
  CHECK_FALSE(la::dense<float>(0, 2) == la::dense<float>(0, 3));
  CHECK(la::dense<float>(0, 2) == la::dense<float>(0, 2));
  a(0, 0) = NAN;
  auto const& same = a;
  CHECK_FALSE(a == same);
}

TEST_CASE("dense: one that was moved from is empty") {
  la::dense<float> a(5, 6);
  auto b = std::move(a);
  CHECK(a == la::dense<float>());
  a = std::move(b);
  CHECK(a == la::dense<float>(5, 6));
  CHECK(b == la::dense<float>());
}

TEST_CASE("dense: counts that make no matrix are errors") {
  CHECK_THROWS_MATCHES((la::dense<float>(-1, 2)), la::shape_error,
                       Message("dense: -1 rows and 2 columns, expected none below 0"));
  CHECK_THROWS_AS((la::dense<float>(2, -1)), la::shape_error);
  auto const big = la::index{1} << 40;
  CHECK_THROWS_AS((la::dense<float>(big, big)), la::format_error);
  CHECK_THROWS_AS((la::dense<double>(la::index{1} << 30, la::index{1} << 31)), la::format_error);
}

TEST_CASE("dense_access: a foreign type becomes an operand by one specialisation") {
  static_assert(la::dense_matrix<foreign> && la::dense_matrix<foreign const> && la::dense_matrix<foreign&>);
  static_assert(!la::dense_matrix<int> && !la::dense_matrix<std::vector<float>> && !la::dense_matrix<void*>);
  static_assert(la::dense_matrix<la::dense<float>> && la::dense_matrix<la::dense_view<float const> const&>);
  static_assert(std::is_same_v<la::element_t<foreign const>, int>);
  static_assert(std::is_same_v<la::element_t<la::dense_view<float const>>, float>);
  foreign m;
  la::view_of(m)(2, 3) = 7;
  CHECK(m.cells[11] == 7);
  foreign const& fixed = m;
  static_assert(std::is_same_v<decltype(la::view_of(fixed)), la::dense_view<int const, order::col_major>>);
  CHECK(&la::view_of(fixed)(2, 3) == &m.cells[11]);
  la::dense<float> d(2, 2);
  static_assert(std::is_same_v<decltype(la::view_of(d)), la::dense_view<float>>);
  static_assert(std::is_same_v<decltype(la::view_of(std::as_const(d))), la::dense_view<float const>>);
  CHECK(la::view_of(d).data() == d.data());
}
