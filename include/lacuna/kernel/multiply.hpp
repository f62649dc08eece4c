// SPDX-License-Identifier: MIT
//
// The way of a product from checked operands to the kernel that runs it: one column, a few, transposed, or tiles. The
// kernels themselves are included by spmm.hpp, all of them, before anything here is instantiated.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/f16_sums.hpp>
#include <lacuna/format/transposed.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/csr_wide.hpp>
#include <lacuna/kernel/decoded_columns.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/f16_sums.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/int4_bytes.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/kernel/tiles.hpp>
#include <lacuna/kernel/tokens.hpp>
#include <lacuna/kernel/transposed.hpp>
#include <lacuna/kernel/transposed/block_split.hpp>
#include <lacuna/kernel/transposed/split.hpp>
#include <lacuna/simd/arch.hpp>

#include <algorithm>
#include <concepts>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class A>
inline constexpr bool is_transposed = false;
template <class View>
inline constexpr bool is_transposed<transposed_view<View>> = true;

/// x's elements are neighbours where the kernel wants that. What it arranges of x is kept by the calling thread.
template <class Kernel, class View, class X, class Y, class Epilogue>
void run_spmv(any_executor const& exec, View a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep) {
  // Ranges of what the kernel computes together, or else of cache lines of y.
  auto const unit = [&]() -> index {
    if constexpr (requires { Kernel::unit(a); })
      return Kernel::unit(a);
    else
      return 16;
  }();
  row_split const split(rows_of(a), product_ranges(a.stored(), 1, exec.concurrency()), 1, unit, unit);
  auto const run = [&](auto in) {
    split.run(exec, [&](index first, index last, index) {
      Kernel::run(a, in, y, ep, first * unit, std::min(last * unit, a.rows()));
    });
  };
  if constexpr (requires { Kernel::prepared_size(a); }) {
    using sum_type = accumulator_t<typename View::value_type>;
    run(Kernel::prepare(a, x, scratch<sum_type, workspace::activations>(Kernel::prepared_size(a))));
  } else {
    run(x);
  }
}

/// The kernel behind a copy of x, which the calling thread keeps: unless it arranges an x of any stride itself, it sees
/// nothing of where that stood, and is compiled once for both.
template <class Kernel, class View, class X, class Y, class Epilogue>
  requires takes_copy<Kernel>
void run_spmv(any_executor const& exec, View a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep) {
  using own = typename Kernel::own;
  if constexpr (requires { own::prepared_size(a); }) {
    run_spmv<own>(exec, a, x, y, ep);
  } else {
    using sum_type = accumulator_t<typename View::value_type>;
    auto* const copy = scratch<sum_type, workspace::activations>(x.size());
    for (index k = 0; k != x.size(); ++k) copy[k] = widened<sum_type>(x[k]);
    run_spmv<own>(exec, a, vector_view<sum_type const>(copy, x.size()), y, ep);
  }
}

template <class A, class X, order OX, class Y, order OY, class Epilogue>
void multiply(any_executor const& exec, A a, dense_view<X, OX> x, dense_view<Y, OY> y, Epilogue const& ep);

template <class View, class X, class Y, class Epilogue>
void multiply_vector(any_executor const& exec, View a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep) {
  if (y.size() == 0) return;
  using chosen = chosen_spmv<View, X, Y, simd::default_arch>;
  if constexpr (takes_int4_bytes<View, X>)
    multiply_int4_bytes(exec, a, as_column(x), as_column(y), ep);
  else if constexpr (takes_few_quads<View, simd::default_arch>)
    multiply(exec, a, as_column(x), as_column(y), ep);
  else if constexpr (requires { typename chosen::tiles; })
    multiply_tiles<typename chosen::tiles, 1>(exec, a, as_column(x), as_column(y), ep, 0);
  else if (x.stride() == 1)
    run_spmv<chosen>(exec, a, x, y, ep);
  else
    run_spmv<chosen_spmv<View, X, Y, simd::default_arch, false>>(exec, a, x, y, ep);
}

