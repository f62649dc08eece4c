// SPDX-License-Identifier: MIT
// expect: matrices hold float, double, lacuna::bf16, lacuna::f16 or integers
// expect: vectors hold float, double, lacuna::bf16, lacuna::f16 or integers
#include <lacuna/interop/eigen.hpp>

#if defined(LACUNA_MUST_FAIL)
using matrix = Eigen::MatrixXcf;
using vector = Eigen::VectorXcf;
#else
using matrix = Eigen::MatrixXd;
using vector = Eigen::VectorXd;
#endif

lacuna::index rows(matrix const& m) { return lacuna::view_of(m).rows(); }
lacuna::index size(vector const& v) { return lacuna::vector_of(v).size(); }
