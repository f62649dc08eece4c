// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/io/safetensors.hpp>
#include <lacuna/io/safetensors_writer.hpp>
#include <lacuna/pack.hpp>

#include <Eigen/Core>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace la = lacuna;
using Catch::Matchers::Message;
using la::order;

namespace {

using by_row = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using by_column = Eigen::MatrixXf;

/// The view shows the very elements of m: same shape, same addresses.
template <class M>
bool sees(M&& m) {
  auto const view = la::view_of(m);
  if (view.rows() != m.rows() || view.cols() != m.cols()) return false;
  for (la::index i = 0; i != view.rows(); ++i)
    for (la::index j = 0; j != view.cols(); ++j)
      if (&view(i, j) != m.data() + i * m.rowStride() + j * m.colStride()) return false;
  return true;
}

template <class V>
bool sees_vector(V&& v) {
  auto const view = la::vector_of(v);
  if (view.size() != v.size()) return false;
  for (la::index i = 0; i != view.size(); ++i)
    if (&view[i] != v.data() + i * v.innerStride()) return false;
  return true;
}

template <class M>
using view_type = decltype(la::view_of(std::declval<M&>()));
template <class T, order Order>
using view = la::dense_view<T, Order>;

}  // namespace

TEST_CASE("eigen: a matrix is viewed in its own order, to write if it may be written") {
  static_assert(std::is_same_v<view_type<by_row>, view<float, order::row_major>>);
  static_assert(std::is_same_v<view_type<by_column>, view<float, order::col_major>>);
  static_assert(std::is_same_v<view_type<by_row const>, view<float const, order::row_major>>);
  static_assert(std::is_same_v<view_type<Eigen::ArrayXXd>, view<double, order::col_major>>);
  static_assert(std::is_same_v<view_type<Eigen::Matrix<std::int8_t, 3, 5>>, view<std::int8_t, order::col_major>>);
  by_row r(3, 5);
  by_column c(3, 5);
  Eigen::Matrix<double, 4, 7, Eigen::RowMajor> fixed;
  Eigen::ArrayXXi a(2, 9);
  CHECK(sees(r));
  CHECK(sees(c));
  CHECK(sees(fixed));
  CHECK(sees(a));
  CHECK(sees(std::as_const(r)));
  la::view_of(c)(2, 4) = 7;
  CHECK(c(2, 4) == 7);
}

TEST_CASE("eigen: matrices without elements keep their shape") {
  for (auto const& [rows, cols] : {std::pair(0, 0), std::pair(0, 5), std::pair(5, 0)}) {
    by_row const r(rows, cols);
    by_column const c(rows, cols);
    CHECK(sees(r));
    CHECK(sees(c));
  }
  Eigen::VectorXf const none(0);
  CHECK(sees(none));
  CHECK(sees_vector(none));
}

TEST_CASE("eigen: blocks and transposes are seen through their strides") {
  by_row r(9, 11);
  by_column c(9, 11);
  CHECK(sees(r.block(2, 3, 4, 5)));
  CHECK(sees(c.block(2, 3, 4, 5)));
  CHECK(sees(c.topLeftCorner<3, 2>()));
  CHECK(sees(r.middleRows(1, 7)));
  CHECK(sees(c.rightCols(4).bottomRows(2)));
  CHECK(sees(c.array()));
  CHECK(sees(std::as_const(c).array()));
  CHECK(la::view_of(c.block(2, 3, 4, 5)).stride() == 9);

  static_assert(std::is_same_v<view_type<decltype(c.transpose())>, view<float, order::row_major>>);
  static_assert(std::is_same_v<view_type<decltype(std::as_const(r).transpose())>, view<float const, order::col_major>>);
  CHECK(sees(r.transpose()));
  CHECK(sees(c.transpose()));
  CHECK(sees(c.block(1, 1, 3, 4).transpose()));
  CHECK(sees(c.transpose().block(1, 1, 3, 4)));
  CHECK(&la::view_of(r.transpose())(10, 8) == &r(8, 10));
}

