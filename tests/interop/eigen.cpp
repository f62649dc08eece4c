// SPDX-License-Identifier: MIT
#include <lacuna/format/csr.hpp>
#include <lacuna/interop/eigen.hpp>
#include <lacuna/pack.hpp>

#include "support/oracle.hpp"
#include "support/random.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <catch2/catch_template_test_macros.hpp>
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
template <class T, int Options = Eigen::RowMajor, class I = int>
using sparse = Eigen::SparseMatrix<T, Options, I>;

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

template <class S>
S random_sparse(lacuna_test::random& r, la::index rows, la::index cols, double density) {
  S a(rows, cols);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j)
      if (r.chance(density)) a.insert(i, j) = lacuna_test::random_value<typename S::Scalar>(r);
  a.makeCompressed();
  return a;
}

/// Entry by entry, through visit_row, against Eigen's own lookup.
template <class A, class S>
bool same_entries(A const& a, S const& expected) {
  if (a.rows() != expected.rows() || a.cols() != expected.cols()) return false;
  la::index stored = 0;
  bool equal = true;
  for (la::index i = 0; i != a.rows(); ++i)
    a.visit_row(i, [&](la::index j, auto value) {
      ++stored;
      equal = equal && value == expected.coeff(i, j);
    });
  return equal && stored == expected.nonZeros();
}

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

TEMPLATE_TEST_CASE("eigen: a row-major sparse matrix is a csr_view of the same memory", "", float, double,
                   std::int8_t) {
  for (auto const seed : lacuna_test::seeds(3)) {
    CAPTURE(seed);
    lacuna_test::random r(seed);
    auto const a = random_sparse<sparse<TestType>>(r, 13, 17, 0.2);
    auto const view = la::as_csr(a);
    static_assert(std::is_same_v<decltype(view), la::csr_view<TestType, int, int> const>);
    CHECK(view.values().data() == a.valuePtr());
    CHECK(view.columns().data() == a.innerIndexPtr());
    CHECK(view.offsets().data() == a.outerIndexPtr());
    CHECK(view.stored() == a.nonZeros());
    CHECK_NOTHROW(la::validate(view));
    CHECK(same_entries(view, a));
  }
}

TEST_CASE("eigen: a column-major sparse matrix is a csr_view of its transpose, and an operand as itself") {
  lacuna_test::random r(4);
  auto const a = random_sparse<sparse<float, Eigen::ColMajor, long>>(r, 13, 17, 0.2);
  auto const lines = la::as_csr_transposed(a);
  static_assert(std::is_same_v<decltype(lines), la::csr_view<float, long, long> const>);
  CHECK(lines.rows() == 17);
  CHECK(lines.values().data() == a.valuePtr());
  CHECK_NOTHROW(la::validate(lines));
  CHECK(same_entries(lines, sparse<float, Eigen::RowMajor, long>(a.transpose())));

  using matrix = std::remove_const_t<decltype(a)>;
  static_assert(la::sparse_operand<matrix> && la::sparse_operand<sparse<double>>);
  auto const operand = la::sparse_access<matrix>::view(a);
  static_assert(std::is_same_v<decltype(operand), la::transposed_view<la::csr_view<float, long, long>> const>);
  CHECK(operand.rows() == 13);
  CHECK(operand.cols() == 17);
  CHECK(operand.base.values().data() == a.valuePtr());
  static_assert(std::is_same_v<decltype(la::transposed(a)), la::csr_view<float, long, long>>);
  CHECK(la::transposed(a).values().data() == a.valuePtr());
}

