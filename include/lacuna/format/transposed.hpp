// SPDX-License-Identifier: MIT
//
// A sparse operand to be multiplied as its transpose, without making it.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/concepts.hpp>

#include <type_traits>

namespace lacuna {

/// Borrows A and stands for its transpose: rows() and cols() are A's cols() and rows().
template <sparse_matrix View>
struct transposed_view {
  using value_type = typename View::value_type;
  View base;  ///< A itself

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return base.cols(); }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return base.rows(); }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return base.stored(); }
};

template <class View>
transposed_view(View) -> transposed_view<View>;

template <sparse_matrix View>
struct sparse_access<transposed_view<View>> {
  LACUNA_INLINE static constexpr transposed_view<View> view(transposed_view<View> const& a) { return a; }
};

/// A^T as an operand of spmm, spmv and linear: spmm(transposed(A), X, Y) is Y = A^T X, the input gradient of a layer
/// whose forward product is A X. O(1); borrows A. The transpose of a transpose is A.
template <sparse_operand A>
[[nodiscard]] LACUNA_INLINE constexpr auto transposed(A const& a) {
  auto const view = sparse_access<A>::view(a);
  if constexpr (requires { view.base; })
    return view.base;
  else
    return transposed_view<std::remove_const_t<decltype(view)>>{view};
}

}  // namespace lacuna
