// SPDX-License-Identifier: MIT
//
// What every sparse format offers, and what is enough to convert from one to another.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>

#include <concepts>
#include <span>
#include <type_traits>
#include <utility>

namespace lacuna {
namespace detail {

template <class T>
struct row_probe {
  void operator()(index, T) const {}
};

}  // namespace detail

/// A matrix that can list the stored slots of a row: visit_row(i, f) calls f(index column, value_type value) once for
/// each slot in row i, fill included, in an order fixed by the format (`ordered_rows` says that it is by column).
/// Enough for conversions, the oracle and the fallback kernels.
template <class S>
concept row_visitable =
    scalar<typename S::value_type> && requires(S const& s, index i, detail::row_probe<typename S::value_type> f) {
      { s.rows() } -> std::same_as<index>;
      { s.cols() } -> std::same_as<index>;
      { S::ordered_rows } -> std::convertible_to<bool>;
      s.visit_row(i, f);
    };

/// A sparse matrix, owner or view: `layout` names the order of its data and picks the kernels, `view()` borrows it.
template <class S>
concept sparse_matrix = row_visitable<S> && requires(S const& s) {
  typename S::layout;
  { s.stored() } -> std::same_as<index>;    // slots in memory, fill included
  { s.nonzeros() } -> std::same_as<index>;  // stored slots whose value is not zero
  { s.bytes() } -> std::same_as<index>;     // all its arrays
  s.view();
};

/// A view of a matrix whose rows may have unequal counts: stored_before(i) tells how many slots the rows before row i
/// have, never fewer than those before row i - 1, stored() for i = rows(), in a few steps. Products cut rows for
/// workers by it; those of other matrices have equal counts by nature.
template <class View>
concept counts_before = requires(View const& a, index i) {
  { a.stored_before(i) } -> std::same_as<index>;
};

/// An owner: a format that pack can make. One that was moved from has no rows, no columns and nothing stored.
template <class F>
concept sparse_format = sparse_matrix<F> && std::copyable<F> && requires { typename F::transposed; };

/// A format whose stored values can be overwritten while the pattern stays: values() of an owner that is not const is a
/// span of all slots, and visit_row of its view hands them out by reference, so that their addresses tell where in
/// values() they stand.
template <class F>
concept rewritable_format = sparse_format<F> && requires(F& f) {
  { f.values() } -> std::same_as<std::span<typename F::value_type>>;
};

/// The view type of a sparse matrix.
template <sparse_matrix S>
using view_t = decltype(std::declval<S const&>().view());

/// Tells how a type is read as a sparse operand: `static auto view(M const&)`, the view of a format or a
/// transposed_view of one. Every sparse_matrix is its own; interop/eigen.hpp adds Eigen's sparse matrices.
template <class M>
struct sparse_access;

template <sparse_matrix S>
struct sparse_access<S> {
  LACUNA_INLINE static constexpr view_t<S> view(S const& s) { return s.view(); }
};

/// Anything that sparse_access can view: what the computing verbs take as A.
template <class M>
concept sparse_operand = requires(M const& m) { sparse_access<std::remove_cvref_t<M>>::view(m); };

/// How pack may tune a format. A field at 0 leaves the choice to the format; most formats have nothing to choose.
/// Fields below 0 are a value_error.
struct pack_options {
  index tokens = 0;        ///< columns of X that products will mostly have
  index strip_height = 0;  ///< panel: rows that share a strip
  index tile = 0;          ///< panel: columns of A that share a tile
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// Makes a format from anything whose rows can be visited in column order; specialised beside each format:
/// `static F from(row_visitable auto const& source, pack_options const&)`. Throws format_error, naming row and column,
/// if the format can't hold the source.
template <class F>
struct packer;

}  // namespace lacuna::inline LACUNA_ISA
