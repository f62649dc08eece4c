// SPDX-License-Identifier: MIT
//
// Products of int8 with a few columns by the kernels for them, exact, of operands between guard pages.
#pragma once

#include <lacuna/core/executor.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/few_quads.hpp>

#include "support/int8_products.hpp"

#include <cstdint>
#include <string>

namespace lacuna_test {

/// By the kernel for few columns.
struct int8_few {
  template <class View, class X, lacuna::order OX, lacuna::order OY>
  static void run(View const& a, lacuna::dense_view<X const, OX> const& x,
                  lacuna::dense_view<std::int32_t, OY> const& y) {
    lacuna::serial one;
    lacuna::kernel::multiply_few_quads(lacuna::kernel::any_executor(one), a, x, y, lacuna::identity_epilogue{});
  }
};

/// Every number of columns of one or two types X; lines of R rows, with fewer and more stored columns than are gathered
/// at a time.
template <class Format, int R = 1, int C = 1, class... X>
[[nodiscard]] std::string few_int8_problem(unsigned seed) {
  constexpr auto row = lacuna::order::row_major;
  if constexpr (lacuna::kernel::takes_few_quads<lacuna::view_t<Format>, lacuna::simd::default_arch>) {
    int8_sizes const tried{{0, 1, R - 1, R, 2 * R + 1, 40},
                           {0, 1, C + 3, 3 * C + 1, 67, 256, 257, 1030},
                           {0, 1, 2, 3, 4, 5, 6, 7, 8},
                           quick() ? 7 : 2};
    return tried.problem(seed, int8_matrix_problem<int8_few, Format, row, row, X...>);
  }
  return "";
}

}  // namespace lacuna_test
