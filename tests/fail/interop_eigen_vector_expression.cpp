// SPDX-License-Identifier: MIT
// expect: this Eigen expression has no memory to view; evaluate it into a vector
#include <lacuna/interop/eigen.hpp>

int main() {
  Eigen::VectorXf const a(3);
#if defined(LACUNA_MUST_FAIL)
  return static_cast<int>(lacuna::vector_of(2 * a).size());
#else
  return static_cast<int>(lacuna::vector_of(a).size());
#endif
}
