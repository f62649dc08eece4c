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

/// What is wrong with A X, X and Y both in Order, or nothing.
template <class X, lacuna::order Order, class Format>
std::string few_int8_product_problem(Format const& a, lacuna::dense<X> const& x, placement where) {
  guarded_sparse<Format> const guarded_a(a, where);
  guarded_dense<X, Order> in(x, a.rows() % 3, where);
  guarded_dense<std::int32_t, Order> out(a.rows(), x.cols(), x.cols() % 3, where);
  lacuna::dense_view<X const, Order> const in_view = in.view();
  lacuna::serial one;
  lacuna::kernel::multiply_few_quads(lacuna::kernel::any_executor(one), guarded_a.view(), in_view, out.view(),
                                     lacuna::identity_epilogue{});
  return out.intact() ? check_product(a, x, out.values()) : "written beside Y";
}

/// Every number of columns; lines of R rows, with fewer and more stored columns than are gathered at a time.
template <class Format, int R = 1, int C = 1>
[[nodiscard]] std::string few_int8_problem(unsigned seed) {
  if constexpr (lacuna::kernel::takes_few_quads<lacuna::view_t<Format>, lacuna::simd::default_arch>) {
    random r(seed);
    lacuna::index number = 0;
    for (lacuna::index const rows : {0, 1, R - 1, R, 2 * R + 1, 40})
      for (lacuna::index const cols : {0, 1, C + 3, 3 * C + 1, 67, 256, 257, 1030})
        for (lacuna::index n = 0; n != 9; ++n) {
          if (++number % (quick() ? 7 : 2) != 0) continue;
          auto const a = int8_matrix<Format>(r, rows, cols);
          auto const where = both_placements[static_cast<std::size_t>(number / 2 % 2)];
          auto const u = int8_inputs<std::uint8_t>(r, cols, n);
          auto const s = int8_inputs<std::int8_t>(r, cols, n);
          for (auto const& wrong : {few_int8_product_problem<std::uint8_t, lacuna::order::row_major>(a, u, where),
                                    few_int8_product_problem<std::int8_t, lacuna::order::col_major>(a, s, where)})
            if (!wrong.empty())
              return std::to_string(rows) + "x" + std::to_string(cols) + ", " + std::to_string(n) + ": " + wrong;
        }
  }
  return "";
}

}  // namespace lacuna_test
