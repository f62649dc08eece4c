// SPDX-License-Identifier: MIT
//
// Products with few columns, in which lanes lie along the inputs: what a kernel for them has.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/simd/arch.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Some tokens of X as a kernel has copied them, in the type of the sums.
template <class S>
struct column_copy {
  S const* data;
  index inputs;
  bool finite;  // no Inf or NaN among them
};

/// A kernel for few columns of Y, specialised for a layout on one Arch: where it takes a matrix, the register tiles of
/// `spmm` run for more columns only. It has
///   `accepts<View>`, and `most(a)`: up to how many columns it is the fastest;
///   `size<View>(n)`: elements of a copy of n inputs of one token;
///   `copy<View>(x, stride, n, tokens, t, to)`: copies x[0], x[stride], ..., which is token t of so many, to its places
///   in
///     `to`, and returns whether all are finite;
///   `run<Tokens>(a, columns, first, last, store)`: store(i, t, sum) for rows first .. last and tokens 0 .. Tokens, 1
///   to 4
///     or 8; the bits of a sum depend on Tokens, not on first and last.
template <class Layout, class Arch>
struct along_inputs {
  template <class View>
  static constexpr bool accepts = false;
};

/// Columns column .. column + width, behind a copy of X that the calling thread keeps.
template <class Few, int Tokens, executor E, class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_tokens(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep, index column,
                     index width) {
  using arch = simd::default_arch;
  using sum_type = accumulator_t<typename View::value_type>;
  constexpr index block = 16;
  constexpr index lanes = static_cast<index>(simd::batch<sum_type, arch>::size);
  constexpr index stride = (Tokens + lanes - 1) / lanes * lanes;
  auto const size = Few::template size<View>(x.rows());
  auto* const copy =
      scratch<sum_type, workspace::activations>(detail::checked_multiply(size, index{Tokens}, "spmm: copy of X"));
  if (width != Tokens) std::fill(copy, copy + Tokens * size, sum_type{0});  // tokens that are not there
  bool finite = true;
  for (index t = 0; t != width; ++t)
    finite &= Few::template copy<View>(&x(0, column + t), x.row_stride(), x.rows(), Tokens, t, copy);
  column_copy<sum_type> const columns{copy, x.rows(), finite};
  auto const room = sums_size<arch, sum_type>(block, stride);
  auto* const all_sums = scratch<sum_type>(detail::checked_multiply(room, exec.concurrency(), "spmm: sums"));
  auto const blocks = detail::ceil_div(a.rows(), block);
  exec.for_ranges(
      blocks, product_grain(blocks, a.stored(), width, exec.concurrency()), [&](index first, index last, index worker) {
        auto* const sums = all_sums + worker * room;
        for (index i = first * block; i < std::min(last * block, a.rows()); i += block) {
          auto const end = std::min(i + block, a.rows());
          Few::template run<Tokens>(a, columns, i, end, [&](index row, index t, sum_type sum) LACUNA_INLINE_LAMBDA {
            sums[(row - i) * stride + t] = sum;
          });
          finish<arch>::run(sums, stride, ep, y, i, end, column, width);
        }
      });
}

/// Y = epilogue(A X), some tokens at a time, by a kernel for few columns. O(stored * n).
template <class Few, executor E, class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_along_inputs(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep) {
  for (index column = 0; column != y.cols();) {
    auto const width = std::min<index>(8, y.cols() - column);
    if (width > 4)
      multiply_tokens<Few, 8>(exec, a, x, y, ep, column, width);
    else if (width == 4)
      multiply_tokens<Few, 4>(exec, a, x, y, ep, column, width);
    else if (width == 3)
      multiply_tokens<Few, 3>(exec, a, x, y, ep, column, width);
    else if (width == 2)
      multiply_tokens<Few, 2>(exec, a, x, y, ep, column, width);
    else
      multiply_tokens<Few, 1>(exec, a, x, y, ep, column, width);
    column += width;
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
