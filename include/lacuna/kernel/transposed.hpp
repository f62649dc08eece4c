// SPDX-License-Identifier: MIT
//
// Y = epilogue(A^T X): the fallback, which runs any format by visiting the rows of A.
//
// Row i of A scatters X(i, :) into the rows of Y that it has columns for. Sums are kept apart from Y, cols x 16 of
// them, so that any value type and epilogue works; A is read once for every 16 columns of X. Bound: a load and a store
// of a sum for each fma.
//
// Reached on Zen 5, int8 in CSR, 2048x512 at 80 %: 0.40 and 0.28 cycles for a multiply-add with 8 and 32 columns, 19
// and 28 G operations/s.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/scratch.hpp>

#include <algorithm>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The kernel for matrices that have no other: sums for 16 columns at a time, one after the other.
struct transposed_fallback {
  static constexpr std::string_view name = "fallback";
  static constexpr index tile = 16;  // columns of X for one pass over A

  /// How many sums `run` needs as workspace.
  [[nodiscard]] static constexpr index workspace(index outputs, index columns) noexcept {
    return outputs * std::min(tile, columns);
  }

  /// Writes columns first .. last of Y = ep(A^T X), and nothing else.
  template <row_visitable A, class X, order OX, class Y, order OY, class Sum, class Epilogue>
  static void run(A a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep, Sum* sums, index first,
                  index last) noexcept {
    for (index j = first; j < last; j += tile) run_tile(a, x, y, ep, sums, j, std::min(tile, last - j));
  }

 private:
  template <class A, class X, order OX, class Y, order OY, class Sum, class Epilogue>
  LACUNA_INLINE static void run_tile(A a, dense_view<X const, OX> x, dense_view<Y, OY> y, Epilogue const& ep, Sum* sums,
                                     index j, index width) noexcept {
    for (index s = 0; s != y.rows() * width; ++s) sums[s] = Sum{};
    for (index i = 0; i != a.rows(); ++i) {
      Sum line[tile];
      bool read = false;  // X of an empty row is not
      a.visit_row(i, [&](index k, typename A::value_type value) LACUNA_INLINE_LAMBDA {
        if (!read)
          for (index t = 0; t != width; ++t) line[t] = widened<Sum>(x(i, j + t));
        read = true;
        auto const w = widened<Sum>(value);
        auto* const sum = sums + k * width;
        for (index t = 0; t != width; ++t) sum[t] = multiply_add(sum[t], w, line[t]);
      });
    }
    for (index k = 0; k != y.rows(); ++k)
      for (index t = 0; t != width; ++t) finish_sum(sums[k * width + t], ep, y, k, j + t);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
