// SPDX-License-Identifier: MIT
//
// The products: spmm, spmv and linear. They check shapes, choose the kernel, and split the work.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/transposed.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/kernel/tiles.hpp>
#include <lacuna/kernel/transposed.hpp>
#include <lacuna/kernel/transposed/split.hpp>
#include <lacuna/simd/arch.hpp>

// Every kernel is reached from here, so that no two translation units disagree about which one runs.
#include <lacuna/kernel/few_columns/bits.hpp>
#include <lacuna/kernel/few_columns/bsr.hpp>
#include <lacuna/kernel/few_columns/csr.hpp>
#include <lacuna/kernel/few_columns/nm.hpp>
#include <lacuna/kernel/few_columns/tiled_sell.hpp>
#include <lacuna/kernel/few_columns/vnm.hpp>
#include <lacuna/kernel/spmm/bsr.hpp>
#include <lacuna/kernel/spmm/csr.hpp>
#include <lacuna/kernel/spmm/nm.hpp>
#include <lacuna/kernel/spmm/panel.hpp>
#include <lacuna/kernel/spmm/vnm.hpp>
#include <lacuna/kernel/spmv/bitmap.hpp>
#include <lacuna/kernel/spmv/bsr.hpp>
#include <lacuna/kernel/spmv/csr.hpp>
#include <lacuna/kernel/spmv/nm.hpp>
#include <lacuna/kernel/spmv/tiled_sell.hpp>
#include <lacuna/kernel/spmv/vnm.hpp>

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>

