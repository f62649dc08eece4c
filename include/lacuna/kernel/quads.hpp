// SPDX-License-Identifier: MIT
//
// Products with weights of int8 by kernels that read X in quads: the way to the driver of tiles.
//
// dot4 is one instruction for bytes of one signedness (simd/dot4.hpp). X of the other is flipped while it is packed,
// and the sums of a row start at the correction times the sum of its weights: those are summed up first, in one pass
// over A, 1 / columns of the product's dots, and by one instruction for 64 of them where blocks have four columns.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/finish.hpp>
#include <lacuna/kernel/pack_quads.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/tiles.hpp>
#include <lacuna/simd/arch.hpp>

#include <concepts>
#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A matrix to multiply X in quads, as the driver of tiles takes it.
template <class View>
struct quads_matrix {
  View a;
  index quads;                // rows of X in quads
  std::int32_t const* start;  // what the sums of each row start at, for as many rows as there are in blocks; or null
  std::int32_t const* columns = nullptr;  // as the kernel has decoded them, if it has

  [[nodiscard]] index rows() const noexcept { return a.rows(); }
  [[nodiscard]] index cols() const noexcept { return quads; }
  [[nodiscard]] index stored() const noexcept { return a.stored(); }
  [[nodiscard]] LACUNA_INLINE index stored_before(index i) const noexcept
    requires counts_before<View>
  {
    return a.stored_before(i);
  }
};

/// Throws shape_error if a matrix has columns that 32 bits do not count. Of which verb, spmm or linear, is not known
/// here.
inline void require_counted_columns(index rows, index cols) {
  constexpr index most = std::numeric_limits<std::int32_t>::max();
  if (cols > most)
    detail::fail<shape_error>("product of int8: A is ", rows, "x", cols, ", expected at most ", most, " columns");
}

/// Y = ep(A X) by a kernel with the protocol of row_tile for a quads_matrix, and
///   `quads(a)`: rows of X in quads that it reads;
///   `lines(a)`, `row_lines(a)`: lines of blocks that there are, and rows in each;
///   `weight_sums(a, factor, sums, first, last)`: sums[i] = factor times the sum of the weights of row i, for the rows
///     of lines first .. last, and what else such a row starts at;
/// if rows start at something even where X is not flipped, and `factor` is 0,
///   `starts_rows`: true;
/// if it reads X in lines (pack_lines), of which it makes quads itself,
///   `reads_lines`: true;
/// if another kernel is faster for some matrices and columns of X,
///   `other`, that kernel, and `wants_other(a, columns)`;
/// and if it wants columns decoded, of which there are fewer than 2^31,
///   `columns_stored(a)`: how many there are;
///   `decode(a, to, first, last)`: writes those of lines first .. last to their places, or, if it has
///   `decoded_rows(a)`, of units of so many rows; and if weights are decoded along with them,
///   `weight_sums(a, columns, factor, sums, first, last)`.
template <class Kernel, class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_quads(any_executor const& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y,
                    Epilogue const& ep) {
  using arch = simd::default_arch;
  if constexpr (requires { typename Kernel::other; })
    if (Kernel::wants_other(a, x.cols())) return multiply_quads<typename Kernel::other>(exec, a, x, y, ep);
  if constexpr (requires { Kernel::columns_stored(a); }) require_counted_columns(a.rows(), a.cols());
  std::int32_t* columns = nullptr;
  if constexpr (requires { Kernel::columns_stored(a); }) {
    columns = scratch<std::int32_t, workspace::columns>(Kernel::columns_stored(a));
    index const height = [&]() -> index {
      if constexpr (requires { Kernel::decoded_rows(a); })
        return Kernel::decoded_rows(a);
      else
        return Kernel::row_lines(a);
    }();
    row_split const split(rows_of(a), product_ranges(a.stored(), 4, exec.concurrency()), 4, height, height);
    split.run(exec, [&](index first, index last, index) { Kernel::decode(a, columns, first, last); });
  }
  std::int32_t* start = nullptr;
  constexpr bool flipped = !std::same_as<X, simd::dot4_byte<arch>>;
  if constexpr (flipped || requires { requires Kernel::starts_rows; }) {
    constexpr std::int32_t factor = flipped ? simd::flip_correction<X> : 0;
    index const height = Kernel::row_lines(a);
    start = scratch<std::int32_t, workspace::row_sums>(Kernel::lines(a) * height);
    row_split const split(rows_of(a), product_ranges(a.stored(), 1, exec.concurrency()), 1, height, height);
    split.run(exec, [&](index first, index last, index) {
      if constexpr (requires { Kernel::weight_sums(a, columns, factor, start, first, last); })
        Kernel::weight_sums(a, columns, factor, start, first, last);
      else
        Kernel::weight_sums(a, factor, start, first, last);
    });
  }
  quads_matrix<View> const matrix{a, Kernel::quads(a), start, columns};
  auto const in = [&] {
    if constexpr (requires { Kernel::reads_lines; })
      return lines_of<arch>(x, matrix.quads);
    else
      return quads_of<arch>(x, matrix.quads);
  }();
  output<Y, OY, Epilogue> const to{y, ep};
  tiles_product<arch, std::int32_t> const product{exec, tiles_of<Kernel, Kernel::registers, arch, std::int32_t>(matrix),
                                                  in, to.template any<arch, std::int32_t>()};
  product.run(0);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