TEST_CASE("eigen: maps and refs of sparse matrices are operands") {
  lacuna_test::random r(5);
  auto const a = random_sparse<sparse<float>>(r, 6, 8, 0.3);
  Eigen::Map<sparse<float> const> const map(6, 8, a.nonZeros(), a.outerIndexPtr(), a.innerIndexPtr(), a.valuePtr());
  Eigen::Ref<sparse<float> const> const ref(a);
  CHECK(la::as_csr(map).values().data() == a.valuePtr());
  CHECK(la::as_csr(ref).values().data() == a.valuePtr());
  CHECK(same_entries(la::as_csr(map), a));
  static_assert(la::sparse_operand<Eigen::Map<sparse<float> const>> && la::sparse_operand<Eigen::Ref<sparse<float>>>);
  static_assert(!la::sparse_operand<by_row> && !la::dense_matrix<sparse<float>>);
  static_assert(!la::sparse_operand<Eigen::SparseVector<float>>);
}

TEST_CASE("eigen: sparse matrices without entries or lines") {
  for (auto const& [rows, cols] : {std::pair(0, 0), std::pair(0, 5), std::pair(5, 0), std::pair(4, 3)}) {
    CAPTURE(rows, cols);
    sparse<float> const a(rows, cols);
    auto const view = la::as_csr(a);
    CHECK(view.rows() == rows);
    CHECK(view.cols() == cols);
    CHECK(view.stored() == 0);
    CHECK_NOTHROW(la::validate(view));
  }
  sparse<float> const none;
  CHECK_NOTHROW(la::validate(la::as_csr(none)));
}

TEST_CASE("eigen: a sparse matrix that is not compressed is an error that says what to do") {
  sparse<float> a(2, 3);
  a.reserve(Eigen::VectorXi::Constant(2, 2));
  a.insert(1, 2) = 1;
  CHECK_FALSE(a.isCompressed());
  CHECK_THROWS_MATCHES(la::as_csr(a), la::format_error,
                       Message("eigen: the sparse 2x3 matrix is not in compressed mode; call makeCompressed() first"));
  a.makeCompressed();
  CHECK(la::as_csr(a).stored() == 1);
}

TEST_CASE("eigen: a part of a sparse matrix, whose offsets do not start at 0, is an error") {
  lacuna_test::random r(6);
  auto const a = random_sparse<sparse<float>>(r, 6, 8, 0.9);
  Eigen::Map<sparse<float> const> const part(3, 8, a.nonZeros(), a.outerIndexPtr() + 2, a.innerIndexPtr(),
                                             a.valuePtr());
  CHECK_THROWS_AS(la::as_csr(part), la::format_error);
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

TEST_CASE("eigen: a csr matrix is a sparse matrix of Eigen's in the same memory") {
  lacuna_test::random r(7);
  auto const w = lacuna_test::random_dense<float>(r, 9, 12);
  auto const keep = lacuna_test::random_mask(r, 9, 12, 0.3);
  auto const a = la::pack<la::csr<float>>(w, keep);
  auto const b = la::pack<la::csr<double, std::int16_t>>(w, keep);
  auto const ea = la::as_eigen(a);
  auto const eb = la::as_eigen(b);
  CHECK(ea.valuePtr() == a.values().data());
  static_assert(std::is_same_v<decltype(eb)::StorageIndex, std::int16_t>);
  CHECK(same_entries(a, ea));
  CHECK(same_entries(b, eb));
  CHECK(la::as_csr(eb).columns().data() == b.columns().data());

  Eigen::MatrixXf const x = Eigen::MatrixXf::Random(12, 3);
  by_row const y = ea * x;
  CHECK(lacuna_test::check_product(a, x, y) == "");
}

TEST_CASE("eigen: unsigned indices too large for Eigen's signed ones are an error") {
  std::uint8_t const offsets[] = {0, 1};
  std::uint8_t const columns[] = {130};
  float const values[] = {1};
  la::csr_view<float, std::uint8_t> const wide(1, 131, offsets, columns, values);
  CHECK_THROWS_MATCHES(la::as_eigen(wide), la::format_error,
                       Message("eigen: 1x131 with 1 slots does not fit Eigen's indices, whose largest value is 127"));
  CHECK(la::as_eigen(la::csr_view<float, std::uint8_t>(1, 127, offsets, offsets, values)).cols() == 127);
}
