// SPDX-License-Identifier: MIT
//
// What takes the place of removed weights on average.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/column_moments.hpp>
#include <lacuna/prune/updated.hpp>

namespace lacuna {

/// What bias_for_removed gives: the weights are the old ones behind the mask, and `bias` is to be added to the layer's.
/// The loss is the variance of the output that the bias cannot restore, of inputs that fluctuate independently: the sum
/// of w_ij^2 Var(x_j) over what is dropped; where whole inputs go, the sum of what `fluctuation` scores.
template <scalar T>
struct bias_result : updated<T> {
  buffer<float> bias;  ///< for each output
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// For each output i the sum over the dropped weights of w_ij mean(x_j), to be added to the layer's bias: then the
/// layer's mean output is what it was, and what is left of the error is what the inputs fluctuate. Sums are taken in
/// double along a row and rounded to float once. Throws shape_error unless mask and moments fit W, value_error if the
/// moments are of no tokens. O(rows * cols). The same bits for every executor. Source: Y. An et al. (FLAP), AAAI 2024,
/// where whole inputs go; here any mask will do.
template <executor E, dense_matrix W>
[[nodiscard]] bias_result<element_t<W const>> bias_for_removed(E&& exec, W const& w, mask const& keep,
                                                               column_moments const& moments) {
  using T = element_t<W const>;
  auto const given = view_of(w);
  constexpr auto order_of = decltype(given)::memory_order;
  dense_view<T const, order_of> const view(given);
  if (keep.rows() != view.rows() || keep.cols() != view.cols() || moments.size() != view.cols())
    detail::fail<shape_error>("bias_for_removed: W is ", view.rows(), "x", view.cols(), ", the mask is ", keep.rows(),
                              "x", keep.cols(), ", the moments are of ", moments.size(), " columns");
  if (moments.tokens() == 0) detail::fail<value_error>("bias_for_removed: the column moments are of no tokens");
  bias_result<T> result{{detail::replace_dropped(exec, view, keep, [](index, index) { return T{}; }), keep, 0.0, {}},
                        buffer<float>(view.rows())};
  buffer<double> sums(view.rows());
  detail::for_places<order_of>(exec, view.rows(), view.cols(), [&](index i, index j) LACUNA_INLINE_LAMBDA {
    if (!keep(i, j)) sums[i] += static_cast<double>(view(i, j)) * moments.mean(j);
  });
  for (index i = 0; i != view.rows(); ++i) result.bias[i] = static_cast<float>(sums[i]);
  result.loss = detail::sum_over_dropped<order_of>(exec, keep, [&](index i, index j) LACUNA_INLINE_LAMBDA {
    auto const weight = static_cast<double>(view(i, j));
    return weight * weight * moments.variance(j);
  });
  return result;
}
template <dense_matrix W>
[[nodiscard]] bias_result<element_t<W const>> bias_for_removed(W const& w, mask const& keep,
                                                               column_moments const& moments) {
  return bias_for_removed(serial{}, w, keep, moments);
}

}  // namespace lacuna::inline LACUNA_ISA
