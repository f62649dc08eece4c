// SPDX-License-Identifier: MIT
//
// y = epilogue(A x): the fallback, which runs any format by visiting its rows, and the choice of a faster kernel.
//
// Bound: one pass over A. One sum a row, so the latency of an addition (4 cycles) for each slot.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/spmm.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A kernel for one layout on one Arch: specialised in kernel/spmv/<layout>.hpp. It takes an x whose elements are
/// neighbours; this one takes none.
template <class Layout, class Arch>
struct spmv {
  template <class View, class X, class Y>
  static constexpr bool accepts = false;
};

/// Any format, any types, any strides.
struct spmv_fallback {
  static constexpr std::string_view name = "fallback";

  /// Writes elements first .. last of y = ep(A x), and nothing else. Expects shapes that fit and y apart from the
  /// operands.
  template <row_visitable A, class X, class Y, class Epilogue>
  static void run(A a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep, index first, index last) noexcept {
    using sum_type = typename product<typename A::value_type, Y, Epilogue>::sum_type;
    for (index i = first; i != last; ++i) {
      sum_type sum{};
      a.visit_row(i, [&](index k, typename A::value_type value) LACUNA_INLINE_LAMBDA {
        sum = multiply_add(sum, widened<sum_type>(value), widened<sum_type>(x[k]));
      });
      store<typename A::value_type>(sum, ep, y, i);
    }
  }

  /// Applies the epilogue to the sum of row i of a matrix of A, and stores it.
  template <class A, class Sum, class Epilogue, class Y>
  LACUNA_INLINE static void store(Sum sum, Epilogue const& ep, vector_view<Y> y, index i) noexcept {
    finish_sum(sum, ep, as_column(y), i, 0);
  }
};

/// A kernel that wants x as neighbours of the type of the sums, behind a copy of an x that is not.
template <class Kernel>
struct spmv_copied : Kernel {
  using own = Kernel;
};

/// A kernel of spmm that multiplies one column as well as a kernel of its own could.
template <class Tiles>
struct spmv_tiles {
  static constexpr std::string_view name = Tiles::name;
  using tiles = Tiles;
};

/// A kernel for weights of int8 and a few columns, which takes a vector as a column.
template <class Quads>
struct spmv_quads {
  static constexpr std::string_view name = Quads::name;
  using quads = Quads;
};

/// The kernel that spmv runs for these operands: the layout's own if it takes them, also behind a copy of x, else the
/// layout's kernel of spmm if that serves vectors, else that of few_quads, else the fallback. Contiguous: x's elements
/// are neighbours.
template <class View, class X, class Y, class Arch, bool Contiguous = true>
struct spmv_choice {
  using own = spmv<typename View::layout, Arch>;
  using sum_type = accumulator_t<typename View::value_type>;
  static constexpr bool as_is = Contiguous && own::template accepts<View, X, Y>;
  template <class K>
  static constexpr bool arranges = requires(View a) { K::prepared_size(a); };  // takes an x of any stride
  static constexpr bool as_copy =
      std::integral<X> ? own::template accepts<View, X, Y> && arranges<own> : own::template accepts<View, sum_type, Y>;
  using by_tiles = spmm<typename View::layout, Arch>;
  static constexpr bool as_tiles = by_tiles::template accepts<View, sum_type> && requires { by_tiles::serves_vectors; };
  using any = std::conditional_t<takes_few_quads<View, Arch>, spmv_quads<few_quads<View, Arch>>, spmv_fallback>;
  using type = std::conditional_t<
      as_is, own,
      std::conditional_t<as_copy, spmv_copied<own>, std::conditional_t<as_tiles, spmv_tiles<by_tiles>, any>>>;
};
template <class View, class X, class Y, class Arch, bool Contiguous = true>
using chosen_spmv = typename spmv_choice<View, X, Y, Arch, Contiguous>::type;

template <class Kernel>
inline constexpr bool takes_copy = false;
template <class Kernel>
inline constexpr bool takes_copy<spmv_copied<Kernel>> = true;

}  // namespace lacuna::kernel::inline LACUNA_ISA