namespace lacuna::inline LACUNA_ISA {

/// Names the kernels that run for a sparse matrix type (owner or view) with activations and results of T, X and Y both
/// in Order: `spmm`, and `spmv` for contiguous vectors. "fallback" where none is specialised; docs/kernels.md has the
/// table.
template <sparse_matrix Format, class T, order Order, class Arch = simd::default_arch>
struct kernel_of {
  static constexpr std::string_view spmm = kernel::chosen_spmm<view_t<Format>, Arch>::name;
  static constexpr std::string_view spmv = kernel::chosen_spmv<view_t<Format>, T, T, Arch>::name;
};

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna::detail::inline LACUNA_ISA {

template <class A>
inline constexpr bool is_transposed = false;
template <class View>
inline constexpr bool is_transposed<transposed_view<View>> = true;

template <class A, class X, class Y, class Epilogue>
constexpr void require_types() {
  using a_type = typename A::value_type;
  static_assert(
      kernel::multipliable<a_type, std::remove_const_t<X>>,
      "lacuna: the types of A and X do not multiply; float takes float, double double, bf16 and f16 take float or "
      "themselves, int8 takes int8 or uint8");
  static_assert(!std::is_const_v<Y>, "lacuna: Y is read-only");
  static_assert(kernel::product<a_type, std::remove_const_t<Y>, Epilogue>::storable,
                "lacuna: Y can't hold the result; integers need the epilogue requantize to Y's type as the last stage, "
                "or an int32 "
                "Y of an int8 product");
}

template <class A>
void require_shapes(char const* who, A const& a, index x_rows, index x_cols, index y_rows, index y_cols) {
  if (x_rows != a.cols()) fail<shape_error>(who, ": A is ", a.rows(), "x", a.cols(), ", X has ", x_rows, " rows");
  if (y_rows != a.rows()) fail<shape_error>(who, ": A is ", a.rows(), "x", a.cols(), ", Y has ", y_rows, " rows");
  if (x_cols != y_cols) fail<shape_error>(who, ": X has ", x_cols, " columns, Y has ", y_cols);
}

/// x's elements are neighbours where the kernel wants that. A copy of x is kept by the calling thread.
template <class Kernel, executor E, class View, class X, class Y, class Epilogue>
void run_chosen_spmv(E& exec, View a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep) {
  // Ranges of what the kernel computes together, or else of cache lines of y.
  auto const unit = [&]() -> index {
    if constexpr (requires { Kernel::unit(a); })
      return Kernel::unit(a);
    else
      return 16;
  }();
  auto const units = ceil_div(a.rows(), unit);
  auto const grain = kernel::product_grain(units, a.stored(), 1, exec.concurrency());
  auto const run = [&](auto in) {
    exec.for_ranges(units, grain, [&](index first, index last, index) {
      Kernel::run(a, in, y, ep, first * unit, std::min(last * unit, a.rows()));
    });
  };
  if constexpr (requires { Kernel::prepared_size(a); }) {
    using sum_type = accumulator_t<typename View::value_type>;
    run(Kernel::prepare(a, x, kernel::scratch<sum_type, kernel::workspace::activations>(Kernel::prepared_size(a))));
  } else if constexpr (kernel::takes_copy<Kernel>) {
    using sum_type = accumulator_t<typename View::value_type>;
    auto* const copy = kernel::scratch<sum_type, kernel::workspace::activations>(x.size());
    for (index k = 0; k != x.size(); ++k) copy[k] = kernel::widened<sum_type>(x[k]);
    run(vector_view<sum_type const>(copy, x.size()));
  } else {
    run(x);
  }
}

template <executor E, class View, class X, class Y, class Epilogue>
void run_spmv(E& exec, View a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep) {
  using chosen = kernel::chosen_spmv<View, X, Y, simd::default_arch>;
  if constexpr (requires { typename chosen::tiles; })
    kernel::multiply_tiles<typename chosen::tiles, 1>(exec, a, as_column(x), as_column(y), ep, 0);
  else if (x.stride() == 1)
    run_chosen_spmv<chosen>(exec, a, x, y, ep);
  else
    run_chosen_spmv<kernel::chosen_spmv<View, X, Y, simd::default_arch, false>>(exec, a, x, y, ep);
}

template <executor E, class View, class X, order OX, class Y, order OY, class Epilogue>
void run_spmm(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep) {
  using chosen = kernel::chosen_spmm<View, simd::default_arch>;
  if constexpr (requires { chosen::registers; }) {
    kernel::multiply_tiles<chosen, chosen::registers>(exec, a, x, y, ep, 0);
  } else {
    auto const grain = kernel::product_grain(a.rows(), a.stored(), y.cols(), exec.concurrency());
    exec.for_ranges(a.rows(), grain, [&](index first, index last, index) { chosen::run(a, x, y, ep, first, last); });
  }
}

template <executor E, class View, class X, order OX, class Y, order OY, class Epilogue>
void run_spmm(E& exec, transposed_view<View> a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep) {
  using sum_type = accumulator_t<typename View::value_type>;
  using arch = simd::default_arch;
  if (y.cols() == 1) {
    kernel::transposed_column(exec, a.base, vector_view<X const>(x.data(), x.rows(), x.row_stride()),
                              vector_view<Y>(y.data(), y.rows(), y.row_stride()), ep);
  } else if constexpr (std::is_floating_point_v<sum_type> && simd::has_batch<arch, sum_type>) {
    kernel::transposed_tiles<arch, sum_type>::run(exec, a.base, x, y, ep);
  } else {
    using fallback = kernel::transposed_fallback;
    auto const columns = y.cols();
    auto const grain =
        std::max(fallback::tile, kernel::product_grain(columns, a.stored(), columns, exec.concurrency()));
    exec.for_ranges(columns, grain, [&](index first, index last, index) {
      auto* const sums = kernel::scratch<sum_type>(fallback::workspace(y.rows(), last - first));
      fallback::run(a.base, x, y, ep, sums, first, last);
    });
  }
}

/// The product of checked operands. One column takes the path of vectors.
template <executor E, class A, class X, order OX, class Y, order OY, class Epilogue>
void run_product(E& exec, A a, dense_view<X, OX> x, dense_view<Y, OY> y, Epilogue const& ep) {
  dense_view<std::remove_const_t<X> const, OX> const x_read(x.data(), x.rows(), x.cols(), x.stride());
  if constexpr (!is_transposed<A>) {
    if (y.cols() == 1) {
      run_spmv(exec, a, vector_view<std::remove_const_t<X> const>(x.data(), x.rows(), x.row_stride()),
               vector_view<Y>(y.data(), y.rows(), y.row_stride()), ep);
      return;
    }
    using few = kernel::chosen_few<A, simd::default_arch>;
    if constexpr (few::template widest<A> > 0)
      if (y.cols() <= few::most(a) && x.rows() != 0) return kernel::multiply_few<few>(exec, a, x_read, y, ep);
  }
  run_spmm(exec, a, x_read, y, ep);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Y = epilogue(A X): A sparse rows x cols, in any format, or transposed(A); X dense cols x n; Y dense rows x n. X and
/// Y may have either memory order and any stride; Y overlaps neither X nor A nor an operand of the epilogue. Y is
/// overwritten unless the epilogue has `accumulate`. Sums are float (for float, bf16, f16), double or int32; each is
/// within gamma_k sum |a||x| of the exact one, k the slots of its row. What X holds opposite the places that A does not
/// store never reaches Y. The work is split over rows; the result is the same for every executor, bit for bit but for
/// the signs of NaN. Throws shape_error. O(stored * n).
template <executor E, sparse_operand A, dense_matrix X, dense_matrix Y, epilogue_like Epilogue = identity_epilogue>
void spmm(E&& exec, A const& a, X const& x, Y&& y, Epilogue const& ep = {}) {
  auto const av = sparse_access<A>::view(a);
  auto const xv = view_of(x);
  auto const yv = view_of(y);
  auto const stages = detail::as_epilogue(ep);
  detail::require_types<std::remove_const_t<decltype(av)>, element_t<X const>,
                        std::remove_pointer_t<decltype(yv.data())>, decltype(stages)>();
  detail::require_shapes("spmm", av, xv.rows(), xv.cols(), yv.rows(), yv.cols());
  stages.check("spmm", {yv.rows(), yv.rows(), yv.cols()});
  detail::run_product(exec, av, xv, yv, stages);
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
  stages.check("spmv", {yv.size(), yv.size(), 1});
  if constexpr (detail::is_transposed<std::remove_const_t<decltype(av)>>)
    detail::run_product(exec, av, as_column(xv), as_column(yv), stages);
  else
    detail::run_spmv(exec, av, vector_view<typename decltype(xv)::value_type const>(xv), yv, stages);
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
  stages.check("linear", {yv.cols(), yv.rows(), yv.cols()});
  detail::run_product(exec, av, transpose(xv), transpose(yv), stages.flipped());
}

/// In the calling thread.
template <dense_matrix X, sparse_operand A, dense_matrix Y, epilogue_like Epilogue = identity_epilogue>
void linear(X const& x, A const& a, Y&& y, Epilogue const& ep = {}) {
  lacuna::linear(serial{}, x, a, y, ep);
}

}  // namespace lacuna::inline LACUNA_ISA
