// SPDX-License-Identifier: MIT
// expect: a matrix is viewed with the inner stride 1; this Eigen type fixes another
#include <lacuna/interop/eigen.hpp>

#if defined(LACUNA_MUST_FAIL)
using strides = Eigen::Stride<Eigen::Dynamic, 2>;
#else
using strides = Eigen::Stride<Eigen::Dynamic, 1>;
#endif

int main() {
  float cells[64] = {};
  Eigen::Map<Eigen::MatrixXf, 0, strides> const m(cells, 4, 4, strides(16, strides::InnerStrideAtCompileTime));
  return static_cast<int>(lacuna::view_of(m).rows());
}
