// SPDX-License-Identifier: MIT
//
// Eigen's types as operands of the verbs.
#include <lacuna/lacuna.hpp>
#include <lacuna/interop/eigen.hpp>

#include "support/allocations.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>

namespace la = lacuna;
using lacuna_test::check_product;
using lacuna_test::check_vector_product;

namespace {

using by_row = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using by_column = Eigen::MatrixXf;
using csr = la::csr<float, int>;  // with the indices of Eigen's sparse matrices, so that they share the kernels

by_row random_sparse_values(std::uint64_t seed, la::index rows, la::index cols) {
  lacuna_test::random r(seed);
  by_row m(rows, cols);
  for (la::index i = 0; i != rows; ++i)
    for (la::index j = 0; j != cols; ++j) m(i, j) = r.chance(0.3) ? static_cast<float>(r.uniform(-1, 1)) : 0.0f;
  return m;
}

}  // namespace

TEST_CASE("eigen: spmm, spmv and linear read and write maps, blocks and transposes") {
  auto const w = random_sparse_values(1, 19, 23);
  auto const a = la::pack<csr>(w);
  by_column const x = by_column::Random(30, 9);
  by_row y = by_row::Zero(40, 12);

  la::spmm(a, x.middleRows(2, 23), y.block(3, 1, 19, 9));
  CHECK(check_product(a, x.middleRows(2, 23), y.block(3, 1, 19, 9)) == "");
  CHECK(y.topRows(3).isZero(0));
  CHECK(y.bottomRows(18).isZero(0));
  CHECK(y.leftCols(1).isZero(0));
  CHECK(y.rightCols(2).isZero(0));

  by_column const tokens = by_column::Random(7, 23);
  by_column out(7, 19);
  la::linear(tokens, a, out);
  CHECK(check_product(a, tokens.transpose(), out.transpose()) == "");

  Eigen::VectorXf const v = Eigen::VectorXf::Random(23);
  Eigen::VectorXf u(19);
  la::spmv(a, v, u);
  CHECK(check_vector_product(a, v, u) == "");
  by_row wide(23, 3);
  wide.setRandom();
  by_column tall(19, 4);
  la::spmv(a, wide.col(1), tall.col(2));  // a stride of 3 in, of 1 out
  CHECK(check_vector_product(a, wide.col(1), tall.col(2)) == "");
  la::spmm(a, wide.col(1), tall.col(3));
  CHECK(tall.col(3) == tall.col(2));
}

TEST_CASE("eigen: the epilogue takes Eigen's vectors and matrices") {
  auto const w = random_sparse_values(2, 11, 13);
  auto const a = la::pack<la::bitmap<float>>(w);
  by_row const x = by_row::Random(13, 5);
  Eigen::VectorXf const b = Eigen::VectorXf::Random(11);
  by_column const residual = by_column::Random(11, 5);
  by_row y(11, 5);
  la::spmm(a, x, y, la::bias(b) | la::add(residual));
  auto const expected = [&](la::index i, la::index n, lacuna_test::approximate p) {
    auto const sum = p.value + b[i] + residual(i, n);
    auto const size = std::fabs(p.value) + std::fabs(b[i]) + std::fabs(residual(i, n)) + p.bound;
    return lacuna_test::approximate{sum, p.bound + lacuna_test::gamma(2, 0x1p-24) * size};
  };
  CHECK(check_product(a, x, y, expected) == "");
}

TEST_CASE("eigen: a sparse matrix of either order is multiplied as it lies") {
  auto const w = random_sparse_values(3, 17, 21);
  Eigen::SparseMatrix<float, Eigen::RowMajor> const rows = w.sparseView();
  Eigen::SparseMatrix<float> const columns = w.sparseView();
  auto const a = la::pack<csr>(w);
  lacuna_test::plain_transpose const at(a);
  by_row const x = by_row::Random(21, 6);
  by_row const xt = by_row::Random(17, 6);
  by_row y(17, 6);
  by_row yt(21, 6);

  la::spmm(rows, x, y);
  CHECK(check_product(a, x, y) == "");
  y.setZero();
  la::spmm(columns, x, y);
  CHECK(check_product(a, x, y) == "");
  la::spmm(la::transposed(rows), xt, yt);
  CHECK(check_product(at, xt, yt) == "");
  yt.setZero();
  la::spmm(la::transposed(columns), xt, yt);
  CHECK(check_product(at, xt, yt) == "");

  Eigen::VectorXf u(17);
  la::spmv(columns, x.col(0), u);
  CHECK(check_vector_product(a, x.col(0), u) == "");
  by_row out(6, 17);
  la::linear(by_row(x.transpose()), columns, out);
  CHECK(check_product(a, x, out.transpose()) == "");
}

