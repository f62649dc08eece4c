// SPDX-License-Identifier: MIT
// expect: a column-major matrix is no CSR; as_csr_transposed views its transpose
// expect: a row-major matrix is CSR as it is; as_csr views it
#include <lacuna/interop/eigen.hpp>

#if defined(LACUNA_MUST_FAIL)
using by_rows = Eigen::SparseMatrix<float>;
using by_columns = Eigen::SparseMatrix<float, Eigen::RowMajor>;
#else
using by_rows = Eigen::SparseMatrix<float, Eigen::RowMajor>;
using by_columns = Eigen::SparseMatrix<float>;
#endif

lacuna::index rows(by_rows const& a) { return lacuna::as_csr(a).rows(); }
lacuna::index columns(by_columns const& a) { return lacuna::as_csr_transposed(a).rows(); }