TEST_CASE("eigen: maps and refs are seen where they point, with any outer stride") {
  std::vector<float> cells(200);
  Eigen::Map<by_row> const plain(cells.data(), 4, 6);
  Eigen::Map<by_row const> const fixed(cells.data(), 4, 6);
  Eigen::Map<by_row, 0, Eigen::OuterStride<>> strided(cells.data(), 4, 6, Eigen::OuterStride<>(17));
  Eigen::Map<by_column, 0, Eigen::OuterStride<20>> const wide(cells.data(), 4, 6);
  Eigen::Map<by_column, 0, Eigen::Stride<Eigen::Dynamic, 1>> const both(cells.data(), 4, 6,
                                                                        Eigen::Stride<Eigen::Dynamic, 1>(9, 1));
  CHECK(sees(plain));
  CHECK(sees(fixed));
  CHECK(sees(strided));
  CHECK(sees(wide));
  CHECK(sees(both));
  static_assert(std::is_same_v<view_type<Eigen::Map<by_row>>, view<float, order::row_major>>);
  static_assert(std::is_same_v<view_type<Eigen::Map<by_row const>>, view<float const, order::row_major>>);
  CHECK(la::view_of(strided).stride() == 17);
  CHECK(la::view_of(wide).stride() == 20);

  by_column c(8, 9);
  Eigen::Ref<by_column> const whole(c);
  Eigen::Ref<by_column> part(c.block(1, 2, 3, 4));
  Eigen::Ref<by_column const> const read(c.block(1, 2, 3, 4));
  CHECK(sees(whole));
  CHECK(sees(part));
  CHECK(sees(read));
  CHECK(la::view_of(read).data() == &c(1, 2));
  static_assert(std::is_same_v<view_type<Eigen::Ref<by_column const>>, view<float const, order::col_major>>);
}

TEST_CASE("eigen: a map with an inner stride of 1 found at run time passes, any other is an error") {
  std::vector<float> cells(200);
  using any = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  Eigen::Map<by_row, 0, any> const dense(cells.data(), 4, 6, any(11, 1));
  Eigen::Map<by_row, 0, any> const sparse_cells(cells.data(), 4, 6, any(22, 2));
  Eigen::Map<by_row, 0, any> const nothing(cells.data(), 0, 6, any(22, 2));
  CHECK(sees(dense));
  CHECK_THROWS_MATCHES(la::view_of(sparse_cells), la::shape_error,
                       Message("eigen: the inner stride of a 4x6 map is 2, but matrices are viewed with 1"));
  CHECK(la::view_of(nothing).rows() == 0);
}

TEST_CASE("eigen: vectors are vectors, and matrices of one line, with any distance between elements") {
  std::vector<float> cells(100);
  by_row r(5, 7);
  by_column c(5, 7);
  Eigen::VectorXf column(6);
  Eigen::RowVectorXf row(6);
  Eigen::Matrix<float, 4, 1> fixed;
  Eigen::Map<Eigen::VectorXf, 0, Eigen::InnerStride<3>> const third(cells.data(), 9);
  Eigen::Map<Eigen::RowVectorXf, 0, Eigen::InnerStride<>> const seventh(cells.data(), 9, Eigen::InnerStride<>(7));
  auto const check = [](auto&& v) {
    CHECK(sees_vector(v));
    CHECK(sees(v));
  };
  check(column);
  check(row);
  check(fixed);
  check(std::as_const(column));
  check(column.transpose());
  check(column.segment(2, 3));
  check(row.head<2>());
  check(column.array());
  check(third);
  check(seventh);
  check(r.row(2));
  check(r.col(2));
  check(c.row(2));
  check(c.col(2));
  check(c.row(2).transpose());
  check(c.row(2).segment(1, 4));
  CHECK(sees_vector(c.diagonal()));

  CHECK(la::vector_of(third).stride() == 3);
  CHECK(la::vector_of(r.col(2)).stride() == 7);
  CHECK(&la::view_of(r.col(2))(4, 0) == &r(4, 2));
  CHECK(&la::view_of(c.row(2))(0, 6) == &c(2, 6));
  static_assert(std::is_same_v<decltype(la::vector_of(column)), la::vector_view<float>>);
  static_assert(std::is_same_v<decltype(la::vector_of(std::as_const(row))), la::vector_view<float const>>);
  static_assert(!la::dense_vector<by_row> && !la::dense_vector<Eigen::Map<by_column>>);
  // With neighbouring elements a row stays row-major and a column column-major, the order with long lines.
  static_assert(std::is_same_v<view_type<Eigen::RowVectorXf>, view<float, order::row_major>>);
  static_assert(std::is_same_v<view_type<Eigen::VectorXf>, view<float, order::col_major>>);
}

