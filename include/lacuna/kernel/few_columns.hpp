// SPDX-License-Identifier: MIT
//
// Products of a few columns, where the bytes of the weights still weigh more than arithmetic: what a kernel for them
// has, and the one driver that runs it.
//
// Bound: X is copied by columns once, the matrix is read once for every `widest` columns. The sums of `unit` rows stay
// in L1 until the epilogue takes them to Y, or are written to a plain Y: 512x512 of bsr 8x1 at 90 %, two columns, Zen
// 3, 6.3 instead of 12.4 us.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/worker_copies.hpp>
#include <lacuna/simd/arch.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Columns of X as a kernel for few columns reads them, in the type of the sums.
template <class S>
struct few_inputs {
  S const* data;          // column c starts at data + c * stride, unless the kernel has arranged it in its own way
  index stride;           // whole registers
  index inputs;           // elements of a column; zeros behind them, up to a whole register
  bool finite = false;    // known to hold neither Inf nor NaN
  bool negative = false;  // of integers: some are below 0, and all fit int8_t; else all fit uint8_t
};

/// A kernel for one layout on one Arch that multiplies a few columns in one pass over A: specialised in
/// kernel/few_columns/<layout>.hpp. This one takes none. Others have
///   `widest<View>`: columns that it multiplies in one pass, 0 if it does not take the view;
///   `most(a)`: spmm takes it for 2 to so many columns;
///   `unit(a)`: rows that are computed together, in whose multiples ranges of rows start;
///   `run(a, x, sums, stride, first, last, width)`: sums[(i - first) * stride + c] = the sum of row i and column c, for
///     rows first .. last, at most `unit` of them, and columns 0 .. width, at most `widest`. What stands behind `width`
///     in a line of sums, up to `stride`, may be overwritten. Bits of a sum may depend on `width`, not on the rows.
/// and if it says so
///   `writes<View>(width)`: how many sums of a line it writes; where those are `width`, it may be given a plain Y;
///   `filled<View>(width)`: as how many columns `run` takes as many in less time, where lines have room;
/// and if X is to stand in another way than by columns
///   `arranged<View>(inputs, width)`: elements that it takes;
///   `arrange<View>(x, width, to)`: brings `width` columns into it and returns what `run` gets;
/// and for some widths, of which `from_rows<View>(width)` is true, if rows of X will do
///   `arrange_rows<View>(x, inputs, width, to)`: the same for a row-major X, which it may return as it is;
/// and if columns share nothing but a copy of X
///   `one_by_one<View>`: is true: as many products with vectors do without it.
template <class Layout, class Arch>
struct few_columns {
  template <class View>
  static constexpr index widest = 0;
};

/// The kernel that spmm runs for a matrix and few columns.
template <class View, class Arch>
using chosen_few = few_columns<typename View::layout, Arch>;

/// A matrix and such a kernel, as one type for all that have sums of S.
template <class S>
struct any_few {
  any_rows rows;  // and the view, borrowed
  index widest;
  index unit;
  index room;           // elements of an arranged X
  std::uint32_t exact;  // bit n: of n columns `run` writes the sums and nothing behind them
  index (*filled)(index width);
  few_inputs<S> (*arrange)(few_inputs<S> x, index width, S* to);
  std::uint32_t by_rows;  // bit n: of n columns `arrange_rows` takes rows
  few_inputs<S> (*arrange_rows)(x_strip<S> x, index inputs, index width, S* to);
  void (*run)(void const* a, few_inputs<S> x, S* sums, index stride, index first, index last, index width);
};

template <class Few, class S, class View>
[[nodiscard]] any_few<S> few_of(View const& a, index columns) noexcept {
  constexpr index widest = Few::template widest<View>;
  constexpr std::uint32_t exact = [] {
    static_assert(widest < 32);
    std::uint32_t widths = 0;
    if constexpr (requires { Few::template writes<View>(index{}); })
      for (index n = 1; n <= widest; ++n) widths |= std::uint32_t{Few::template writes<View>(n) == n} << n;
    return widths;
  }();
  any_few<S> few{rows_of(a), widest, Few::unit(a), 0, exact, nullptr, nullptr, 0, nullptr, nullptr};
  few.filled = [](index width) {
    if constexpr (requires { Few::template filled<View>(width); })
      return Few::template filled<View>(width);
    else
      return width;
  };
  if constexpr (requires { Few::template arranged<View>(index{}, index{}); }) {
    few.room = Few::template arranged<View>(a.cols(), std::min(widest, columns));
    few.arrange = [](few_inputs<S> x, index width, S* to) { return Few::template arrange<View>(x, width, to); };
  }
  if constexpr (requires(S* to) { Few::template arrange_rows<View>(x_strip<S>{}, index{}, index{}, to); }) {
    for (index n = 1; n <= widest; ++n) few.by_rows |= std::uint32_t{Few::template from_rows<View>(n)} << n;
    few.arrange_rows = [](x_strip<S> x, index inputs, index width, S* to) {
      return Few::template arrange_rows<View>(x, inputs, width, to);
    };
  }
  few.run = [](void const* view, few_inputs<S> x, S* sums, index stride, index first, index last, index width) {
    Few::run(*static_cast<View const*>(view), x, sums, stride, first, last, width);
  };
  return few;
}

