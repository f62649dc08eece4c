// SPDX-License-Identifier: MIT
#include <lacuna/core/vector.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace la = lacuna;

TEST_CASE("vector_view: elements are `stride` apart") {
  std::vector<int> cells(20);
  std::iota(cells.begin(), cells.end(), 0);
  la::vector_view<int> const v(cells.data() + 1, 5, 3);
  CHECK(v.size() == 5);
  CHECK(v.stride() == 3);
  for (la::index i = 0; i != 5; ++i) CHECK(v[i] == 1 + 3 * i);
  v[2] = -1;
  CHECK(cells[7] == -1);
  CHECK(la::vector_view(cells.data(), 4).stride() == 1);
  CHECK(la::vector_view<float>().size() == 0);
}

TEST_CASE("vector_view: what can be written can be read, not the other way round") {
  static_assert(std::is_convertible_v<la::vector_view<float>, la::vector_view<float const>>);
  static_assert(!std::is_convertible_v<la::vector_view<float const>, la::vector_view<float>>);
  float x[4] = {};
  la::vector_view<float const> const v = la::vector_view<float>(x, 2, 2);
  CHECK(&v[1] == x + 2);
}

TEST_CASE("vector_view: reversed by a negative stride") {
  std::array<int, 3> cells{1, 2, 3};
  la::vector_view<int> const v(cells.data() + 2, 3, -1);
  CHECK(v[0] == 3);
  CHECK(v[2] == 1);
}

TEST_CASE("vector: as a column it is a matrix whose rows are `stride` apart") {
  std::array<int, 10> cells{};
  std::iota(cells.begin(), cells.end(), 0);
  auto const column = la::as_column(la::vector_view<int>(cells.data(), 5, 2));
  CHECK(column.rows() == 5);
  CHECK(column.cols() == 1);
  for (la::index i = 0; i != 5; ++i) CHECK(&column(i, 0) == &cells[static_cast<std::size_t>(2 * i)]);
}

TEST_CASE("vector_of: span, vector, array, buffer and views are seen where they lie") {
  std::vector<float> v{1, 2, 3};
  std::array<double, 2> a{};
  la::buffer<std::int8_t> b(4);
  std::span<float const> const s(v);
  CHECK(la::vector_of(v).data() == v.data());
  CHECK(la::vector_of(v).size() == 3);
  CHECK(la::vector_of(a).data() == a.data());
  CHECK(la::vector_of(b).data() == b.data());
  CHECK(la::vector_of(b).size() == 4);
  CHECK(la::vector_of(s).data() == v.data());
  CHECK(la::vector_of(la::vector_view<float>(v.data(), 2)).size() == 2);
  static_assert(std::is_same_v<decltype(la::vector_of(v)), la::vector_view<float>>);
  static_assert(std::is_same_v<decltype(la::vector_of(std::as_const(v))), la::vector_view<float const>>);
  static_assert(std::is_same_v<decltype(la::vector_of(s)), la::vector_view<float const>>);
  static_assert(std::is_same_v<decltype(la::vector_of(std::as_const(b))), la::vector_view<std::int8_t const>>);
}

TEST_CASE("dense_vector: matrices, strings and numbers are none") {
  static_assert(la::dense_vector<std::vector<la::bf16>> && la::dense_vector<std::span<int>>);
  static_assert(la::dense_vector<la::vector_view<float const>>);
  static_assert(!la::dense_vector<la::dense<float>> && !la::dense_vector<la::dense_view<float>>);
  static_assert(!la::dense_vector<float> && !la::dense_vector<float*> && !la::dense_vector<std::vector<std::string>>);
  static_assert(!la::dense_vector<std::vector<bool>>);
  SUCCEED("checked at compile time");
}

TEST_CASE("row, column: lines of a matrix where they lie, in either order") {
  la::dense<int> m(3, 4);
  for (la::index i = 0; i != 3; ++i)
    for (la::index j = 0; j != 4; ++j) m(i, j) = static_cast<int>(10 * i + j);
  auto const check = [&](auto const& matrix) {
    for (la::index i = 0; i != matrix.rows(); ++i) {
      REQUIRE(la::row(matrix, i).size() == matrix.cols());
      for (la::index j = 0; j != matrix.cols(); ++j) {
        REQUIRE(la::column(matrix, j).size() == matrix.rows());
        CHECK(&la::row(matrix, i)[j] == &matrix(i, j));
        CHECK(&la::column(matrix, j)[i] == &matrix(i, j));
      }
    }
  };
  check(m);
  check(la::dense_view<int const>(m.data(), 2, 3, 4));
  check(la::transpose(m.view()));
  CHECK(la::row(la::dense<int>(2, 0), 1).size() == 0);
  static_assert(std::is_same_v<decltype(la::row(m, 0)), la::vector_view<int>>);
  static_assert(std::is_same_v<decltype(la::column(std::as_const(m), 0)), la::vector_view<int const>>);
}
