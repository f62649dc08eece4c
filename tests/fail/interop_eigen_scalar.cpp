// SPDX-License-Identifier: MIT
// expect: matrices hold float, double, lacuna::bf16, lacuna::f16 or integers
#include <lacuna/interop/eigen.hpp>

#if defined(LACUNA_MUST_FAIL)
using matrix = Eigen::MatrixXcf;
#else
using matrix = Eigen::MatrixXd;
#endif

int main() {
  matrix const m(2, 2);
  return static_cast<int>(lacuna::view_of(m).rows());
}
