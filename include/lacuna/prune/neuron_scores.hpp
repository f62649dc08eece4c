// SPDX-License-Identifier: MIT
//
// How much each neuron of a gated feed-forward block matters, by all three of its matrices and its activations.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/prune/column_norms.hpp>
#include <lacuna/prune/ria.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/units.hpp>

#include <cmath>
#include <initializer_list>

namespace lacuna {

/// Of which sum a weight's share is taken.
enum class neuron_shares : unsigned char {
  across,  ///< over all neurons: of what reaches the same output of down, or comes from the same input of gate and up
  own,     ///< over the neuron's own weights, as the published code does: then each matrix gives all neurons the same
           ///< share, and only the power of the norm is left
};

/// The exponents of `neuron_scores`, and what shares are taken of.
struct neuron_options {
  double weight_exponent = 1;  ///< b: of the norm beside the weights of down, before shares are taken
  double exponent = 1;         ///< c: of the norm beside the sum of the shares
  neuron_shares shares = neuron_shares::across;
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// 1 / sum for each sum, 0 where it is 0.
LACUNA_INLINE void invert(buffer<double>& sums) noexcept {
  for (auto& sum : sums) sum = sum == 0 ? 0.0 : 1.0 / sum;
}

/// Adds to the units the mean over their weights of |w| * factor[neuron] as a share of its sum.
template <executor E, dense_matrix W>
void add_shares(E&& exec, W const& w, axis of, buffer<double> const& factor, neuron_shares shares, unit_scores& out) {
  auto const view = view_of(w);
  bool const by_row = of == axis::outputs;
  bool const across = shares == neuron_shares::across;
  index const others = by_row ? view.cols() : view.rows();
  buffer<double> sums(across ? others : out.size());
  for (index i = 0; i != view.rows(); ++i)
    for (index j = 0; j != view.cols(); ++j) {
      index const neuron = by_row ? i : j;
      index const other = by_row ? j : i;
      sums[across ? other : neuron] += absolute_value::of(static_cast<double>(view(i, j))) * factor[neuron];
    }
  invert(sums);
  auto const rule = [&](float x, index i, index j) LACUNA_INLINE_LAMBDA {
    index const neuron = by_row ? i : j;
    index const other = by_row ? j : i;
    return static_cast<float>(absolute_value::of(static_cast<double>(x)) * factor[neuron] *
                              sums[across ? other : neuron] / static_cast<double>(others));
  };
  out.add(exec, view, rule, unit_shape{.of = of});
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// The scores of the n neurons between gate, up (both n x inputs) and down (outputs x n): neuron k has ||x_k||^c times
/// the sum over the three matrices of the mean share of its weights, x being the activations that down reads and its
/// weights counting |w| ||x_k||^b. Throws shape_error unless all have n neurons, value_error if the norms are of no
/// tokens, an exponent is not finite or a score is NaN. The same bits for every executor. Source: Y. Wang et al.,
/// "CFSP: An Efficient Structured Pruning Framework for LLMs with Coarse-to-Fine Activation Information", COLING 2025;
/// neuron_shares tells where its code differs.
template <executor E, dense_matrix G, dense_matrix U, dense_matrix D>
[[nodiscard]] unit_scores neuron_scores(E&& exec, G const& gate, U const& up, D const& down, column_norms const& norms,
                                        neuron_options const& options = {}) {
  index const n = view_of(down).cols();
  if (view_of(gate).rows() != n || view_of(up).rows() != n || norms.size() != n)
    detail::fail<shape_error>("neuron_scores: gate has ", view_of(gate).rows(), " neurons, up has ", view_of(up).rows(),
                              ", down has ", n, ", the norms are of ", norms.size());
  if (norms.tokens() == 0) detail::fail<value_error>("neuron_scores: the column norms are of no tokens");
  for (double const exponent : {options.weight_exponent, options.exponent})
    if (!(exponent - exponent == 0))
      detail::fail<value_error>("neuron_scores: an exponent is ", exponent, ", expected finite ones");
  buffer<double> ones(n), powers(n);
  for (index k = 0; k != n; ++k) {
    ones[k] = 1;
    powers[k] = std::pow(norms[k], options.weight_exponent);
  }
  unit_scores scores(n);
  detail::add_shares(exec, down, axis::inputs, powers, options.shares, scores);
  detail::add_shares(exec, up, axis::outputs, ones, options.shares, scores);
  detail::add_shares(exec, gate, axis::outputs, ones, options.shares, scores);
  for (index k = 0; k != n; ++k) scores[k] *= std::pow(norms[k], options.exponent);
  return scores;
}
template <dense_matrix G, dense_matrix U, dense_matrix D>
[[nodiscard]] unit_scores neuron_scores(G const& gate, U const& up, D const& down, column_norms const& norms,
                                        neuron_options const& options = {}) {
  return neuron_scores(serial{}, gate, up, down, norms, options);
}

}  // namespace lacuna::inline LACUNA_ISA
