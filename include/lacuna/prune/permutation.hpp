// SPDX-License-Identifier: MIT
//
// The order of a layer's inputs in which N:M loses least, and how to bring it about without changing the network.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/heap_sort.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/prune/channel_swaps.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/score_view.hpp>

namespace lacuna {

/// How long channel_permutation looks.
struct permutation_options {
  index rounds = 1000;  ///< passes over all pairs of columns at most; it ends before that once none helps
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// What a criterion-free score of a matrix of scores is.
struct own_score {
  [[nodiscard]] LACUNA_INLINE constexpr float operator()(float s, index, index) const noexcept { return s; }
};

/// Deals columns, in ascending order of their sums, to groups of m: the first g to groups 0 .. g - 1, the next g the
/// other way round, and so on. The columns of a short last group are the highest.
[[nodiscard]] inline buffer<index> dealt_columns(double const* sums, index cols, index m) {
  buffer<index> ascending(cols);
  for (index j = 0; j != cols; ++j) ascending[j] = j;
  heap_sort(ascending.data(), cols,
            [&](index a, index b) { return sums[a] < sums[b] || (sums[a] == sums[b] && a < b); });
  index const groups = cols / m;
  buffer<index> order(cols);
  for (index deal = 0; deal != m; ++deal)
    for (index k = 0; k != groups; ++k) {
      index const group = deal % 2 == 0 ? k : groups - 1 - k;
      order[group * m + deal] = ascending[deal * groups + k];
    }
  for (index j = groups * m; j != cols; ++j) order[j] = ascending[j];
  return order;
}

/// Throws unless each of 0 .. n - 1 is there once.
template <class V>
void require_permutation(V const& order, index n, char const* name) {
  if (order.size() != n) fail<shape_error>(name, ": an order of ", order.size(), ", expected ", n);
  buffer<unsigned char> seen(n);
  for (index p = 0; p != n; ++p) {
    auto const j = static_cast<index>(order[p]);
    if (j < 0 || j >= n || seen[j] != 0)
      fail<value_error>(name, ": place ", p, " of the order is ", j, ", which is ",
                        j < 0 || j >= n ? "outside it" : "there before");
    seen[j] = 1;
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// The order of the columns of a matrix of scores (outputs x inputs) in which n_of_m<Keep, M> keeps most: place p takes
/// column order[p]. It begins with the order that there is, or with RIA's deal where that keeps more: columns in
/// ascending order of their sums are dealt to the groups to and fro. Then it goes through the columns and swaps each
/// with the one of another group that gains most, until no swap gains: what is kept never falls. The gain of a swap is
/// exact: a group without one column is a threshold in each row, above which another column adds what exceeds it.
/// O(rows * cols^2) for each round, of which there are few, with 12 bytes for each score. The same order for every
/// executor. Throws value_error for rounds below 0 and, naming the place, for a score that is not finite. Source:
/// Y. Zhang et al. (RIA), ICLR 2024, for the deal; J. Pool, C. Yu, "Channel Permutations for N:M Sparsity", NeurIPS
/// 2021, for greedy swaps.
template <int Keep, int M, executor E, dense_matrix S>
[[nodiscard]] buffer<index> channel_permutation(E&& exec, S const& scores, permutation_options const& options = {}) {
  static_assert(1 <= Keep && Keep <= M && M <= 64, "lacuna: channel_permutation<Keep, M> needs 1 <= Keep <= M <= 64");
  if (options.rounds < 0)
    detail::fail<value_error>("channel_permutation: rounds is ", options.rounds, ", expected 0 or more");
  detail::own_score const rule;
  auto const source = detail::scores_of(scores, rule, "channel_permutation");
  detail::channel_swaps state(source, Keep, M);
  buffer<double> sums(source.cols());
  for (index j = 0; j != source.cols(); ++j) sums[j] = state.sum(j);
  auto const before = state.retained(exec);
  auto const dealt = detail::dealt_columns(sums.data(), source.cols(), M);
  buffer<index> const same = state.order();
  state.reorder(exec, dealt);
  if (!(state.retained(exec) > before)) state.reorder(exec, same);
  for (index round = 0; round < options.rounds && state.improve(exec); ++round) {
  }
  return state.order();
}
template <int Keep, int M, dense_matrix S>
[[nodiscard]] buffer<index> channel_permutation(S const& scores, permutation_options const& options = {}) {
  return channel_permutation<Keep, M>(serial{}, scores, options);
}

/// The order that undoes another: inverse[order[p]] = p. Throws value_error, naming the place, unless it is one.
template <dense_vector V>
[[nodiscard]] buffer<index> inverse_permutation(V const& order) {
  auto const view = vector_of(order);
  detail::require_permutation(view, view.size(), "inverse_permutation");
  buffer<index> inverse(view.size());
  for (index p = 0; p != view.size(); ++p) inverse[static_cast<index>(view[p])] = p;
  return inverse;
}

/// The columns of W in another order, column p being column order[p] of W: for the layer that is to be N:M, the
/// consumer. The layer before, the producer, then takes permuted_rows by the same order, its bias `permuted`, and so
/// does all that acts on single channels between them; what the network computes stays the same.
template <dense_matrix W, dense_vector V>
[[nodiscard]] dense<element_t<W const>> permuted_columns(W const& w, V const& order) {
  auto const view = view_of(w);
  auto const from = vector_of(order);
  detail::require_permutation(from, view.cols(), "permuted_columns");
  dense<element_t<W const>> out(view.rows(), view.cols());
  for (index i = 0; i != view.rows(); ++i)
    for (index j = 0; j != view.cols(); ++j) out(i, j) = view(i, static_cast<index>(from[j]));
  return out;
}

/// The rows of W in another order, row p being row order[p] of W.
template <dense_matrix W, dense_vector V>
[[nodiscard]] dense<element_t<W const>> permuted_rows(W const& w, V const& order) {
  auto const view = view_of(w);
  auto const from = vector_of(order);
  detail::require_permutation(from, view.rows(), "permuted_rows");
  dense<element_t<W const>> out(view.rows(), view.cols());
  for (index i = 0; i != view.rows(); ++i)
    for (index j = 0; j != view.cols(); ++j) out(i, j) = view(static_cast<index>(from[i]), j);
  return out;
}

/// The elements of a vector in another order, element p being order[p] of v.
template <dense_vector X, dense_vector V>
[[nodiscard]] auto permuted(X const& v, V const& order) {
  auto const view = vector_of(v);
  auto const from = vector_of(order);
  detail::require_permutation(from, view.size(), "permuted");
  buffer<typename decltype(view)::value_type> out(view.size());
  for (index p = 0; p != view.size(); ++p) out[p] = view[static_cast<index>(from[p])];
  return out;
}

}  // namespace lacuna::inline LACUNA_ISA
