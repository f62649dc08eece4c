// SPDX-License-Identifier: MIT
//
// Y = epilogue(A X): the fallback, which runs any format, type and order by visiting rows, and the choice of a kernel.
//
// Bound: every slot is read once for every `tile` columns of X; the inner loop runs over neighbours in a row of X and
// is left to the compiler's vectoriser. Column-major operands are walked with their stride.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/spmm/row_tile.hpp>

#include <algorithm>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A kernel for one layout on one Arch: specialised in kernel/spmm/<layout>.hpp, with what row_tile has: a name,
/// `accepts<View, S>` telling whether it multiplies such a matrix into sums of S, `widest` and `block`, and `run`. X
/// reaches it packed, its sums reach Y through finish, so it knows no order, no type but S, and no epilogue. This one
/// takes none.
template <class Layout, class Arch>
struct spmm {
  template <class View, class S>
  static constexpr bool accepts = false;
};

/// A kernel for one layout with weights of int8, on X in quads (kernel/quads.hpp): specialised in
/// kernel/spmm/<layout>_int8.hpp. This one takes none.
template <class Layout, class Arch>
struct spmm_quads {
  template <class View>
  static constexpr bool accepts = false;
};

/// Whether such a kernel runs for a matrix.
template <class View, class Arch>
concept takes_quads =
    requires { typename View::layout; } && spmm_quads<typename View::layout, Arch>::template accepts<View>;

/// Any format, any types, any orders.
struct spmm_fallback {
  static constexpr std::string_view name = "fallback";
  static constexpr index tile = 64;  // 256 bytes of float sums: four AVX-512 registers, sixteen of SSE2

  /// Writes rows first .. last of Y = ep(A X), and nothing else. Expects shapes that fit and Y apart from the operands.
  template <row_visitable A, class X, order OX, class Y, order OY, class Epilogue>
  static void run(A a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep, index first,
                  index last) noexcept {
    index j = 0;
    for (; y.cols() - j >= tile; j += tile)  // a width the compiler knows: vectorised even at -O2
      for (index i = first; i != last; ++i) run_tile(a, x, y, ep, i, j, std::integral_constant<index, tile>{});
    if (j != y.cols())
      for (index i = first; i != last; ++i) run_tile(a, x, y, ep, i, j, y.cols() - j);
  }

 private:
  template <class A, class X, order OX, class Y, order OY, class Epilogue, class Width>
  static void run_tile(A a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep, index i, index j,
                       Width width) noexcept {
    using sum_type = typename product<typename A::value_type, Y, Epilogue>::sum_type;
    sum_type sum[tile] = {};
    a.visit_row(i, [&](index k, typename A::value_type value) LACUNA_INLINE_LAMBDA {
      auto const w = widened<sum_type>(value);
      auto const* const line = &x(k, j);
      for (index t = 0; t != width; ++t) sum[t] = multiply_add(sum[t], w, widened<sum_type>(line[t * x.col_stride()]));
    });
    for (index t = 0; t != width; ++t) finish_sum(sum[t], ep, y, i, j + t);
  }
};

/// The kernel that spmm runs for a matrix: one of the layout's own if it takes it, else row_tile if that does.
template <class View, class Arch>
struct choice {
  using sum_type = accumulator_t<typename View::value_type>;
  using own = spmm<typename View::layout, Arch>;
  using quads = spmm_quads<typename View::layout, Arch>;
  using rows = row_tile<Arch>;
  using any = std::conditional_t<rows::template accepts<View, sum_type>, rows, spmm_fallback>;
  using type = std::conditional_t<own::template accepts<View, sum_type>, own,
                                  std::conditional_t<takes_quads<View, Arch>, quads, any>>;
};
template <class View, class Arch>
using chosen_spmm = typename choice<View, Arch>::type;

}  // namespace lacuna::kernel::inline LACUNA_ISA
