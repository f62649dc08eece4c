// SPDX-License-Identifier: MIT
//
// Y = epilogue(A X), X row-major, for every format whose rows can be visited.
//
// Each stored a(i, k) scales the contiguous row X(k, :), so every load has unit stride and nothing is gathered. A
// register tile of Y(i, :) is kept for the whole row of A and stored once; the walk over the columns of X is outermost,
// so that the strip of X that a tile reads, cols x tile, is reused by all rows.
//
// Bound, per slot and tile of 8 registers: 8 fma, 8 loads of X, a broadcast load of the value, and what the format
// needs to find the column; for CSR one load: ten loads at two a cycle, 5 cycles for 8 fma, at most 80 % of the fma
// peak while the strip of X is in L1; the strip streams from L2 once it exceeds it (cols > 96 at 32 KB). Eight sums
// hide a latency of 4 cycles on two fma ports exactly.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/register_place.hpp>
#include <lacuna/simd/tile.hpp>

#include <concepts>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// One row of A at a time, a tile of a row of Y in registers.
template <class Arch>
struct row_tile {
  static constexpr std::string_view name = "row-tile";
  static constexpr int registers = 8;  // fma latency 4 x 2 ports

  template <class View, class X, order OX, class Y, order OY>
  static constexpr bool accepts = std::floating_point<X> && std::same_as<typename View::value_type, X> &&
                                  std::same_as<X, Y> && OX == order::row_major && simd::has_batch<Arch, X>;

  /// Writes Y(i, j), first <= i < last and column <= j < column + x.cols(), of Y = ep(A X), and nothing else; x has the
  /// columns of X from `column` on. Expects shapes that fit and Y apart from the operands.
  template <row_visitable View, class T, order OY, class Epilogue>
  static void run(View a, dense_view<T const> x, dense_view<T, OY> y, Epilogue const& ep, index first, index last,
                  index column = 0) noexcept {
    simd::for_each_tile<Arch, T, registers>(x.cols(), [&](auto const zero, index j) LACUNA_INLINE_LAMBDA {
      for (index i = first; i != last; ++i) {
        auto sum = zero;
        a.visit_row(i, [&](index k, T w) LACUNA_INLINE_LAMBDA { sum.multiply_add(w, &x(k, j)); });
        store(sum, ep, y, i, column + j);
      }
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
