// SPDX-License-Identifier: MIT
//
// An `ahead` for the kernels of decoding that counts instead of asking.
#pragma once

#include <lacuna/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace lacuna_test {

/// Counts the columns that are asked for with each row.
struct asked_columns {
  std::vector<lacuna::index>& of_row;
  lacuna::index width, dim, first = 0;
  asked_columns from(lacuna::index j) const { return {of_row, width, dim, first + j}; }
  template <int N>
  auto rows(lacuna::index j) const {
    return [*this, j](lacuna::index c, lacuna::index column) {
      of_row[static_cast<std::size_t>(first + j + c)] += std::min(width, dim - column);
    };
  }
};

}  // namespace lacuna_test
