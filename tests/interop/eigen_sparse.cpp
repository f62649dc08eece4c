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

namespace la = lacuna;
using Catch::Matchers::Message;

namespace {

using by_row = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T, int Options = Eigen::RowMajor, class I = int>
using sparse = Eigen::SparseMatrix<T, Options, I>;

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
