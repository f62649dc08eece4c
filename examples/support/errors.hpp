// SPDX-License-Identifier: MIT
//
// The two errors of a pruned product: what pruning costs, and what rounding may cost.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/mask.hpp>

#include "weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace demo {

/// |y - exact| / |exact| in the Frobenius norm.
[[nodiscard]] inline double relative_error(matrix const& y, matrix const& exact) {
  auto const size = exact.cast<double>().norm();
  return size == 0 ? 0.0 : (y.cast<double>() - exact.cast<double>()).norm() / size;
}

/// The largest |y - oracle| in units of its bound: at most 1 for a correct product in float. The oracle is the sum over
/// the kept weights in double; the bound, gamma_k sum |w||x| with gamma_k = k u / (1 - k u) for k kept weights in a row
/// and u = 2^-24, is what k roundings may add up to in any order. Source: N. Higham, "Accuracy and Stability of
/// Numerical Algorithms", 2nd ed., SIAM 2002, section 3.1. O(kept * tokens).
[[nodiscard]] inline double deviation(matrix const& w, lacuna::mask const& keep, matrix const& x, matrix const& y) {
  auto const n = static_cast<std::size_t>(x.cols());
  double largest = 0;
  std::vector<double> sum(n), size(n);
  for (lacuna::index i = 0; i != w.rows(); ++i) {
    std::fill(sum.begin(), sum.end(), 0.0);
    std::fill(size.begin(), size.end(), 0.0);
    for (lacuna::index j = 0; j != w.cols(); ++j) {
      if (!keep(i, j)) continue;
      auto const a = static_cast<double>(w(i, j));
      auto const* const line = x.data() + j * x.cols();
      for (std::size_t t = 0; t != n; ++t) {
        sum[t] += a * static_cast<double>(line[t]);
        size[t] += std::fabs(a * static_cast<double>(line[t]));
      }
    }
    auto const k = static_cast<double>(keep.count(i));
    auto const gamma = k * 0x1p-24 / (1 - k * 0x1p-24);
    for (std::size_t t = 0; t != n; ++t) {
      auto const off = std::fabs(static_cast<double>(y(i, static_cast<lacuna::index>(t))) - sum[t]);
      auto const bound = gamma * size[t] + k * 0x1p-149;  // products below float's normal range
      if (off != 0) largest = std::max(largest, bound > 0 ? off / bound : std::numeric_limits<double>::infinity());
      if (std::isnan(off)) return std::numeric_limits<double>::infinity();
    }
  }
  return largest;
}

}  // namespace demo
