// SPDX-License-Identifier: MIT
//
// Sparse matrices that stand for lists of blocks.
#pragma once

#include <lacuna/core/mask.hpp>
#include <lacuna/format/csr.hpp>

#include "random.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace lacuna_test {

/// A sparse matrix of the places that a mask keeps, values 1, 2, 3, ... times a factor.
[[nodiscard]] inline lacuna::csr<float> csr_of(lacuna::mask const& keep, float factor = 1) {
  std::vector<std::uint32_t> offsets{0}, columns;
  std::vector<float> values;
  for (lacuna::index i = 0; i != keep.rows(); ++i) {
    for (lacuna::index j = 0; j != keep.cols(); ++j)
      if (keep(i, j)) {
        columns.push_back(static_cast<std::uint32_t>(j));
        values.push_back(factor * static_cast<float>(columns.size()));
      }
    offsets.push_back(static_cast<std::uint32_t>(columns.size()));
  }
  return {keep.rows(), keep.cols(), offsets, columns, values};
}

/// What is not in rising order within a row, or repeats itself.
struct unordered_rows {
  std::vector<std::vector<lacuna::index>> lists;
  lacuna::index columns = 0;
  float factor = 0;

  [[nodiscard]] lacuna::index rows() const { return static_cast<lacuna::index>(lists.size()); }
  [[nodiscard]] lacuna::index cols() const { return columns; }
  template <class F>
  void visit_row(lacuna::index i, F&& f) const {
    for (auto const id : lists[static_cast<std::size_t>(i)]) f(id, factor * static_cast<float>(id));
  }
};

}  // namespace lacuna_test
