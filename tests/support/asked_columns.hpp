// SPDX-License-Identifier: MIT
//
// An `ahead` for the kernels of decoding that counts instead of asking.
#pragma once

#include <lacuna/core/config.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace lacuna_test {

/// What a kernel calls as it reads or, Spaced, as it sums up, by halves or by whole pieces: once if by each half once.
template <bool Spaced, class Count>
struct asked_at {
  static constexpr bool spaced = Spaced;
  Count count;
  void operator()(auto... at) const
    requires(!Spaced)
  {
    count(1, at...);
  }
  template <class Batch>
  void behind(lacuna::index n, Batch&) const
    requires Spaced
  {
    count(1, n);
  }
  template <class Batch>
  void behind(lacuna::index half, lacuna::index c, lacuna::index column, Batch&) const
    requires Spaced
  {
    count(half == 0 ? 3 : -2, c, column);
  }
};

/// Counts the columns that are asked for with each row; twice, where they are asked for piece by piece. InBlocks: as a
/// block of rows that is asked for as a whole.
template <bool InBlocks = false, bool Spaced = false>
struct asked_columns {
  static constexpr bool in_blocks = InBlocks;
  std::vector<lacuna::index>& of_row;
  lacuna::index width, dim, first = 0;
  asked_columns from(lacuna::index j) const { return {of_row, width, dim, first + j}; }
  template <int N>
  auto rows(lacuna::index j) const {
    return told([*this, j](lacuna::index times, lacuna::index c, lacuna::index column) {
      of_row[static_cast<std::size_t>(first + j + c)] += times * std::min(width, dim - column);
    });
  }
  template <int N>
  auto piece(lacuna::index j, lacuna::index column) const {
    return piece<N, 1>(0, 0, j, column);
  }
  template <int N, int Parts>
  auto piece(lacuna::index part, lacuna::index, lacuna::index j, lacuna::index column) const {
    lacuna::index share = Parts == 1 ? 2 : part == 0 ? -1 : 3;  // twice by one of each part, and not else
    return told([*this, j, column, share](lacuna::index times, lacuna::index n) {
      of_row[static_cast<std::size_t>(first + j)] += times * share * std::min(width, dim - column - n * width);
    });
  }

 private:
  template <class Count>
  static asked_at<Spaced, Count> told(Count const& count) {
    return {count};
  }
};

}  // namespace lacuna_test
