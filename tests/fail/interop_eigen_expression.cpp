// SPDX-License-Identifier: MIT
// expect: this Eigen expression has no memory to view; evaluate it into a matrix
#include <lacuna/interop/eigen.hpp>

int main() {
  Eigen::MatrixXf const a(2, 3), b(2, 3);
#if defined(LACUNA_MUST_FAIL)
  return static_cast<int>(lacuna::view_of(a + b).rows());
#else
  return static_cast<int>(lacuna::view_of((a + b).eval()).rows());
#endif
}
