// SPDX-License-Identifier: MIT
//
// Products of a few columns, where the bytes of the weights still weigh more than arithmetic: what a kernel for them
// has, and the one driver that runs it.
//
// Bound: X is copied by columns once, the matrix is read once for every `widest` columns. The sums of `unit` rows stay
// in L1 until the epilogue takes them to Y.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/simd/arch.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Columns of X as a kernel for few columns reads them, in the type of the sums.
template <class S>
struct few_inputs {
  S const* data;        // column c starts at data + c * stride, unless the kernel has arranged it in its own way
  index stride;         // whole registers
  index inputs;         // elements of a column; zeros behind them, up to a whole register
  bool finite = false;  // known to hold neither Inf nor NaN
};

/// A kernel for one layout on one Arch that multiplies a few columns in one pass over A: specialised in
/// kernel/few_columns/<layout>.hpp. This one takes none. Others have
///   `widest<View>`: columns that it multiplies in one pass, 0 if it does not take the view;
///   `most(a)`: spmm takes it for 2 to so many columns;
///   `unit(a)`: rows that are computed together, in whose multiples ranges of rows start;
///   `run(a, x, sums, stride, first, last, width)`: sums[(i - first) * stride + c] = the sum of row i and column c, for
///     rows first .. last, at most `unit` of them, and columns 0 .. width, at most `widest`. What stands behind `width`
///     in a line of sums, up to `stride`, may be overwritten. Bits of a sum may depend on `width`, not on the rows.
/// and if X is to stand in another way than by columns
///   `arranged<View>(inputs, width)`: elements that it takes;
///   `arrange<View>(x, width, to)`: brings `width` columns into it and returns what `run` gets.
template <class Layout, class Arch>
struct few_columns {
  template <class View>
  static constexpr index widest = 0;
};

/// The kernel that spmm runs for a matrix and few columns.
template <class View, class Arch>
using chosen_few = few_columns<typename View::layout, Arch>;

/// Y = epilogue(A X) by such a kernel. The calling thread keeps a copy of X by columns. O(stored * n).
template <class Few, executor E, class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_few(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep) {
  using arch = simd::default_arch;
  using sum_type = accumulator_t<typename View::value_type>;
  constexpr auto lanes = static_cast<index>(simd::batch<sum_type, arch>::size);
  constexpr index widest = Few::template widest<View>;
  constexpr index stride = detail::ceil_div(widest, lanes) * lanes;
  constexpr bool arranges = requires { Few::template arranged<View>(index{}, index{}); };
  auto const line = detail::ceil_div(x.rows(), lanes) * lanes;
  auto const columns_size = detail::checked_multiply(line, x.cols(), "spmm: copy of X");
  auto arranged_size = index{0};
  if constexpr (arranges) arranged_size = Few::template arranged<View>(x.rows(), std::min(widest, x.cols()));
  auto* const arranged = scratch<sum_type, workspace::activations>(arranged_size + columns_size);
  auto* const columns = arranged + arranged_size;
  pack_columns<arch>::run(transpose(x), 0, x.rows(), columns, line, 0, x.cols());
  auto const unit = Few::unit(a);
  auto const units = detail::ceil_div(a.rows(), unit);
  auto const room = sums_size<arch, sum_type>(std::min(unit, a.rows()), stride);
  auto* const all_sums = scratch<sum_type>(detail::checked_multiply(room, exec.concurrency(), "spmm: sums"));
  for (index column = 0; column < x.cols(); column += widest) {
    auto const width = std::min(widest, x.cols() - column);
    few_inputs<sum_type> in{columns + column * line, line, x.rows()};
    if constexpr (arranges) in = Few::template arrange<View>(in, width, arranged);
    auto const grain = product_grain(units, a.stored(), width, exec.concurrency());
    exec.for_ranges(units, grain, [&](index begin, index end, index worker) {
      auto* const sums = all_sums + worker * room;
      for (index u = begin; u != end; ++u) {
        auto const first = u * unit;
        auto const last = std::min(first + unit, a.rows());
        Few::run(a, in, sums, stride, first, last, width);
        finish<arch>::run(static_cast<sum_type const*>(sums), stride, ep, y, first, last, column, width);
      }
    });
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
