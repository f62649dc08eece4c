// SPDX-License-Identifier: MIT
//
// Rows of CSR one after the other, each times whole rows of X where they stand: for thin matrices and many columns.
//
// Bound, for each slot and 8 registers: 8 fma and ten loads at two a cycle, 80 % of the peak, were X in L1. It comes
// from L2 and L3, 2 KB of a row in the order of memory, which the processor fetches ahead; strips of X are copied
// first, and reach Y in pieces of 128 or 256 bytes. Reached by Zen 3, AVX2, 512 columns at 95 and 98 %: 15 to 30 % of
// the peak, DLMC and others, 1.36 times as fast as strips.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/pack_columns.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/x_rows.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <concepts>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Sums of rows of csr across all columns of X.
template <class Arch, class S>
struct csr_wide {
  using tile = simd::tile<Arch, S, 8>;
  static constexpr index width = 8 * tile::lanes;

  /// Writes the sums of row i, of `columns`, at least `width`, to `to`. The last columns are summed up twice unless
  /// they fill 8 registers.
  template <class View>
  LACUNA_NOINLINE static void run(View const& a, index i, x_rows<S, index> x, index columns, S* to) noexcept {
    LACUNA_ASSERT(columns >= width);
    using weight = simd::broadcast<Arch, S, typename View::value_type>;
    auto const* const column = a.columns().data();
    auto const* const value = a.values().data();
    auto const begin = static_cast<index>(a.offsets().data()[i]), end = static_cast<index>(a.offsets().data()[i + 1]);
    for (index done = 0; done != columns;) {
      auto const j = std::min(done, columns - width);
      tile sum;
      for (auto k = begin; k != end; ++k)
        sum.multiply_add(weight::one(value + k), x[static_cast<index>(column[k])] + j);
      simd::unroll<8>([&](auto n) LACUNA_INLINE_LAMBDA { sum.store(to + j, sum.value[n], n); });
      done = j + width;
    }
  }

  /// Y of all rows. X is read where it stands, or as it was copied, all columns side by side.
  template <class View>
  static void multiply(any_executor const& exec, View const& a, x_rows<S, index> x, index columns,
                       any_output<S> const& y) {
    constexpr index unit = 16;
    auto const stride = detail::ceil_div(columns, tile::lanes) * tile::lanes;
    auto const size = y.plain != nullptr ? 0 : sums_size<Arch, S>(1, stride);
    auto* const all_sums = scratch<S>(detail::checked_multiply(size, exec.concurrency(), "spmm: sums"));
    row_split const split(rows_of(a), product_ranges(a.stored(), columns, exec.concurrency()), columns, unit, unit);
    split.run(exec, [&](index begin, index end, index worker) {
      auto const last = std::min(end * split.unit(), a.rows());
      auto* const sums = all_sums + worker * size;
      for (auto i = begin * split.unit(); i < last; ++i) {
        run(a, i, x, columns, y.plain != nullptr ? y.plain + i * y.pitch : sums);
        if (y.plain == nullptr) y.finish(sums, stride, i, i + 1, 0, columns);
      }
    });
  }
};

/// Whether csr_wide multiplies such a matrix.
template <class View, class Arch>
concept takes_csr_wide =
    requires { requires std::same_as<typename View::layout, csr_layout>; } && simd::avx2<Arch> &&
    simd::register_count<Arch> < 32 &&
    simd::broadcast<Arch, accumulator_t<typename View::value_type>, typename View::value_type>::at_once;

/// Whether that pays: few slots read each row of X, so that a copy of it would; or X has so many columns that fetching
/// ahead makes up for reading it from L3, and what a row reads leaves room in L2. Zen 3, AVX2, times as fast as strips:
/// 512 columns at 95 and 98 %, 64x256 2.5, 512x2048 2.0, 1024x1024 1.3 and 2.5, 2048x512 1.0 to 1.2, at 90 % 0.8 to
/// 0.9; 128 columns of 64x256 and 128x1152 at 95 % 2.3 and 1.6, of 512x512 at 98 % 1.3 and at 95 % 1.1, others at 95 %
/// 0.6 to 1.1.
template <class View>
[[nodiscard]] bool pays_csr_wide(View const& a, index columns) noexcept {
  constexpr auto size = static_cast<index>(sizeof(accumulator_t<typename View::value_type>));
  auto const bytes = columns * size;
  auto const rows = std::max<index>(a.rows(), 1);
  if (bytes < 512 || a.stored() / rows > 262144 / bytes) return false;
  if (a.stored() <= 12 * a.cols()) return true;
  return bytes >= 2048 &&
         static_cast<double>(a.stored()) < 0.07 * static_cast<double>(rows) * static_cast<double>(a.cols());
}

/// Y = ep(A X), both by rows; X is copied unless it is of the type of the sums.
template <class Arch, class View, class X, class Y, class Epilogue>
void multiply_csr_wide(any_executor const& exec, View const& a, dense_view<X const> x, dense_view<Y> y,
                       Epilogue const& ep) {
  using S = accumulator_t<typename View::value_type>;
  using wide = csr_wide<Arch, S>;
  output<Y, order::row_major, Epilogue> const to{y, ep};
  auto const multiply = [&](x_rows<S, index> from) {
    wide::multiply(exec, a, from, x.cols(), to.template any<Arch, S>());
  };
  if constexpr (std::same_as<X, S>) {
    multiply({x.data(), x.stride()});
  } else {
    auto const stride = detail::ceil_div(x.cols(), wide::tile::lanes) * wide::tile::lanes;
    auto* const copy =
        scratch<S, workspace::activations>(detail::checked_multiply(x.rows(), stride, "spmm: copy of X"));
    auto const in = input_of<Arch, S>(x);
    exec.for_ranges(x.rows(), 64, [&](index first, index last, index) {
      for (auto k = first; k < last; k += 64)  // rows that stay in a cache while all columns are copied
        for (index j = 0; j < x.cols(); j += wide::width)
          in.pack(j, std::min(wide::width, x.cols() - j), copy + j, stride, k, std::min(k + 64, last));
    });
    multiply({copy, stride});
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
