// SPDX-License-Identifier: MIT
//
// Few columns of X with blocks: those of one column, or quad, by column_dot, those of several by block_dot, four
// columns of X at a time.
//
// Bound: that of kernel/column_dot.hpp, which says what is reached, or of kernel/block_dot.hpp once for every four
// columns. Reached with the latter on Zen 5, AVX-512, float, 512x512 at 50 and 80 % sparsity, 2, 4, 8 columns, GFLOP/s
// of a peak of 245: 4x4 70, 79, 79 and 53, 64, 64; 8x4 83, 95, 94 and 60, 70, 69; 1x4 32, 38, 38 and 27, 35, 35; from
// L3 (2048x512) within 10 %. So eight columns take twice the time of four: the matrix is read twice, and 1x4 has a
// register of four lanes for each load of x.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/block_dot.hpp>
#include <lacuna/kernel/column_dot.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/narrow.hpp>

#include <algorithm>
#include <concepts>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// body(n), n the number of vectors that a kernel is compiled for, for the least that take `width`: eight or four, and
/// of floats two, of quads one.
template <class V, class F>
LACUNA_INLINE constexpr void with_vectors(index width, F&& body) {
  constexpr int fewest = std::same_as<V, quad> ? 1 : 2;
  if (width <= fewest)
    body(std::integral_constant<int, fewest>{});
  else if (width <= 4)
    body(std::integral_constant<int, 4>{});
  else
    body(std::integral_constant<int, 8>{});
}

/// What bands of R rows that share columns have in common; Lists(a, b) gives what column_dot::run takes, for band b.
/// Blocks of one row may have Q quads, which one vector multiplies by block_dot.
template <int R, class Arch, class Lists, bool Flipped = false, int Q = 1>
struct few_columns_of_bands {
  template <class View>
  static constexpr index widest = summable<typename View::value_type, Arch> ? 8 : 0;

