// SPDX-License-Identifier: MIT
//
// Merge: attention over some keys and over others becomes attention over all of them.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/attend/merge.hpp>
#include <lacuna/simd/arch.hpp>

#include <algorithm>
#include <concepts>
#include <type_traits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

template <class T>
inline constexpr bool merges_lse = std::same_as<T, float> || std::same_as<T, double>;

/// Rows of `length` numbers from row(r) and from_row(r), with the logarithms lse(r) and from_lse(r), which are
/// references.
template <class A, class E, class Row, class From, class Lse, class FromLse>
void merge_rows(E&& exec, index rows, index length, Row const& row, From const& from_row, Lse const& lse,
                FromLse const& from_lse) {
  index const grain = std::max<index>(1, 16384 / std::max<index>(length, 1));
  exec.for_ranges(rows, grain, [&](index first, index last, index /*worker*/) {
    for (index r = first; r != last; ++r) {
      auto& to = lse(r);
      auto const factors = kernel::merge_factors_of(static_cast<double>(to), static_cast<double>(from_lse(r)));
      kernel::merge_row<simd::default_arch, A>(row(r), from_row(r), length, factors);
      to = static_cast<std::remove_reference_t<decltype(to)>>(factors.lse);
    }
  });
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Adds to attention over some keys, out1 with its log-sum-exp lse1, attention over others, out2 with lse2: in place,
/// out1 and lse1 become what attention over all of these keys gives. out1 and out2 are heads x queries x dim, of float,
/// double, bf16 or f16; lse1 and lse2 matrices of heads x queries, floats or doubles. A row whose lse is -inf saw no
/// key, and counts for nothing; of two such the result is 0 in out1 as it stands, and -inf. Throws shape_error if
/// shapes differ. O(heads * queries * dim), bound by memory; allocates nothing, bitwise equal for every executor.
///
///     la::attend(q, old_kv, plan, out, {.lse = lse});
///     la::attend(q, new_kv, rest, more, {.lse = more_lse});
///     la::merge(out, lse, more, more_lse);
template <executor E, class T, dense_matrix Lse, class U, dense_matrix Lse2>
void merge(E&& exec, heads_view<T> const& out1, Lse&& lse1, heads_view<U> const& out2, Lse2 const& lse2) {
  static_assert(!std::is_const_v<T>, "lacuna: out1 is read-only");
  auto const to = view_of(lse1);
  auto const from = view_of(lse2);
  static_assert(detail::merges_lse<typename std::remove_const_t<decltype(to)>::value_type> &&
                    detail::merges_lse<typename std::remove_const_t<decltype(from)>::value_type>,
                "lacuna: lse is a matrix of float or double");
  if (out1.heads != out2.heads || out1.tokens != out2.tokens || out1.dim != out2.dim)
    detail::fail<shape_error>("merge: out1 is ", out1.heads, "x", out1.tokens, "x", out1.dim, ", out2 ", out2.heads,
                              "x", out2.tokens, "x", out2.dim);
  auto const require = [&](char const* name, index rows, index cols) {
    if (rows != out1.heads || cols != out1.tokens)
      detail::fail<shape_error>("merge: out1 is ", out1.heads, "x", out1.tokens, "x", out1.dim, ", ", name, " is ",
                                rows, "x", cols);
  };
  require("lse1", to.rows(), to.cols());
  require("lse2", from.rows(), from.cols());
  using A = std::common_type_t<accumulator_t<T>, accumulator_t<std::remove_const_t<U>>>;
  index const queries = std::max<index>(out1.tokens, 1);
  detail::merge_rows<A>(
      exec, out1.heads * out1.tokens, out1.dim, [&](index r) { return out1.row(r / queries, r % queries); },
      [&](index r) { return out2.row(r / queries, r % queries); },
      [&](index r) -> auto& { return to(r / queries, r % queries); },
      [&](index r) { return from(r / queries, r % queries); });
}

/// The same in the calling thread.
template <class T, dense_matrix Lse, class U, dense_matrix Lse2>
void merge(heads_view<T> const& out1, Lse&& lse1, heads_view<U> const& out2, Lse2 const& lse2) {
  merge(serial{}, out1, lse1, out2, lse2);
}

/// The same for one head: row-major matrices of queries x dim, and vectors of queries.
template <executor E, dense_matrix Out, dense_vector Lse, dense_matrix Out2, dense_vector Lse2>
void merge(E&& exec, Out&& out1, Lse&& lse1, Out2 const& out2, Lse2 const& lse2) {
  auto const a = view_of(out1);
  auto const b = view_of(out2);
  auto const to = vector_of(lse1);
  auto const from = vector_of(lse2);
  using T = std::remove_reference_t<decltype(*a.data())>;
  using U = std::remove_reference_t<decltype(*b.data())>;
  static_assert(
      requires { dense_view<T>(a); } && requires { dense_view<U>(b); }, "lacuna: merge takes row-major matrices");
  if (a.rows() != b.rows() || a.cols() != b.cols())
    detail::fail<shape_error>("merge: out1 is ", a.rows(), "x", a.cols(), ", out2 ", b.rows(), "x", b.cols());
  auto const require = [&](char const* name, index size) {
    if (size != a.rows())
      detail::fail<shape_error>("merge: out1 is ", a.rows(), "x", a.cols(), ", ", name, " has ", size, " elements");
  };
  require("lse1", to.size());
  require("lse2", from.size());
  using A = std::common_type_t<accumulator_t<std::remove_const_t<T>>, accumulator_t<std::remove_const_t<U>>>;
  detail::merge_rows<A>(
      exec, a.rows(), a.cols(), [&](index r) { return a.data() + r * a.row_stride(); },
      [&](index r) { return b.data() + r * b.row_stride(); }, [&](index r) -> auto& { return to[r]; },
      [&](index r) { return from[r]; });
}

/// The same in the calling thread.
template <dense_matrix Out, dense_vector Lse, dense_matrix Out2, dense_vector Lse2>
void merge(Out&& out1, Lse&& lse1, Out2 const& out2, Lse2 const& lse2) {
  merge(serial{}, out1, lse1, out2, lse2);
}

}  // namespace lacuna::inline LACUNA_ISA
