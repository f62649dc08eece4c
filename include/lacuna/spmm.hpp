// SPDX-License-Identifier: MIT
//
// The products: spmm, spmv and linear. They check types and shapes; kernel/multiply.hpp does the rest.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/f16_sums.hpp>
#include <lacuna/format/transposed.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/int4_bytes.hpp>
#include <lacuna/kernel/multiply.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/arch.hpp>

// Every kernel is reached from here, so that no two translation units disagree about which one runs.
#include <lacuna/kernel/f16_sums/bsr.hpp>
#include <lacuna/kernel/f16_sums/nm.hpp>
#include <lacuna/kernel/few_columns/bits.hpp>
#include <lacuna/kernel/few_columns/bsr.hpp>
#include <lacuna/kernel/few_columns/bsr_int8.hpp>
#include <lacuna/kernel/few_columns/csr.hpp>
#include <lacuna/kernel/few_columns/csr_int8.hpp>
#include <lacuna/kernel/few_columns/grouped_int4.hpp>
#include <lacuna/kernel/few_columns/nm.hpp>
#include <lacuna/kernel/few_columns/nm_int8.hpp>
#include <lacuna/kernel/few_columns/tiled_sell.hpp>
#include <lacuna/kernel/few_columns/vnm.hpp>
#include <lacuna/kernel/few_columns/vnm_int8.hpp>
#include <lacuna/kernel/spmm/bitmap.hpp>
#include <lacuna/kernel/spmm/bitmap_int8.hpp>
#include <lacuna/kernel/spmm/bsr.hpp>
#include <lacuna/kernel/spmm/bsr_int8.hpp>
#include <lacuna/kernel/spmm/bsr_int8_columns.hpp>
#include <lacuna/kernel/spmm/csr.hpp>
#include <lacuna/kernel/spmm/csr_int8.hpp>
#include <lacuna/kernel/spmm/nm.hpp>
#include <lacuna/kernel/spmm/nm_int8.hpp>
#include <lacuna/kernel/spmm/nm_int8_columns.hpp>
#include <lacuna/kernel/spmm/panel.hpp>
#include <lacuna/kernel/spmm/tiled_sell.hpp>
#include <lacuna/kernel/spmm/tiled_sell_int8.hpp>
#include <lacuna/kernel/spmm/vnm.hpp>
#include <lacuna/kernel/spmm/vnm_int8.hpp>
#include <lacuna/kernel/spmv/bitmap.hpp>
#include <lacuna/kernel/spmv/bsr.hpp>
#include <lacuna/kernel/spmv/csr.hpp>
#include <lacuna/kernel/spmv/grouped_int4.hpp>
#include <lacuna/kernel/spmv/nm.hpp>
#include <lacuna/kernel/spmv/tiled_sell.hpp>
#include <lacuna/kernel/spmv/vnm.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>

