// SPDX-License-Identifier: MIT
//
// The parts that a user can bring to pruning: a criterion, and a pattern over a source of scores.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna {

/// Tells how much a weight matters: callable as (w, i, j) -> float, where w is the weight in row i (output), column j
/// (input) as a float, and a larger score means keep. A lambda is one. It is called from several threads at once, as
/// const, and must give the same score for the same arguments. If it has a member `prepare(W)`, every verb calls that
/// once, on its own copy of the criterion, before the first score: the place to check shapes and to gather sums over W.
/// W is a dense_matrix, or packed_weights where a packed matrix is pruned further.
template <class C>
concept criterion = std::move_constructible<C> && requires(C const& c, float w, index i, index j) {
  { c(w, i, j) } -> std::convertible_to<float>;
};

/// A matrix of scores that is computed as it is read: scores(i, j) is a float or a double, `memory_order` the order in
/// which reading is cheap, and reject(i, j) throws the value_error of a score that is NaN.
template <class S>
concept score_source = requires(S const& scores, index i, index j) {
  { scores.rows() } -> std::convertible_to<index>;
  { scores.cols() } -> std::convertible_to<index>;
  { scores(i, j) } -> std::floating_point;
  { S::memory_order } -> std::convertible_to<order>;
  scores.reject(i, j);
};

namespace detail {

struct slot_probe {
  void operator()(index, float) const {}
};

/// A score_source to ask concepts with; it has no scores.
struct score_probe {
  static constexpr order memory_order = order::row_major;
  [[nodiscard]] index rows() const noexcept;
  [[nodiscard]] index cols() const noexcept;
  float operator()(index, index) const noexcept;
  void reject(index, index) const;
};

}  // namespace detail

/// The weights of a packed matrix, as `prepare` sees them: visit_row(i, f) calls f(column, weight) for each stored slot
/// of a row, the weight as a float.
template <class W>
concept packed_weights = requires(W const& w, index i, detail::slot_probe f) {
  { w.rows() } -> std::convertible_to<index>;
  { w.cols() } -> std::convertible_to<index>;
  w.visit_row(i, f);
};

/// What criteria are prepared for.
template <class W>
concept weights = dense_matrix<W> || packed_weights<W>;

namespace detail {

struct weights_shape {
  index rows;
  index cols;
};

template <weights W>
[[nodiscard]] LACUNA_INLINE weights_shape shape_of(W const& w) {
  if constexpr (dense_matrix<W>) {
    auto const view = view_of(w);
    return {view.rows(), view.cols()};
  } else {
    return {w.rows(), w.cols()};
  }
}

}  // namespace detail

/// Which weights may survive together: `mark_kept(exec, scores, pattern, keep)`, found by argument-dependent lookup,
/// sets the bits of what stays in the mask `keep`, which has the shape of the scores and starts out all false.
template <class P>
concept pruning_pattern = requires(serial& exec, detail::score_probe const& scores, P const& pattern, mask& keep) {
  mark_kept(exec, scores, pattern, keep);
};

/// A pattern that can choose row by row, so that it need not see all rows at once. `rows_choose(pattern)` says whether
/// this one does, and throws what its options deserve; `keep_row(pattern, keys, n, words)` then sets the bits of what
/// stays of a row of n scores, in words that are all false; of the scores it gets keys, integers of their order.
template <class P>
concept row_pattern = requires(P const& pattern, std::uint32_t const* keys, index n, std::uint64_t* words) {
  { rows_choose(pattern) } -> std::same_as<bool>;
  keep_row(pattern, keys, n, words);
};

}  // namespace lacuna
