// SPDX-License-Identifier: MIT
//
// Few columns of X with blocks: those of one column by column_dot, those of several by block_dot, four columns of X at
// a time.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/block_dot.hpp>
#include <lacuna/kernel/column_dot.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/simd/stored.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What bands of R rows that share columns have in common; Lists(a, b) gives what column_dot::run takes, for band b.
template <int R, class Arch, class Lists>
struct few_columns_of_bands {
  template <class View>
  static constexpr index widest = simd::loadable<typename View::value_type, Arch> ? 8 : 0;

  /// Whole bands: 16 rows or more.
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return (16 + R - 1) / R * R;
  }
  template <class View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    using S = accumulator_t<typename View::value_type>;
    return width <= 2   ? column_dot<Arch, S, R, 2>::arranged(inputs)
           : width <= 4 ? column_dot<Arch, S, R, 4>::arranged(inputs)
                        : column_dot<Arch, S, R, 8>::arranged(inputs);
  }
  template <class View, class S>
  [[nodiscard]] static few_inputs<S> arrange(few_inputs<S> x, index width, S* to) noexcept {
    if (width <= 2)
      column_dot<Arch, S, R, 2>::arrange(x.data, x.stride, x.inputs, width, to);
    else if (width <= 4)
      column_dot<Arch, S, R, 4>::arrange(x.data, x.stride, x.inputs, width, to);
    else
      column_dot<Arch, S, R, 8>::arrange(x.data, x.stride, x.inputs, width, to);
    return {to, 0, x.inputs};
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    if (width <= 2)
      run_vectors<2>(a, x, sums, stride, first, last);
    else if (width <= 4)
      run_vectors<4>(a, x, sums, stride, first, last);
    else
      run_vectors<8>(a, x, sums, stride, first, last);
  }

 private:
  template <int Vectors, class View, class S>
  static void run_vectors(View a, few_inputs<S> x, S* sums, index stride, index first, index last) noexcept {
    using dot = column_dot<Arch, S, R, Vectors>;
    for (index b = first / R; b * R < last; ++b)
      dot::run([&](auto&& piece) LACUNA_INLINE_LAMBDA { Lists::template visit<dot::line>(a, b, x.data, piece); },
               [&](index r, S const* of_row) LACUNA_INLINE_LAMBDA {
                 auto const i = b * R + r;
                 if (i >= first && i < last) std::copy(of_row, of_row + Vectors, sums + (i - first) * stride);
               });
  }
};

/// The blocks of a row of a bsr matrix, in one piece.
struct bsr_lists {
  template <index Line, class View, class S, class F>
  LACUNA_INLINE static void visit(View a, index b, S const* x, F&& piece) noexcept {
    block_list const blocks{a.columns().data(), a.values().data(), static_cast<index>(a.columns().size()), a.cols()};
    piece(blocks, static_cast<index>(a.offsets().data()[b]), static_cast<index>(a.offsets().data()[b + 1]), x);
  }
};

template <int R, class Arch>
struct few_columns<bsr_layout<R, 1>, Arch> : few_columns_of_bands<R, Arch, bsr_lists> {
  /// Two passes of eight columns take as long as a register tile of 16, or longer: 512x512 at 50 and 90 %, 16x1 with
  /// AVX-512, 37.9 and 15.6 us here, 35.0 and 8.5 there.
  template <class View>
  [[nodiscard]] static constexpr index most(View const&) noexcept {
    return 8;
  }
};

template <int R, int C, class Arch>
struct few_columns<bsr_layout<R, C>, Arch> {
  /// Columns of x are readable up to whole registers, which is enough for blocks that divide them.
  template <class View>
  static constexpr index widest = [] {
    if constexpr (simd::loadable<typename View::value_type, Arch>)
      return block_shape<Arch, accumulator_t<typename View::value_type>, R, C>::packed ? 4 : 0;
    else
      return 0;
  }();
  template <class View>
  [[nodiscard]] static constexpr index most(View const&) noexcept {
    return 8;
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return (16 + R - 1) / R * R;
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    index t = 0;  // what is left is run again over the rows, which stand in cache
    for (; width - t >= 4; t += 4) run_vectors<4>(a, x.data + t * x.stride, x.stride, sums + t, stride, first, last);
    if (width - t >= 2) {
      run_vectors<2>(a, x.data + t * x.stride, x.stride, sums + t, stride, first, last);
      t += 2;
    }
    if (t != width) run_vectors<1>(a, x.data + t * x.stride, x.stride, sums + t, stride, first, last);
  }

 private:
  template <int Vectors, class View, class S>
  static void run_vectors(View a, S const* x, index apart, S* sums, index stride, index first, index last) noexcept {
    for (index b = first / R; b * R < last; ++b)
      block_dot<Arch, S, R, C, Vectors>::run(
          [&](auto&& piece) LACUNA_INLINE_LAMBDA { bsr_lists::visit<1>(a, b, x, piece); }, apart,
          [&](index r, index t, S sum) LACUNA_INLINE_LAMBDA {
            auto const i = b * R + r;
            if (i >= first && i < last) sums[(i - first) * stride + t] = sum;
          });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
