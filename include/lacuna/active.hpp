// SPDX-License-Identifier: MIT
//
// Activation sparsity: which inputs of a layer are worth reading their weights.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/sparse_vector.hpp>
#include <lacuna/format/transposed.hpp>
#include <lacuna/kernel/active.hpp>
#include <lacuna/kernel/active/bitmap.hpp>
#include <lacuna/kernel/active/csr.hpp>
#include <lacuna/kernel/active/dense.hpp>
#include <lacuna/kernel/active/select.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/register_place.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/spmm.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// The list of active elements of a vector of T.
template <scalar T>
struct active_list {
  static_assert(!std::integral<T>,
                "lacuna: only floating-point activations are selected by magnitude; integers need their scale first");
  using type = sparse_vector<accumulator_t<T>>;
};

template <class X>
using active_list_t = typename active_list<typename decltype(vector_of(std::declval<X const&>()))::value_type>::type;

/// The largest S that is not above a threshold >= 0: a number of S exceeds the one exactly if it exceeds the other.
template <std::floating_point S>
[[nodiscard]] LACUNA_INLINE S threshold_in(double threshold) noexcept {
  if constexpr (sizeof(S) == sizeof(double)) {
    return threshold;
  } else {
    constexpr auto largest = static_cast<double>(std::numeric_limits<S>::max());
    if (threshold > largest)
      return threshold > std::numeric_limits<double>::max() ? std::numeric_limits<S>::infinity()
                                                            : std::numeric_limits<S>::max();
    auto const nearest = static_cast<S>(threshold);
    if (static_cast<double>(nearest) <= threshold) return nearest;
    return __builtin_bit_cast(S, __builtin_bit_cast(std::uint32_t, nearest) - 1u);
  }
}

/// The name of a kernel, as active_kernel_of has it.
template <class Kernel>
struct kernel_name {
  static constexpr std::string_view name = Kernel::name;
};

/// Fills the list with the elements of x whose magnitude exceeds the threshold, NaN included, or, unless Active, with
/// the others. Throws value_error for a threshold below 0 or NaN.
template <bool Active, class X, class S>
void list_elements(vector_view<X> x, double threshold, sparse_vector<S>& list) {
  if (!(threshold >= 0)) fail<value_error>("select_active: the threshold is ", threshold, ", expected >= 0");
  list.reset(x.size());
  list.store([&](auto* indices, auto* values) {
    return kernel::select_active<simd::default_arch, Active>::run(vector_view<std::remove_const_t<X> const>(x),
                                                                  threshold_in<S>(threshold), indices, values);
  });
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Names the kernel that spmv runs for a list of active inputs: `name`, for dense weights W, or for a sparse matrix
/// type W (owner or view) that is handed over as transposed(W). docs/kernels.md has the table.
template <class W, class Arch = simd::default_arch>
struct active_kernel_of;
template <dense_matrix W, class Arch>
struct active_kernel_of<W, Arch>
    : detail::kernel_name<kernel::active_dense<decltype(view_of(std::declval<W&>()))::memory_order, Arch>> {};
template <sparse_matrix W, class Arch>
struct active_kernel_of<W, Arch> : detail::kernel_name<kernel::chosen_active<view_t<W>, Arch>> {};

/// Makes `active` the elements of x whose magnitude exceeds the threshold; a threshold of 0 takes the nonzeros, as a
/// ReLU leaves them. NaN is active, so that it is not lost. x is a vector of float, double, bf16 or f16 with any
/// stride; `active` holds floats, of double doubles, and allocates only where it has no room for all of x. Throws
/// value_error unless threshold >= 0, shape_error if x has more than 2^32 elements. O(size). Source of the idea: J. Liu
/// et al., "Training-Free Activation Sparsity in Large Language Models" (TEAL), 2024, arXiv:2408.14690.
template <dense_vector X>
void select_active(X const& x, double threshold, detail::active_list_t<X>& active) {
  detail::list_elements<true>(vector_of(x), threshold, active);
}

/// The same, and `rest` becomes all other elements: the two parts of x that a layer of low rank treats apart (see
/// low_rank). `active` and `rest` are not the same object.
template <dense_vector X>
void select_active(X const& x, double threshold, detail::active_list_t<X>& active, detail::active_list_t<X>& rest) {
  detail::list_elements<true>(vector_of(x), threshold, active);
  detail::list_elements<false>(vector_of(x), threshold, rest);
}

/// The same as a new sparse_vector.
template <dense_vector X>
[[nodiscard]] auto select_active(X const& x, double threshold) {
  detail::active_list_t<X> active;
  lacuna::select_active(x, threshold, active);
  return active;
}

}  // namespace lacuna::inline LACUNA_ISA