TEST_CASE("eigen: matrices of lacuna's 16-bit types are operands, and casts lead to them") {
  by_row const x = by_row::Random(3, 4);
  Eigen::Matrix<la::bf16, Eigen::Dynamic, Eigen::Dynamic> const b = x.cast<la::bf16>();
  Eigen::Matrix<la::f16, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> const h = x.cast<la::f16>();
  CHECK(sees(b));
  CHECK(sees(h));
  static_assert(std::is_same_v<la::element_t<decltype(b)>, la::bf16>);
  for (la::index i = 0; i != 3; ++i)
    for (la::index j = 0; j != 4; ++j) {
      CHECK(la::view_of(b)(i, j).bits == la::bf16(x(i, j)).bits);
      CHECK(la::view_of(h)(i, j).bits == la::f16(x(i, j)).bits);
    }
  CHECK(b.cast<float>()(1, 2) == static_cast<float>(b(1, 2)));
}

TEST_CASE("eigen: pack and to_dense take Eigen's matrices") {
  by_column w = by_column::Random(5, 9);
  w(3, 4) = 0;
  auto const a = la::pack<la::csr<float>>(w.topRows(4));
  CHECK(a.stored() == 35);
  by_row back = by_row::Constant(6, 10, -1.0f);
  la::to_dense(a, back.block(1, 1, 4, 9));
  CHECK(back.block(1, 1, 4, 9) == w.topRows(4));
  CHECK(back(0, 0) == -1);
}

TEST_CASE("eigen: lacuna's dense matrices are Eigen's in the same memory") {
  la::dense<float> d(3, 5);
  la::dense<double, order::col_major> const c(3, 5);
  auto m = la::as_eigen(d);
  m(2, 4) = 8;
  CHECK(d(2, 4) == 8);
  CHECK(m.data() == d.data());
  CHECK(la::as_eigen(c).data() == c.data());
  std::vector<float> cells(60);
  la::dense_view<float, order::col_major> const strided(cells.data(), 4, 5, 9);
  auto const e = la::as_eigen(strided);
  CHECK(e.rows() == 4);
  CHECK(e.cols() == 5);
  CHECK(&e(3, 4) == &strided(3, 4));
  CHECK(sees(e));
}

TEST_CASE("safetensors_writer: vectors of Eigen have one dimension, matrices of one column two") {
  Eigen::VectorXf const column = Eigen::VectorXf::LinSpaced(3, 1, 3);
  Eigen::RowVectorXf const row = column.transpose();
  Eigen::MatrixXf const thin = column;
  la::safetensors_writer out;
  out.add("column", column);
  out.add("row", row);
  out.add("thin", thin);
  auto const bytes = out.format();
  auto const model = la::parse_safetensors(bytes);
  for (auto const* name : {"column", "row"}) {
    CAPTURE(name);
    auto const v = model.vector<float>(name);
    REQUIRE(v.size() == 3);
    CHECK(v[2] == 3);
  }
  CHECK(model.matrix<float>("thin").cols() == 1);
}