/// The product by such a kernel. `lines` is X transposed: its rows are copied, whole, to memory that the calling thread
/// keeps. `rows_of_x` is X itself, if it has the type of sums and is row-major.
template <class Arch, class S>
void multiply_few(any_executor const& exec, any_few<S> const& few, any_input<S> const& lines, x_strip<S> rows_of_x,
                  any_output<S> const& y) {
  constexpr auto lanes = static_cast<index>(simd::batch<S, Arch>::size);
  auto const stride = detail::ceil_div(few.widest, lanes) * lanes;
  auto const line = detail::ceil_div(lines.cols, lanes) * lanes;
  // Zen 3, AVX2, 16x1 of 512x512 at 95 %, 2, 4, 8 columns: 2.0, 2.4, 4.6 us instead of 2.9, 3.9, 5.5.
  bool const by_rows = rows_of_x.data != nullptr && lines.rows <= few.widest && (few.by_rows >> lines.rows & 1u) != 0;
  auto const columns_size = by_rows ? 0 : detail::checked_multiply(line, lines.rows, "spmm: copy of X");
  // An X that is arranged, pass by pass, is arranged for all workers.
  worker_copies<S> const copies(few.room + columns_size, few.arrange == nullptr ? exec.concurrency() : 1,
                                "spmm: copies of X");
  auto const pack = [&](S* to) { lines.pack(0, lines.cols, to + few.room, line, 0, lines.rows); };
  if (!copies.own() && !by_rows) pack(copies.shared());
  auto const rows = few.rows.rows;
  auto const room = sums_size<Arch, S>(std::min(few.unit, rows), stride);
  auto* const all_sums = scratch<S>(detail::checked_multiply(room, exec.concurrency(), "spmm: sums"));
  for (index column = 0; column < lines.rows; column += few.widest) {
    auto const width = std::min(few.widest, lines.rows - column);
    auto const part = [&](S const* copy) { return few_inputs<S>{copy + few.room + column * line, line, lines.cols}; };
    auto const all = by_rows                  ? few.arrange_rows(rows_of_x, lines.cols, width, copies.shared())
                     : few.arrange == nullptr ? part(copies.shared())
                                              : few.arrange(part(copies.shared()), width, copies.shared());
    bool const straight = y.plain != nullptr && (few.exact >> width & 1u) != 0;
    row_split const split(few.rows, product_ranges(few.rows.stored, width, exec.concurrency()), width, few.unit,
                          few.unit);
    split.run(exec, [&](index begin, index end, index worker) {
      auto* const sums = all_sums + worker * room;
      auto const in = copies.own() ? part(copies.of(worker, pack)) : all;
      for (index u = begin; u != end; ++u) {
        auto const first = u * few.unit;
        auto const last = std::min(first + few.unit, rows);
        if (straight) {
          few.run(few.rows.a, in, y.plain + first * y.pitch + column, y.pitch, first, last, width);
        } else {
          few.run(few.rows.a, in, sums, stride, first, last, few.filled(width));
          y.finish(sums, stride, first, last, column, width);
        }
      }
    });
  }
}

/// Y = epilogue(A X) by the kernel Few. O(stored * n).
template <class Few, executor E, class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_few(E& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep) {
  using arch = simd::default_arch;
  using sum_type = accumulator_t<typename View::value_type>;
  auto const lines = transpose(x);
  x_strip<sum_type> rows;
  if constexpr (OX == order::row_major && std::same_as<X, sum_type>) rows = {x.data(), x.stride()};
  output<Y, OY, Epilogue> const to{y, ep};
  multiply_few<arch, sum_type>(any_executor(exec), few_of<Few, sum_type>(a, x.cols()), input_of<arch, sum_type>(lines),
                               rows, to.template any<arch, sum_type>());
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
