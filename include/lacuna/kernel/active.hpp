// SPDX-License-Identifier: MIT
//
// y = A^T x with A sparse, inputs x outputs, and x a list of active inputs: only their rows of A are read. Here the
// fallback, which visits them in any format, and the choice of a faster kernel.
//
// Bound: a load and a store of a sum for each slot. Every range of outputs visits all slots of the active rows, so that
// several threads gain nothing.
//
// Reached on Zen 5, bsr 4x1 of float, 2048x512 at 80 %, all inputs active: 2.35 cycles a slot.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/sparse_vector.hpp>
#include <lacuna/kernel/product.hpp>

#include <algorithm>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A kernel for one layout on one Arch: specialised in kernel/active/<layout>.hpp. This one takes none.
template <class Layout, class Arch>
struct active_rows {
  template <class View>
  static constexpr bool accepts = false;
};

/// Any format, any floating-point type.
struct active_fallback {
  static constexpr std::string_view name = "fallback";

  /// sums[i - first] = sum of A(j, i) x(j) over the elements that x stores, for outputs i = first .. last, in the order
  /// of the list.
  template <row_visitable A, class S>
  static void run(A a, sparse_vector_view<S> x, S* sums, index first, index last) noexcept {
    std::fill_n(sums, last - first, S{0});
    for (index s = 0; s != x.stored(); ++s) {
      auto const value = x.values().data()[s];
      a.visit_row(static_cast<index>(x.indices().data()[s]),
                  [&](index i, typename A::value_type weight) LACUNA_INLINE_LAMBDA {
                    if (i >= first && i < last)
                      sums[i - first] = multiply_add(sums[i - first], widened<S>(weight), value);
                  });
    }
  }
};

/// The kernel that runs for active rows of a sparse matrix.
template <class View, class Arch>
using chosen_active = std::conditional_t<active_rows<typename View::layout, Arch>::template accepts<View>,
                                         active_rows<typename View::layout, Arch>, active_fallback>;

}  // namespace lacuna::kernel::inline LACUNA_ISA
