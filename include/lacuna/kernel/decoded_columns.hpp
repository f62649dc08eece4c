// SPDX-License-Identifier: MIT
//
// Products of a matrix that has its slots row by row, but its columns in a form of its own: some columns of Y by its
// own kernel of tiles, the others by that of csr, for which columns are written out once for the product.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/spmm/csr.hpp>
#include <lacuna/kernel/tiles.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// `a` in CSR: its own values, and offsets and columns in memory that the calling thread keeps. Kernel has
///   `decode(a, offsets, columns, first, last)`: writes the offset and the columns of rows first .. last.
template <class Kernel, class View>
[[nodiscard]] csr_view<typename View::value_type> decoded_columns(any_executor const& exec, View const& a) {
  auto* const offsets = scratch<std::uint32_t, workspace::columns>(a.rows() + 1 + a.stored());
  auto* const columns = offsets + a.rows() + 1;
  offsets[a.rows()] = static_cast<std::uint32_t>(a.stored());
  row_split const split(rows_of(a), product_ranges(a.stored(), 4, exec.concurrency()), 4, 1, 1);
  split.run(exec, [&](index first, index last, index) { Kernel::decode(a, offsets, columns, first, last); });
  return {a.rows(), a.cols(), offsets, columns, a.values().data()};
}

/// Whether 32 bits count the slots and columns of `a`.
template <class View>
[[nodiscard]] bool decodes_columns(View const& a) noexcept {
  constexpr index most = std::numeric_limits<std::uint32_t>::max();
  return a.stored() <= most && a.cols() <= most;
}

/// Y = ep(A X). Kernel has besides
///   `own_columns(a, n)`: the first of n columns of Y that it multiplies itself.
/// A matrix with more slots or columns than 32 bits count is all its own.
template <class Kernel, class View, class X, order OX, class Y, order OY, class Epilogue>
void multiply_decoded(any_executor const& exec, View a, dense_view<X const, OX> x, dense_view<Y, OY> y,
                      Epilogue const& ep) {
  using csr_kernel = spmm<csr_layout, simd::default_arch>;
  auto const own = decodes_columns(a) ? Kernel::own_columns(a, y.cols()) : y.cols();
  if (own != 0) {
    dense_view<X const, OX> const some_x(x.data(), x.rows(), own, x.stride());
    dense_view<Y, OY> const some_y(y.data(), y.rows(), own, y.stride());
    multiply_tiles<Kernel, Kernel::registers>(exec, a, some_x, some_y, ep, 0);
  }
  if (own != y.cols())
    multiply_tiles<csr_kernel, csr_kernel::registers>(exec, decoded_columns<Kernel>(exec, a), x, y, ep, own);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
