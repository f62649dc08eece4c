// SPDX-License-Identifier: MIT
//
// What a product of another library looks like to a bench.
#pragma once

#include <Eigen/Core>

#include <functional>
#include <string>

namespace lacuna_peers {

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A product y = w x bound to its operands. What it was bound to must live as long as it does.
struct peer {
  std::string name;           ///< who computes
  std::string kernels;        ///< with what, as far as it tells
  std::function<void()> run;  ///< once
  matrix const* y = nullptr;  ///< where the result is: rows x n
  bool transposed = false;    ///< n x rows instead
};

}  // namespace lacuna_peers