namespace lacuna::inline LACUNA_ISA {

/// Names the kernels that run for a sparse matrix type (owner or view) with activations and results of T, X and Y both
/// in Order: `spmm`, and `spmv` for contiguous vectors. "fallback" where none is specialised; docs/kernels.md has the
/// table, and says which products of few columns another kernel takes (csr of int8 with 16 slots a column: that of
/// spmm).
template <sparse_matrix Format, class T, order Order, class Arch = simd::default_arch>
struct kernel_of {
  static constexpr std::string_view spmm = kernel::chosen_spmm<view_t<Format>, Arch>::name;
  static constexpr std::string_view spmv = kernel::chosen_spmv<view_t<Format>, T, T, Arch>::name;
};
template <sparse_matrix Format, class T, order Order, class Arch>
  requires kernel::takes_int4_bytes<view_t<Format>, T>
struct kernel_of<Format, T, Order, Arch> {
  static constexpr std::string_view spmm = kernel::int4_bytes_kernels<view_t<Format>, T, Arch>::name;
  static constexpr std::string_view spmv = spmm;
};

/// Names the kernel of spmm and linear for f16_sums(A), A of a sparse matrix type of f16 (owner or view), and 16
/// columns or more; "float" where sums are of float, as without f16_sums: then kernel_of has the name.
template <sparse_matrix Format, class Arch = simd::default_arch>
inline constexpr std::string_view f16_sums_kernel_of =
    kernel::f16_sums_name<kernel::f16_sums_spmm<typename view_t<Format>::layout, Arch>>();

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna::detail::inline LACUNA_ISA {

template <class A, class X, class Y, class Epilogue>
constexpr void require_types() {
  using a_type = typename A::value_type;
  static_assert(
      kernel::multipliable<a_type, std::remove_const_t<X>> || kernel::takes_int4_bytes<A, std::remove_const_t<X>>,
      "lacuna: the types of A and X do not multiply; float takes float, double double, bf16 and f16 take float or "
      "themselves, int8 takes int8 or uint8, grouped_int4 float, int8 or uint8 (transposed, float)");
  static_assert(!kernel::has_f16_sums<A> || std::same_as<std::remove_const_t<X>, f16>,
                "lacuna: f16_sums(A) takes X of f16");
  static_assert(!std::is_const_v<Y>, "lacuna: Y is read-only");
  static_assert(kernel::product<a_type, std::remove_const_t<Y>, Epilogue>::storable,
                "lacuna: Y can't hold the result; integers need the epilogue requantize to Y's type as the last stage, "
                "or an int32 "
                "Y of an int8 product");
  static_assert(kernel::product<a_type, std::remove_const_t<Y>, Epilogue>::correctable,
                "lacuna: zero_point works on the int32 sums of an int8 product: it has to be the first stage");
  static_assert(
      !Epilogue::corrects_scaled_sums ||
          (kernel::takes_int4_bytes<A, std::remove_const_t<X>> && Epilogue::corrects_scaled_first),
      "lacuna: zero_point with float sums of rows works on grouped_int4 times int8 or uint8: it has to be the "
      "first stage");
}

template <class A>
void require_shapes(char const* who, A const& a, index x_rows, index x_cols, index y_rows, index y_cols) {
  if (x_rows != a.cols()) fail<shape_error>(who, ": A is ", a.rows(), "x", a.cols(), ", X has ", x_rows, " rows");
  if (y_rows != a.rows()) fail<shape_error>(who, ": A is ", a.rows(), "x", a.cols(), ", Y has ", y_rows, " rows");
  if (x_cols != y_cols) fail<shape_error>(who, ": X has ", x_cols, " columns, Y has ", y_cols);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Y = epilogue(A X): A sparse rows x cols, in any format, or transposed(A); X dense cols x n; Y dense rows x n. X and
/// Y may have either memory order and any stride; Y overlaps neither X nor A nor an operand of the epilogue. Y is
/// overwritten unless the epilogue has `accumulate`. Sums are float (for float, bf16, f16), double or int32; each is
/// within gamma_k sum |a||x| of the exact one, k the slots of its row; gamma_k = k u / (1 - k u), with u = 2^-24 for
/// float and 2^-53 for double. What X holds opposite the places that A does not store never reaches Y. The work is
/// split over rows; the result is the same for every executor, bit for bit but for the signs of NaN. Throws
/// shape_error. O(stored * n).
template <executor E, sparse_operand A, dense_matrix X, dense_matrix Y, epilogue_like Epilogue = identity_epilogue>
void spmm(E&& exec, A const& a, X const& x, Y&& y, Epilogue const& ep = {}) {
  auto const av = sparse_access<A>::view(a);
  auto const xv = view_of(x);
  auto const yv = view_of(y);
  auto const stages = detail::as_epilogue(ep);
  detail::require_types<std::remove_const_t<decltype(av)>, element_t<X const>,
                        std::remove_pointer_t<decltype(yv.data())>, decltype(stages)>();
  detail::require_shapes("spmm", av, xv.rows(), xv.cols(), yv.rows(), yv.cols());
  stages.check("spmm", {yv.rows(), yv.rows(), yv.cols(), yv.cols()});
  kernel::multiply(kernel::any_executor(exec), av, xv, yv, stages);
}

/// In the calling thread.
template <sparse_operand A, dense_matrix X, dense_matrix Y, epilogue_like Epilogue = identity_epilogue>
void spmm(A const& a, X const& x, Y&& y, Epilogue const& ep = {}) {
  lacuna::spmm(serial{}, a, x, y, ep);
}

/// y = epilogue(A x): x has as many elements as A has columns, y as many as A has rows; vectors of any stride.
/// Otherwise as spmm. Throws shape_error. O(stored).
template <executor E, sparse_operand A, dense_vector X, dense_vector Y, epilogue_like Epilogue = identity_epilogue>
void spmv(E&& exec, A const& a, X const& x, Y&& y, Epilogue const& ep = {}) {
  auto const av = sparse_access<A>::view(a);
  auto const xv = vector_of(x);
  auto const yv = vector_of(y);
  auto const stages = detail::as_epilogue(ep);
  detail::require_types<std::remove_const_t<decltype(av)>, typename decltype(xv)::value_type,
                        std::remove_pointer_t<decltype(yv.data())>, decltype(stages)>();
  if (xv.size() != av.cols())
    detail::fail<shape_error>("spmv: A is ", av.rows(), "x", av.cols(), ", x has ", xv.size(), " elements");
  if (yv.size() != av.rows())
    detail::fail<shape_error>("spmv: A is ", av.rows(), "x", av.cols(), ", y has ", yv.size(), " elements");
  stages.check("spmv", {yv.size(), yv.size(), 1, 1});
  if constexpr (kernel::is_transposed<std::remove_const_t<decltype(av)>>)
    kernel::multiply(kernel::any_executor(exec), av, as_column(xv), as_column(yv), stages);
  else
    kernel::multiply_vector(kernel::any_executor(exec), av, vector_view<typename decltype(xv)::value_type const>(xv),
                            yv, stages);
}

/// In the calling thread.
template <sparse_operand A, dense_vector X, dense_vector Y, epilogue_like Epilogue = identity_epilogue>
void spmv(A const& a, X const& x, Y&& y, Epilogue const& ep = {}) {
  lacuna::spmv(serial{}, a, x, y, ep);
}

/// Y = epilogue(X A^T), a layer on data as frameworks keep it: X tokens x inputs, A outputs x inputs, Y tokens x
/// outputs, X and Y in either order. Biases and scales of the epilogue have one value for each output; matrices to add
/// have Y's shape. Otherwise as spmm. Throws shape_error.
template <executor E, dense_matrix X, sparse_operand A, dense_matrix Y, epilogue_like Epilogue = identity_epilogue>
void linear(E&& exec, X const& x, A const& a, Y&& y, Epilogue const& ep = {}) {
  auto const av = sparse_access<A>::view(a);
  auto const xv = view_of(x);
  auto const yv = view_of(y);
  auto const stages = detail::as_epilogue(ep);
  detail::require_types<std::remove_const_t<decltype(av)>, element_t<X const>,
                        std::remove_pointer_t<decltype(yv.data())>, decltype(stages)>();
  if (xv.cols() != av.cols())
    detail::fail<shape_error>("linear: A is ", av.rows(), "x", av.cols(), ", X has ", xv.cols(), " columns");
  if (yv.cols() != av.rows())
    detail::fail<shape_error>("linear: A is ", av.rows(), "x", av.cols(), ", Y has ", yv.cols(), " columns");
  if (xv.rows() != yv.rows()) detail::fail<shape_error>("linear: X has ", xv.rows(), " rows, Y has ", yv.rows());
  stages.check("linear", {yv.cols(), yv.rows(), yv.cols(), yv.rows()});
  kernel::multiply(kernel::any_executor(exec), av, transpose(xv), transpose(yv), stages.flipped());
}

/// In the calling thread.
template <dense_matrix X, sparse_operand A, dense_matrix Y, epilogue_like Epilogue = identity_epilogue>
void linear(X const& x, A const& a, Y&& y, Epilogue const& ep = {}) {
  lacuna::linear(serial{}, x, a, y, ep);
}

}  // namespace lacuna::inline LACUNA_ISA