/// A vector takes as long to read A whatever its sums are of.
template <class View, class X, class Y, class Epilogue>
void multiply_vector(any_executor const& exec, f16_sums_view<View> a, vector_view<X const> x, vector_view<Y> y,
                     Epilogue const& ep) {
  kernel::multiply_vector(exec, a.matrix, x, y, ep);
}

template <class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_columns(any_executor const& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y,
                      Epilogue const& ep) {
  using chosen = chosen_spmm<View, simd::default_arch>;
  // By columns transposing all of X and Y would cost more than it saves: 512 columns 0.65 of the speed of strips.
  constexpr bool by_rows = OX == order::row_major && OY == order::row_major;
  if constexpr (by_rows && takes_csr_wide<View, simd::default_arch>)
    if (pays_csr_wide(a, y.cols())) return multiply_csr_wide<simd::default_arch>(exec, a, x, y, ep);
  if constexpr (requires { chosen::multiplies_quads; }) {
    multiply_quads<chosen>(exec, a, x, y, ep);
  } else if constexpr (requires { chosen::own_columns(a, index{}); }) {
    multiply_decoded<chosen>(exec, a, x, y, ep);
  } else if constexpr (requires { chosen::registers; }) {
    multiply_tiles<chosen, chosen::registers>(exec, a, x, y, ep, 0);
  } else {
    row_split const split(rows_of(a), product_ranges(a.stored(), y.cols(), exec.concurrency()), y.cols(), 1, 1);
    split.run(exec, [&](index first, index last, index) { chosen::run(a, x, y, ep, first, last); });
  }
}

template <class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_columns(any_executor const& exec, transposed_view<View> a, dense_view<X const, OX> x, dense_view<Y, OY> y,
                      Epilogue const& ep) {
  using sum_type = accumulator_t<typename View::value_type>;
  using arch = simd::default_arch;
  if (y.cols() == 1) {
    transposed_column(exec, a.base, vector_view<X const>(x.data(), x.rows(), x.row_stride()),
                      vector_view<Y>(y.data(), y.rows(), y.row_stride()), ep);
  } else if constexpr (scatters_blocks<View, arch>) {
    multiply_transposed_blocks<arch>(exec, a.base, x, y, ep);
  } else if constexpr (std::is_floating_point_v<sum_type> && simd::has_batch<arch, sum_type>) {
    using tiles = transposed_tiles<arch, sum_type>;
    if constexpr (scatters_rows<View, arch>)
      if (pays_scattering(a.base, detail::ceil_div(y.cols(), tiles::lanes)))
        return multiply_transposed_blocks<arch>(exec, row_blocks(a.base), x, y, ep);
    if constexpr (requires { chosen_spmm<View, arch>::own_columns(a.base, index{}); })
      if (decodes_columns(a.base) && tiles::pays_decoding(a.base, y.cols()))
        return multiply_columns(exec, transposed_view{decoded_columns<chosen_spmm<View, arch>>(exec, a.base)}, x, y,
                                ep);
    tiles::run(exec, a.base, x, y, ep);
  } else {
    using fallback = transposed_fallback;
    auto const columns = y.cols();
    auto const grain = std::max(fallback::tile, product_grain(columns, a.stored(), columns, exec.concurrency()));
    exec.for_ranges(columns, grain, [&](index first, index last, index) {
      auto* const sums = scratch<sum_type>(fallback::workspace(y.rows(), last - first));
      fallback::run(a.base, x, y, ep, sums, first, last);
    });
  }
}

/// Whether a few columns are as many vectors. An epilogue would have to know which column it is at.
template <class Few, class View, class Epilogue>
concept multiplies_vectors =
    std::same_as<Epilogue, identity_epilogue> && requires { requires Few::template one_by_one<View>; };