namespace lacuna::detail::inline LACUNA_ISA {

/// Outputs are dealt out 64 at a time, and at least so many that each worker reads 4 KB of every active line at once.
inline constexpr index active_unit = 64;

/// y[i] = ep(sums[i - first]) for i = first .. last: a register at a time where y's elements are neighbours.
template <class W, class S, class Y, class Epilogue>
void finish_active(S const* sums, Epilogue const& ep, vector_view<Y> y, index first, index last) noexcept {
  if constexpr (simd::has_batch<simd::default_arch, S> && !std::integral<Y>)
    if (y.stride() == 1) {
      dense_view<Y, order::col_major> const column(y.data(), y.size(), 1);
      simd::for_each_tile<simd::default_arch, S, 1>(last - first, [&](auto const& tile, index r) LACUNA_INLINE_LAMBDA {
        kernel::finish_register(tile, tile.load(sums + r, 0), ep, column, first + r, 0);
      });
      return;
    }
  for (index i = first; i != last; ++i) kernel::spmv_fallback::store<W>(sums[i - first], ep, y, i);
}

/// y = epilogue(W x) by Kernel, outputs split over workers in whole lines of W; operands are checked.
template <class Kernel, executor E, class W, class S, class Y, class Epilogue>
void run_active(E& exec, W w, index outputs, sparse_vector_view<S> x, vector_view<Y> y, Epilogue const& ep) {
  using weight_type = typename W::value_type;
  constexpr index line = 4096 / (active_unit * static_cast<index>(sizeof(weight_type)));
  auto const units = ceil_div(outputs, active_unit);
  auto const grain = std::max(line, ceil_div(units, 2 * static_cast<index>(exec.concurrency())));
  exec.for_ranges(units, grain, [&](index first_unit, index last_unit, index) {
    auto const first = first_unit * active_unit;
    auto const last = std::min(last_unit * active_unit, outputs);
    auto* const sums = kernel::scratch<S>(last - first);
    Kernel::run(w, x, sums, first, last);
    finish_active<weight_type>(sums, ep, y, first, last);
  });
}

template <class W, class S, class Y>
void require_active_shapes(W const& w, sparse_vector_view<S> x, vector_view<Y> y) {
  if (x.size() != w.cols())
    fail<shape_error>("spmv: W is ", w.rows(), "x", w.cols(), ", x has ", x.size(), " elements");
  if (y.size() != w.rows())
    fail<shape_error>("spmv: W is ", w.rows(), "x", w.cols(), ", y has ", y.size(), " elements");
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// y = epilogue(W x) with x a list of active inputs: W dense rows x cols, x of cols elements, y of rows elements, any
/// stride. Only the columns of W opposite the list are read, so that an Inf or NaN in another never reaches y; for
/// speed W has to be column-major, each column then being one piece of memory. W of float, bf16 or f16 takes an x of
/// float, of double one of double. The work is split over outputs; the result is the same, bit for bit, for every
/// executor, and within gamma_k sum |w||x|, k = x.stored(). Throws shape_error. O(rows * stored).
template <executor E, dense_matrix W, sparse_vector_like X, dense_vector Y, epilogue_like Epilogue = identity_epilogue>
void spmv(E&& exec, W const& w, X const& x, Y&& y, Epilogue const& ep = {}) {
  auto const wv = view_of(w);
  using view_type = std::remove_const_t<decltype(wv)>;
  using weight_type = typename view_type::value_type;
  auto const yv = vector_of(y);
  auto const stages = detail::as_epilogue(ep);
  detail::require_types<view_type, typename X::value_type, std::remove_pointer_t<decltype(yv.data())>,
                        decltype(stages)>();
  detail::require_active_shapes(wv, x.view(), yv);
  stages.check("spmv", {yv.size(), yv.size(), 1, 1});
  dense_view<weight_type const, view_type::memory_order> const read(wv.data(), wv.rows(), wv.cols(), wv.stride());
  detail::run_active<kernel::active_dense<view_type::memory_order, simd::default_arch>>(exec, read, wv.rows(), x.view(),
                                                                                        yv, stages);
}

/// In the calling thread.
template <dense_matrix W, sparse_vector_like X, dense_vector Y, epilogue_like Epilogue = identity_epilogue>
void spmv(W const& w, X const& x, Y&& y, Epilogue const& ep = {}) {
  lacuna::spmv(serial{}, w, x, y, ep);
}

/// y = epilogue(A^T x) with x a list of active inputs and A sparse, inputs x outputs, handed over as transposed(A):
/// what is stored of an input has to stand together, so pack the transpose of the weights, pack<F>(transpose(W)). Only
/// the rows of A opposite the list are read, and only what they store is multiplied. Otherwise as above. Bitmap and CSR
/// have kernels that share the work between threads; of other formats every thread visits all active rows. Throws
/// shape_error. O(stored of the active rows).
template <executor E, sparse_operand A, sparse_vector_like X, dense_vector Y,
          epilogue_like Epilogue = identity_epilogue>
void spmv(E&& exec, A const& a, X const& x, Y&& y, Epilogue const& ep = {}) {
  auto const av = sparse_access<A>::view(a);
  using view_type = std::remove_const_t<decltype(av)>;
  auto const yv = vector_of(y);
  auto const stages = detail::as_epilogue(ep);
  static_assert(kernel::is_transposed<view_type>,
                "lacuna: active inputs need what is stored of an input to stand together: pack the transpose of A, "
                "inputs x outputs, and pass transposed(it)");
  if constexpr (kernel::is_transposed<view_type>) {
    detail::require_types<view_type, typename X::value_type, std::remove_pointer_t<decltype(yv.data())>,
                          decltype(stages)>();
    detail::require_active_shapes(av, x.view(), yv);
    stages.check("spmv", {yv.size(), yv.size(), 1, 1});
    detail::run_active<kernel::chosen_active<decltype(av.base), simd::default_arch>>(exec, av.base, av.rows(), x.view(),
                                                                                     yv, stages);
  }
}

/// In the calling thread.
template <sparse_operand A, sparse_vector_like X, dense_vector Y, epilogue_like Epilogue = identity_epilogue>
void spmv(A const& a, X const& x, Y&& y, Epilogue const& ep = {}) {
  lacuna::spmv(serial{}, a, x, y, ep);
}

}  // namespace lacuna::inline LACUNA_ISA