  /// Whole bands: 16 rows or more.
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return (16 + R - 1) / R * R;
  }
  template <class View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    index size = 0;
    with_vectors<typename View::value_type>(
        width, [&](auto n) { size = column_dot<Arch, sum_of_t<typename View::value_type>, R, n>::arranged(inputs); });
    return size;
  }
  template <class View>
  [[nodiscard]] static constexpr index writes(index width) noexcept {
    return std::same_as<typename View::value_type, quad> ? filled<View>(width) : width;
  }
  template <class View>
  [[nodiscard]] static constexpr index filled(index width) noexcept {
    index columns = 0;
    with_vectors<typename View::value_type>(width, [&](auto n) { columns = n; });
    return columns;
  }
  template <class View, class S>
  [[nodiscard]] static few_inputs<S> arrange(few_inputs<S> x, index width, S* to) noexcept {
    with_vectors<typename View::value_type>(width, [&](auto n) LACUNA_INLINE_LAMBDA {
      column_dot<Arch, S, R, n>::arrange(x.data, x.stride, x.inputs, width, to);
    });
    return {to, 0, x.inputs};
  }
  template <class View>
  [[nodiscard]] static constexpr bool from_rows(index width) noexcept {
    return std::same_as<sum_of_t<typename View::value_type>, float> && width > 1;
  }
  template <class View, std::same_as<float> S>
  [[nodiscard]] static few_inputs<S> arrange_rows(x_strip<S> x, index inputs, index width, S* to) noexcept {
    S const* in = to;
    with_vectors<typename View::value_type>(width, [&](auto n) LACUNA_INLINE_LAMBDA {
      in = column_dot<Arch, S, R, n>::arrange_rows(x.data, x.pitch, inputs, width, to);
    });
    return {in, 0, inputs};
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    with_vectors<typename View::value_type>(
        width, [&](auto n) LACUNA_INLINE_LAMBDA { run_vectors<n>(a, x, sums, stride, first, last, width); });
  }

 private:
  template <int Vectors, class View, class S>
  static void run_vectors(View a, few_inputs<S> x, S* sums, index stride, index first, index last,
                          index width) noexcept {
    if constexpr (Q != 1 && Vectors == 1) {
      for (index i = first; i != last; ++i)
        block_dot<Arch, S, 1, Q, 1, Flipped>::run(
            [&](auto&& piece) LACUNA_INLINE_LAMBDA { Lists::template visit<Q>(a, i, x.data, piece); }, 0,
            [&](index, index, S sum) LACUNA_INLINE_LAMBDA { sums[(i - first) * stride] = sum; });
    } else {
      run_columns<Vectors>(a, x, sums, stride, first, last, width);
    }
  }
  template <int Vectors, class View, class S>
  static void run_columns(View a, few_inputs<S> x, S* sums, index stride, index first, index last,
                          [[maybe_unused]] index width) noexcept {
    using dot = column_dot<Arch, S, R, Vectors, Flipped, Q>;
    for (index b = first / R; b * R < last; ++b)
      dot::run([&](auto&& piece) LACUNA_INLINE_LAMBDA { Lists::template visit<dot::line>(a, b, x.data, piece); },
               [&](index r, S const* of_row) LACUNA_INLINE_LAMBDA {
                 auto const i = b * R + r;
                 if (i >= first && i < last) copy_sums<Vectors, View>(of_row, width, sums + (i - first) * stride);
               });
  }
  /// The sums of a row: all of quads, whose lines have room; `width` of others, which may be a row of Y. Zen 3, AVX2,
  /// 512x512, 8x1 at 90 %, three columns: 4.5 us, by way of a line of sums and of X by columns 7.3.
  template <int Vectors, class View, class S>
  LACUNA_INLINE static void copy_sums(S const* from, [[maybe_unused]] index width, S* to) noexcept {
    if constexpr (!std::same_as<typename View::value_type, quad>) {
      using arch = simd::narrow_arch<Arch, S, Vectors>;
      constexpr index lanes = static_cast<index>(simd::batch<S, arch>::size);
      if (width != Vectors) {
        if constexpr (lanes > Vectors)
          to[0] = from[0];  // of two
        else
          for (index c = 0; c < width; c += lanes)
            simd::masked<arch, S>::store(to + c, simd::batch<S, arch>::load_unaligned(from + c),
                                         simd::first_lanes(std::min(lanes, width - c)));
        return;
      }
    }
    std::copy(from, from + Vectors, to);
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

/// Blocks of several columns, of floats or quads.
template <int R, int C, class Arch, bool Flipped = false>
struct few_columns_of_blocks {
  /// Columns of x are readable up to whole registers, which is enough for blocks that divide them. Quads are copied
  /// with zeros behind them up to whole blocks.
  template <class View>
  static constexpr index widest = [] {
    using value_type = typename View::value_type;
    if constexpr (!summable<value_type, Arch>)
      return 0;
    else if constexpr (std::same_as<value_type, quad>)
      return block_shape<Arch, sum_of_t<value_type>, R, C>::exact ? 8 : 0;
    else
      return block_shape<Arch, sum_of_t<value_type>, R, C>::packed ? 4 : 0;
  }();
  /// Two passes of four on Zen 3 with AVX2, 512x512 to 3072x768 at 50 to 95 %: a register tile takes 0.61 to 0.79 of
  /// their time with 4x4, 0.79 to 1.03 with 1x4.
  template <class View>
  [[nodiscard]] static constexpr index most(View const&) noexcept {
    constexpr bool tiles_soon = simd::avx2<Arch> && lacuna::detail::tuned_for_zen;
    return tiles_soon && std::same_as<typename View::value_type, float> ? 4 : 8;
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return (16 + R - 1) / R * R;
  }
  template <class View>
  [[nodiscard]] static constexpr index writes(index width) noexcept {
    return width;
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
      block_dot<Arch, S, R, C, Vectors, Flipped>::run(
          [&](auto&& piece) LACUNA_INLINE_LAMBDA { bsr_lists::visit<1>(a, b, x, piece); }, apart,
          [&](index r, index t, S sum) LACUNA_INLINE_LAMBDA {
            auto const i = b * R + r;
            if (i >= first && i < last) sums[(i - first) * stride + t] = sum;
          });
  }
};

template <int R, int C, class Arch>
struct few_columns<bsr_layout<R, C>, Arch> : few_columns_of_blocks<R, C, Arch> {};

}  // namespace lacuna::kernel::inline LACUNA_ISA