/// Zen 3, AVX2, 512x512: by way of copies two columns of 1:4 and 2:8 took 1.11 to 1.15 times as long as two vectors, of
/// `tiled_sell` 1.04 to 1.22.
template <class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_vectors(any_executor const& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y,
                      Epilogue const& ep) {
  for (index c = 0; c != y.cols(); ++c)
    multiply_vector(exec, a, vector_view<X const>(x.data() + c * x.col_stride(), x.rows(), x.row_stride()),
                    vector_view<Y>(y.data() + c * y.col_stride(), y.rows(), y.row_stride()), ep);
}

/// Y = epilogue(A X) of checked operands. One column takes the path of vectors. Nothing is read for a Y without
/// elements, of however many inputs.
template <class A, class X, order OX, class Y, order OY, class Epilogue>
void multiply(any_executor const& exec, A a, dense_view<X, OX> x, dense_view<Y, OY> y, Epilogue const& ep) {
  if (y.rows() == 0 || y.cols() == 0) return;
  dense_view<std::remove_const_t<X> const, OX> const x_read(x.data(), x.rows(), x.cols(), x.stride());
  if constexpr (takes_tokens<A, simd::default_arch>)
    if (multiplies_tokens<std::remove_const_t<X>, OX, OY>(a, y.cols())) return multiply_tokens(exec, a, x_read, y, ep);
  if constexpr (takes_few_quads<A, simd::default_arch>)
    if (multiplies_few_quads<simd::default_arch>(a, y.cols())) return multiply_few_quads(exec, a, x_read, y, ep);
  if constexpr (!(takes_quads<A, simd::default_arch> && takes_few_quads<A, simd::default_arch>) && !is_transposed<A>) {
    if (y.cols() == 1) {
      multiply_vector(exec, a, vector_view<std::remove_const_t<X> const>(x.data(), x.rows(), x.row_stride()),
                      vector_view<Y>(y.data(), y.rows(), y.row_stride()), ep);
      return;
    }
    using few = chosen_few<A, simd::default_arch>;
    if constexpr (few::template widest<A> > 0)
      if (y.cols() <= few::most(a) && x.rows() != 0) {
        if constexpr (multiplies_vectors<few, A, Epilogue>)  // with threads each would start and end them once more
          if (exec.concurrency() == 1) return multiply_vectors(exec, a, x_read, y, ep);
        return multiply_few<few>(exec, a, x_read, y, ep);
      }
  }
  multiply_columns(exec, a, x_read, y, ep);
}

/// The same for groups of int4 and bytes.
template <class A, class X, order OX, class Y, order OY, class Epilogue>
  requires takes_int4_bytes<A, std::remove_const_t<X>>
void multiply(any_executor const& exec, A a, dense_view<X, OX> x, dense_view<Y, OY> y, Epilogue const& ep) {
  if (y.rows() == 0 || y.cols() == 0) return;
  dense_view<std::remove_const_t<X> const, OX> const x_read(x.data(), x.rows(), x.cols(), x.stride());
  multiply_int4_bytes(exec, a, x_read, y, ep);
}

/// The same with sums of f16, if there is a kernel for them and so many columns.
template <class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply(any_executor const& exec, f16_sums_view<View> a, dense_view<X, OX> x, dense_view<Y, OY> y,
              Epilogue const& ep) {
  if (y.rows() == 0 || y.cols() == 0) return;
  using chosen = f16_sums_spmm<typename View::layout, simd::default_arch>;
  if constexpr (chosen::available)
    if (y.cols() >= f16_columns && x.rows() != 0) {
      dense_view<f16 const, OX> const x_read(x.data(), x.rows(), x.cols(), x.stride());
      return multiply_tiles<chosen, chosen::registers, f16>(exec, a.matrix, x_read, y, ep, 0);
    }
  kernel::multiply(exec, a.matrix, x, y, ep);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
