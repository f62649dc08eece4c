// SPDX-License-Identifier: MIT
//
// The scores of a dense matrix under a criterion, computed as they are read.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/prefetch.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/concepts.hpp>

namespace lacuna::detail::inline LACUNA_ISA {

/// A score_source: the prepared criterion at each weight of w.
template <scalar T, order Order, criterion C>
struct score_view {
  static constexpr order memory_order = Order;

  dense_view<T const, Order> w;
  C const* rule;
  char const* verb;  // whose message it is

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return w.rows(); }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return w.cols(); }
  [[nodiscard]] LACUNA_INLINE float operator()(index i, index j) const {
    return static_cast<float>((*rule)(static_cast<float>(w(i, j)), i, j));
  }
  /// Scores whose weights share a line of memory, and the wish to have the line of one.
  static constexpr index scores_of_line = 64 / static_cast<index>(sizeof(T));
  LACUNA_INLINE void fetch(index i, index j) const noexcept { prefetch_line(&w(i, j)); }
  [[noreturn]] void reject(index i, index j) const {
    fail<value_error>(verb, ": the score in row ", i, ", column ", j, " is NaN");
  }
};

template <dense_matrix W, criterion C>
[[nodiscard]] auto scores_of(W const& w, C const& rule, char const* verb) {
  auto const view = view_of(w);
  return score_view<element_t<W const>, decltype(view)::memory_order, C>{view, &rule, verb};
}

/// The same scores with rows and columns exchanged; what it rejects has the names of the original.
template <score_source S>
struct transposed_scores {
  static constexpr order memory_order = flipped(S::memory_order);

  S const& source;

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return source.cols(); }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return source.rows(); }
  [[nodiscard]] LACUNA_INLINE auto operator()(index i, index j) const { return source(j, i); }
  void reject(index i, index j) const { source.reject(j, i); }
};

}  // namespace lacuna::detail::inline LACUNA_ISA
