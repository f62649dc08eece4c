// SPDX-License-Identifier: MIT
//
// The weights as the sparse peers take them: compressed rows with 32-bit integers.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/mask.hpp>

#include "peer.hpp"

#include <cstddef>
#include <vector>

namespace lacuna_peers {

struct csr_arrays {
  lacuna::index rows = 0, cols = 0;
  std::vector<int> offsets, columns;
  std::vector<float> values;

  [[nodiscard]] lacuna::index stored() const noexcept { return static_cast<lacuna::index>(values.size()); }
  [[nodiscard]] double bytes() const noexcept {
    return 4.0 * static_cast<double>(offsets.size() + columns.size() + values.size());
  }
};

/// What the mask keeps of w.
[[nodiscard]] inline csr_arrays csr_of(matrix const& w, lacuna::mask const& keep) {
  csr_arrays a{w.rows(), w.cols(), {0}, {}, {}};
  a.columns.reserve(static_cast<std::size_t>(keep.count()));
  a.values.reserve(a.columns.capacity());
  for (lacuna::index i = 0; i != w.rows(); ++i) {
    for (lacuna::index j = 0; j != w.cols(); ++j)
      if (keep(i, j)) {
        a.columns.push_back(static_cast<int>(j));
        a.values.push_back(w(i, j));
      }
    a.offsets.push_back(static_cast<int>(a.values.size()));
  }
  return a;
}

}  // namespace lacuna_peers