TEST_CASE("eigen: pack takes a sparse matrix of either order, with and without a mask") {
  auto const w = random_sparse_values(4, 9, 14);
  Eigen::SparseMatrix<float, Eigen::RowMajor> const rows = w.sparseView();
  Eigen::SparseMatrix<float> const columns = w.sparseView();
  auto const expected = la::pack<csr>(w);
  CHECK(la::pack<csr>(rows) == expected);
  CHECK(la::pack<csr>(columns) == expected);
  CHECK(la::pack<la::bitmap<float>>(columns) == la::pack<la::bitmap<float>>(w));
  lacuna_test::random r(5);
  auto const keep = lacuna_test::random_mask(r, 9, 14, 0.5);
  CHECK(la::pack<csr>(columns, keep) == la::pack<csr>(expected, keep));
  by_column back(9, 14);
  la::to_dense(columns, back);
  CHECK(back == w);
}

TEST_CASE("eigen: pruning takes weights and calibration data as they come") {
  by_column w = by_column::Random(8, 16);
  by_row const calib = by_row::Random(40, 16);
  auto const norms = la::column_norms(calib);
  auto const keep = la::prune(w, la::wanda{norms}, la::n_of_m<2, 4>{});
  CHECK(keep.count() == 64);
  CHECK(keep == la::prune(w.eval(), la::wanda{la::column_norms(by_column(calib))}, la::n_of_m<2, 4>{}));
  la::project(w.topRows(4), la::magnitude{}, la::n_of_m<2, 4>{});
  CHECK((w.topRows(4).array() == 0).count() == 32);
  CHECK((w.bottomRows(4).array() == 0).count() == 0);
}

TEST_CASE("eigen: attend reads and writes Eigen's matrices") {
  by_row const q = by_row::Random(12, 8);
  by_column const k = by_column::Random(12, 8);
  by_row const v = by_row::Random(12, 8);
  by_column out(12, 8);
  la::attend(q, k, v, la::attention::causal{}, out);
  CHECK(out.row(0).isApprox(v.row(0)));  // the first query sees the first key alone
  la::dense<float> plain_q(12, 8), plain_v(12, 8);
  la::dense<float, la::order::col_major> plain_k(12, 8), plain_out(12, 8);
  for (la::index i = 0; i != 12; ++i)
    for (la::index j = 0; j != 8; ++j) {
      plain_q(i, j) = q(i, j);
      plain_k(i, j) = k(i, j);
      plain_v(i, j) = v(i, j);
    }
  la::attend(plain_q, plain_k, plain_v, la::attention::causal{}, plain_out);
  bool same = true;
  for (la::index i = 0; i != 12; ++i)
    for (la::index j = 0; j != 8; ++j) same = same && out(i, j) == plain_out(i, j);
  CHECK(same);
}

TEST_CASE("eigen: shapes that do not fit are named") {
  auto const a = la::pack<csr>(random_sparse_values(6, 3, 4));
  by_row const x = by_row::Zero(5, 2);
  by_row y(3, 2);
  CHECK_THROWS_AS(la::spmm(a, x, y), la::shape_error);
  Eigen::SparseMatrix<float> loose(3, 4);
  loose.reserve(Eigen::VectorXi::Constant(4, 2));
  loose.insert(1, 1) = 1;
  CHECK_THROWS_AS(la::spmm(loose, by_row::Zero(4, 2).eval(), y), la::format_error);
}

TEST_CASE("eigen: no operand is copied: nothing is allocated in steady state") {
  auto const w = random_sparse_values(7, 17, 21);
  Eigen::SparseMatrix<float, Eigen::RowMajor> const rows = w.sparseView();
  Eigen::SparseMatrix<float> const columns = w.sparseView();
  auto const a = la::pack<csr>(w);
  auto const bits = la::pack<la::bitmap<float>>(w);
  by_row const x = by_row::Random(21, 6);
  by_row y(17, 6);
  Eigen::VectorXf const b = Eigen::VectorXf::Random(17);
  by_column const residual = by_column::Random(17, 6);
  auto const run = [&] {
    la::spmm(bits, x, y, la::bias(b) | la::add(residual));
    la::spmm(rows, x, y);
    la::spmm(columns, x.leftCols(5), y.leftCols(5));
    la::linear(x.transpose(), a, y.transpose());
    la::spmv(a, x.col(2), y.col(3));
  };
  run();
  CHECK(lacuna_test::allocations_during(run) == 0);
}
