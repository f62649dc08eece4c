// SPDX-License-Identifier: MIT
//
// Steps of training towards a mask: dropped weights shrink, or are pulled down by the gradient.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/updated.hpp>

#include <cmath>
#include <concepts>

namespace lacuna {

/// What sr_ste_gradient gives: the weights are the old ones behind the mask, with which the forward pass runs; the loss
/// is lambda / 2 times the sum of the squares of those that are dropped, the term that the gradient is of.
template <scalar T, scalar G>
struct sr_ste_result : updated<T> {
  dense<G> gradient;  ///< for the weights without the mask
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// W with what the mask drops multiplied by `factor`, rounded once; what it keeps is as it was. With 0 it is the step
/// of iterative hard thresholding (T. Blumensath, M. Davies, 2009), with a ratio below 1, mask and step taken anew each
/// time, ISS-P (S. Xing et al., "Improved Soft Shrinkage with Percentage", 2023), with factors from linear_decay or
/// exponential_decay a mask that decays. The loss is half the square of what the weights move, 1/2 |W' - W|^2, which
/// no mask of as many has less of than that of `magnitude`. Throws shape_error if the shapes differ, value_error if the
/// factor is NaN. O(rows * cols). The same bits for every executor.
template <executor E, dense_matrix W>
[[nodiscard]] updated<element_t<W const>> shrink(E&& exec, W const& w, mask const& keep, double factor) {
  using T = element_t<W const>;
  static_assert(std::floating_point<accumulator_t<T>>, "lacuna: shrink takes floating-point weights");
  auto const given = view_of(w);
  constexpr auto order_of = decltype(given)::memory_order;
  dense_view<T const, order_of> const view(given);
  if (keep.rows() != view.rows() || keep.cols() != view.cols())
    detail::fail<shape_error>("shrink: W is ", view.rows(), "x", view.cols(), ", the mask is ", keep.rows(), "x",
                              keep.cols());
  if (factor != factor) detail::fail<value_error>("shrink: the factor is NaN");
  auto const smaller = [&](index i, index j) LACUNA_INLINE_LAMBDA {
    return factor == 0 ? T{} : T(static_cast<double>(view(i, j)) * factor);
  };
  updated<T> result{detail::replace_dropped(exec, view, keep, smaller), keep, 0.0, {}};
  result.loss = 0.5 * detail::sum_over_dropped<order_of>(exec, keep, [&](index i, index j) LACUNA_INLINE_LAMBDA {
                  auto const moved = static_cast<double>(smaller(i, j)) - static_cast<double>(view(i, j));
                  return moved * moved;
                });
  return result;
}
template <dense_matrix W>
[[nodiscard]] updated<element_t<W const>> shrink(W const& w, mask const& keep, double factor) {
  return shrink(serial{}, w, keep, factor);
}

/// The factor of step t that takes a weight from where it is at step 0 to 0 at step `steps` in a straight line, each
/// step shrinking what the one before has left: (steps - t - 1) / (steps - t); 0 from then on. HESSO's schedule.
[[nodiscard]] inline double linear_decay(index step, index steps) {
  if (step < 0) detail::fail<value_error>("linear_decay: the step is ", step, ", expected 0 or more");
  return step + 1 >= steps ? 0.0 : static_cast<double>(steps - step - 1) / static_cast<double>(steps - step);
}

/// The factor of each step after which a weight is `rest` of what it was at step 0 once `steps` have been taken.
[[nodiscard]] inline double exponential_decay(index steps, double rest = 1e-3) {
  if (steps < 1 || !(rest > 0 && rest <= 1))
    detail::fail<value_error>("exponential_decay: ", steps, " steps to ", rest,
                              " of the weight, expected 1 step or more, to a fraction above 0");
  return std::pow(rest, 1 / static_cast<double>(steps));
}

/// The gradient with lambda * w added for each weight that the mask drops: with the masked weights in the forward pass
/// and the gradient passed straight through, the training step of SR-STE. Throws shape_error if the shapes differ.
/// O(rows * cols). The same bits for every executor. Source: A. Zhou et al., "Learning N:M Fine-grained Structured
/// Sparse Neural Networks From Scratch", ICLR 2021.
template <executor E, dense_matrix G, dense_matrix W>
[[nodiscard]] sr_ste_result<element_t<W const>, element_t<G const>> sr_ste_gradient(E&& exec, G const& gradient,
                                                                                    W const& w, mask const& keep,
                                                                                    double lambda = 2e-4) {
  using T = element_t<W const>;
  using U = element_t<G const>;
  static_assert(std::floating_point<accumulator_t<U>>, "lacuna: sr_ste_gradient takes a floating-point gradient");
  auto const given = view_of(w);
  auto const other = view_of(gradient);
  constexpr auto order_of = decltype(given)::memory_order;
  dense_view<T const, order_of> const view(given);
  dense_view<U const, decltype(other)::memory_order> const g(other);
  if (g.rows() != view.rows() || g.cols() != view.cols() || keep.rows() != view.rows() || keep.cols() != view.cols())
    detail::fail<shape_error>("sr_ste_gradient: W is ", view.rows(), "x", view.cols(), ", the gradient is ", g.rows(),
                              "x", g.cols(), ", the mask is ", keep.rows(), "x", keep.cols());
  sr_ste_result<T, U> result{
      {detail::replace_dropped(exec, view, keep, [](index, index) { return T{}; }), keep, 0.0, {}},
      detail::replace_dropped(exec, g, keep, [&](index i, index j) LACUNA_INLINE_LAMBDA {
        return U(static_cast<double>(g(i, j)) + lambda * static_cast<double>(view(i, j)));
      })};
  result.loss =
      0.5 * lambda * detail::sum_over_dropped<order_of>(exec, keep, [&](index i, index j) LACUNA_INLINE_LAMBDA {
        auto const weight = static_cast<double>(view(i, j));
        return weight * weight;
      });
  return result;
}
template <dense_matrix G, dense_matrix W>
[[nodiscard]] sr_ste_result<element_t<W const>, element_t<G const>> sr_ste_gradient(G const& gradient, W const& w,
                                                                                    mask const& keep,
                                                                                    double lambda = 2e-4) {
  return sr_ste_gradient(serial{}, gradient, w, keep, lambda);
}

}  // namespace lacuna::inline LACUNA_ISA
