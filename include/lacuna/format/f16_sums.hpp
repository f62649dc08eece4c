// SPDX-License-Identifier: MIT
//
// A sparse operand of f16 whose products may be summed up in f16.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/concepts.hpp>

#include <concepts>
#include <type_traits>

namespace lacuna {

/// Borrows A and allows sums of f16: see f16_sums.
template <sparse_matrix View>
struct f16_sums_view {
  using value_type = typename View::value_type;
  static_assert(std::same_as<value_type, f16>, "lacuna: f16_sums takes a matrix of f16");
  View matrix;  ///< A itself

  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return matrix.rows(); }
  [[nodiscard]] LACUNA_INLINE constexpr index cols() const noexcept { return matrix.cols(); }
  [[nodiscard]] LACUNA_INLINE constexpr index stored() const noexcept { return matrix.stored(); }
};

template <sparse_matrix View>
struct sparse_access<f16_sums_view<View>> {
  LACUNA_INLINE static constexpr f16_sums_view<View> view(f16_sums_view<View> const& a) { return a; }
};

/// A with the permission to multiply and add in f16, for spmm, spmv and linear with X of f16: twice the lanes of float
/// where the target has AVX512-FP16. An opt-in, for it errs more than sums of float, and can overflow:
///
/// - At most 64 products of a row are summed up in f16, rounded after each multiply-add; such partial sums are added in
///   float. The result differs from the exact one by at most (gamma_64(2^-11) + gamma_k(2^-24)) sum |a||x| + k 2^-25,
///   k the slots of its row, before the epilogue and rounding to Y: 0.033 sum |a||x|, however long the row. Errors
///   mostly cancel: of weights and inputs with random signs the result is off by 0.1 % (see docs/kernels.md).
/// - A partial sum beyond 65504 is infinite (or NaN, of infinities of both signs). Scale A or X if sums of 64 products
///   can come near it.
///
/// It is a permission, no demand: where no kernel makes use of it (other targets, other formats, vectors, few columns)
/// the product runs as it does without, with sums of float, which err less. f16_sums_kernel_of names what runs. The
/// result is the same for every executor. O(1); borrows A.
template <sparse_operand A>
[[nodiscard]] LACUNA_INLINE constexpr auto f16_sums(A const& a) {
  auto const view = sparse_access<A>::view(a);
  return f16_sums_view<std::remove_const_t<decltype(view)>>{view};
}

}  // namespace lacuna
