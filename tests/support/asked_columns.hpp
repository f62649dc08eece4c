// SPDX-License-Identifier: MIT
//
// An `ahead` for the kernels of decoding that counts instead of asking.
#pragma once

#include <lacuna/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace lacuna_test {

/// Counts the columns that are asked for with each row; twice, where they are asked for piece by piece. InBlocks: as a
/// block of rows that is asked for as a whole.
template <bool InBlocks = false>
struct asked_columns {
  static constexpr bool in_blocks = InBlocks;
  std::vector<lacuna::index>& of_row;
  lacuna::index width, dim, first = 0;
  asked_columns from(lacuna::index j) const { return {of_row, width, dim, first + j}; }
  template <int N>
  auto rows(lacuna::index j) const {
    return [*this, j](lacuna::index c, lacuna::index column) {
      of_row[static_cast<std::size_t>(first + j + c)] += std::min(width, dim - column);
    };
  }
  template <int N>
  auto piece(lacuna::index j, lacuna::index column) const {
    return piece<N, 1>(0, 0, j, column);
  }
  template <int N, int Parts>
  auto piece(lacuna::index part, lacuna::index, lacuna::index j, lacuna::index column) const {
    lacuna::index times = Parts == 1 ? 2 : part == 0 ? -1 : 3;  // twice by one of each part, and not else
    return [*this, j, column, times](lacuna::index n) {
      of_row[static_cast<std::size_t>(first + j)] += times * std::min(width, dim - column - n * width);
    };
  }
};

}  // namespace lacuna_test
