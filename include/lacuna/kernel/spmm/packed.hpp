// SPDX-License-Identifier: MIT
//
// X by columns for a kernel that wants it by rows: some columns at a time are copied to row-major memory first.
//
// Bound: two bytes moved for each byte of X, once, whatever the number of rows of A: 1 / (density * rows) of the loads
// of the product. 128 columns are one register tile of AVX-512, and the copy of 1024 inputs takes 512 KB, within L2.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>

#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A kernel that takes row-major X, behind a copy of column-major X.
template <class Kernel>
struct packed {
  static constexpr std::string_view name = "packed row-tile";
  static constexpr index columns = 128;  // of X in one copy
  using kernel = Kernel;

  /// Elements from one row of the copy to the next: whole cache lines for 4-byte elements.
  [[nodiscard]] static constexpr index stride(index width) noexcept { return (width + 15) / 16 * 16; }

  /// Copies rows first .. last of columns j .. j + width of x.
  template <class T>
  static void copy(dense_view<T const, order::col_major> x, index j, index width, T* to, index first,
                   index last) noexcept {
    constexpr index block = 16;  // rows read together: a cache line of each column
    for (index k = first; k < last; k += block) {
      index const end = last - k < block ? last : k + block;
      for (index c = 0; c != width; ++c)
        for (index row = k; row != end; ++row) to[row * stride(width) + c] = x(row, j + c);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
