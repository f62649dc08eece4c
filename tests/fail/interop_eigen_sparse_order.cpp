// SPDX-License-Identifier: MIT
// expect: a column-major matrix is no CSR; as_csr_transposed views its transpose
#include <lacuna/interop/eigen.hpp>

#if defined(LACUNA_MUST_FAIL)
using matrix = Eigen::SparseMatrix<float>;
#else
using matrix = Eigen::SparseMatrix<float, Eigen::RowMajor>;
#endif

int main() { return static_cast<int>(lacuna::as_csr(matrix(2, 2)).rows()); }
