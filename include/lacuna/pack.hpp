// SPDX-License-Identifier: MIT
//
// Pack: from a dense or sparse matrix to a sparse format, and back to dense.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/format/rows.hpp>

#include <type_traits>

namespace lacuna::detail::inline LACUNA_ISA {

/// Hands the rows of `source` to the packer in column order, sorting them first where the format keeps another order.
template <class F, row_visitable S>
F pack_rows(S const& source, pack_options const& options) {
  if constexpr (S::ordered_rows)
    return packer<F>::from(source, options);
  else
    return packer<F>::from(transposed_lists(transposed_lists(source)), options);
}

inline void require_mask_shape(index rows, index cols, mask const& keep) {
  if (rows != keep.rows() || cols != keep.cols())
    fail<shape_error>("pack: the matrix is ", rows, "x", cols, ", the mask is ", keep.rows(), "x", keep.cols());
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Stores what the mask keeps of a dense matrix w (outputs x inputs, either order), zeros included, in format F; values
/// are rounded to F's type. Throws shape_error if the shapes differ, format_error, naming the place, if F can't hold
/// the mask (nm: a group keeps more than Keep; csr: an index does not fit its type). O(rows * cols).
template <sparse_format F, dense_matrix W>
[[nodiscard]] F pack(W const& w, mask const& keep, pack_options const& options = {}) {
  auto const view = view_of(w);
  detail::require_mask_shape(view.rows(), view.cols(), keep);
  return detail::pack_rows<F>(detail::masked_rows<element_t<W const>, decltype(view)::memory_order>{view, &keep},
                              options);
}

/// Stores the nonzeros of a dense matrix (a NaN is one).
template <sparse_format F, dense_matrix W>
[[nodiscard]] F pack(W const& w, pack_options const& options = {}) {
  auto const view = view_of(w);
  return detail::pack_rows<F>(detail::nonzero_rows<element_t<W const>, decltype(view)::memory_order>{view}, options);
}

/// Stores the slots of another sparse matrix, in any format, fill included. O(stored), and O(rows + cols + stored) of
/// memory where the source keeps another order than by column.
template <sparse_format F, sparse_matrix S>
[[nodiscard]] F pack(S const& source, pack_options const& options = {}) {
  return detail::pack_rows<F>(source, options);
}

/// Stores those slots of another sparse matrix that the mask keeps. Throws shape_error if the shapes differ.
template <sparse_format F, sparse_matrix S>
[[nodiscard]] F pack(S const& source, mask const& keep, pack_options const& options = {}) {
  detail::require_mask_shape(source.rows(), source.cols(), keep);
  return detail::pack_rows<F>(detail::masked_slots<S>{source, &keep}, options);
}

/// Writes a sparse matrix into a dense one of the same shape, zeros where nothing is stored. Throws shape_error.
/// O(rows * cols).
template <sparse_matrix S, dense_matrix M>
void to_dense(S const& source, M&& out) {
  auto const y = view_of(out);
  using U = typename decltype(y)::value_type;
  if (y.rows() != source.rows() || y.cols() != source.cols())
    detail::fail<shape_error>("to_dense: A is ", source.rows(), "x", source.cols(), ", out is ", y.rows(), "x",
                              y.cols());
  for (index i = 0; i != y.rows(); ++i) {
    for (index j = 0; j != y.cols(); ++j) y(i, j) = U{};
    source.visit_row(i, [&](index j, typename S::value_type value) { y(i, j) = detail::convert<U>(value); });
  }
}

/// The dense matrix with the same entries.
template <sparse_matrix S>
[[nodiscard]] dense<typename S::value_type> to_dense(S const& source) {
  dense<typename S::value_type> out(source.rows(), source.cols());
  to_dense(source, out);
  return out;
}

/// The transposed matrix, in the format that F names as its `transposed`: slots stay slots, fill included.
/// O(rows + cols + stored). To multiply by a transpose without making it, see `transposed`.
template <sparse_format F>
[[nodiscard]] typename F::transposed transpose(F const& a, pack_options const& options = {}) {
  return packer<typename F::transposed>::from(detail::transposed_lists(a), options);
}

}  // namespace lacuna::inline LACUNA_ISA
