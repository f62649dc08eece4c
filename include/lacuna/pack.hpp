// SPDX-License-Identifier: MIT
//
// Pack: from a dense or sparse matrix to a sparse format, and back to dense.
//
// Bound: reading the weights and the mask and writing what is packed. docs/pruning.md has how many times that it takes:
// 1.4 to 4.5 for most formats, 3 to 7 for those that sort (panel, tiled_sell). Where a result is larger than 32 MB, a
// sixth to a third of that is saved where malloc keeps freed memory: else the system clears what it hands over.
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

/// Calls f with something that lists the rows of a sparse operand in column order: the operand, or, where it keeps
/// another order or stands for a transpose, sorted lists of its slots.
template <class View, class F>
auto with_ordered_rows(View const& source, F&& f) {
  if constexpr (requires { source.base; })
    return f(transposed_lists(source.base));
  else if constexpr (View::ordered_rows)
    return f(source);
  else
    return f(transposed_lists(transposed_lists(source)));
}

inline void require_mask_shape(index rows, index cols, mask const& keep) {
  if (rows != keep.rows() || cols != keep.cols())
    fail<shape_error>("pack: the matrix is ", rows, "x", cols, ", the mask is ", keep.rows(), "x", keep.cols());
}

inline void require_packable(index rows, index cols, pack_options const& options) {
  if (rows < 0 || cols < 0)
    fail<shape_error>("pack: the matrix has ", rows, " rows and ", cols, " columns, expected none below 0");
  auto const require = [](char const* what, index value) {
    if (value < 0) fail<value_error>("pack: ", what, " is ", value, ", expected 0 or more");
  };
  require("tokens", options.tokens);
  require("strip_height", options.strip_height);
  require("tile", options.tile);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Stores what the mask keeps of a dense matrix w (outputs x inputs, either order), zeros included, in format F; values
/// are rounded to F's type. Throws shape_error if the shapes differ, format_error, naming the place, if F can't hold
/// the mask (nm: a group keeps more than Keep; csr: an index does not fit its type), value_error for options out of
/// range. O(rows * cols).
template <sparse_format F, dense_matrix W>
[[nodiscard]] F pack(W const& w, mask const& keep, pack_options const& options = {}) {
  auto const view = view_of(w);
  detail::require_packable(view.rows(), view.cols(), options);
  detail::require_mask_shape(view.rows(), view.cols(), keep);
  return packer<F>::from(detail::masked_rows<element_t<W const>, decltype(view)::memory_order>{view, &keep}, options);
}

/// Stores the nonzeros of a dense matrix (a NaN is one).
template <sparse_format F, dense_matrix W>
[[nodiscard]] F pack(W const& w, pack_options const& options = {}) {
  auto const view = view_of(w);
  detail::require_packable(view.rows(), view.cols(), options);
  return packer<F>::from(detail::nonzero_rows<element_t<W const>, decltype(view)::memory_order>{view}, options);
}

/// Stores the slots of another sparse matrix, in any format, fill included, or of transposed(A). O(rows + cols +
/// stored), and as much memory where the source keeps another order than by column.
template <sparse_format F, sparse_operand S>
[[nodiscard]] F pack(S const& source, pack_options const& options = {}) {
  auto const view = sparse_access<S>::view(source);
  detail::require_packable(view.rows(), view.cols(), options);
  return detail::with_ordered_rows(view, [&](auto const& rows) { return packer<F>::from(rows, options); });
}

/// Stores those slots of another sparse matrix that the mask keeps. Throws shape_error if the shapes differ.
template <sparse_format F, sparse_operand S>
[[nodiscard]] F pack(S const& source, mask const& keep, pack_options const& options = {}) {
  auto const view = sparse_access<S>::view(source);
  detail::require_packable(view.rows(), view.cols(), options);
  detail::require_mask_shape(view.rows(), view.cols(), keep);
  return detail::with_ordered_rows(view, [&](auto const& rows) {
    return packer<F>::from(detail::masked_slots<std::remove_cvref_t<decltype(rows)>>{rows, &keep}, options);
  });
}

/// Writes a sparse matrix, or transposed(A), into a dense one of the same shape, zeros where nothing is stored. Throws
/// shape_error. O(rows * cols).
template <sparse_operand S, dense_matrix M>
void to_dense(S const& source, M&& out) {
  auto const a = sparse_access<S>::view(source);
  auto const y = view_of(out);
  using U = typename decltype(y)::value_type;
  static_assert(!std::is_const_v<std::remove_pointer_t<decltype(y.data())>>,
                "lacuna: out is read-only; to_dense writes it");
  if (y.rows() != a.rows() || y.cols() != a.cols())
    detail::fail<shape_error>("to_dense: A is ", a.rows(), "x", a.cols(), ", out is ", y.rows(), "x", y.cols());
  if constexpr (requires { a.base; }) {
    to_dense(a.base, transpose(y));
  } else {
    for (index i = 0; i != y.rows(); ++i) {
      for (index j = 0; j != y.cols(); ++j) y(i, j) = U{};
      a.visit_row(i, [&](index j, auto value) { y(i, j) = detail::convert<U>(value); });
    }
  }
}

/// The dense matrix with the same entries.
template <sparse_operand S>
[[nodiscard]] auto to_dense(S const& source) {
  auto const a = sparse_access<S>::view(source);
  dense<typename decltype(a)::value_type> out(a.rows(), a.cols());
  to_dense(source, out);
  return out;
}

/// The transposed matrix, in the format that F names as its `transposed`: slots stay slots, fill included.
/// O(rows + cols + stored). To multiply by a transpose without making it, see `transposed`.
template <sparse_format F>
[[nodiscard]] typename F::transposed transpose(F const& a, pack_options const& options = {}) {
  detail::require_packable(a.rows(), a.cols(), options);
  return packer<typename F::transposed>::from(detail::transposed_lists(a.view()), options);
}

}  // namespace lacuna::inline LACUNA_ISA
