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
#include <lacuna/prune/key_lines.hpp>

#include <cmath>
#include <concepts>
#include <type_traits>

namespace lacuna::detail::inline LACUNA_ISA {

/// Calls f(i, j) for each place that the mask drops, along the lines of memory.
template <executor E, class T, order Order, class F>
void for_dropped(E&& exec, dense_view<T, Order> w, mask const& keep, F const& f) {
  bool const by_row = Order == order::row_major;
  index const lines = by_row ? w.rows() : w.cols();
  index const length = by_row ? w.cols() : w.rows();
  for_lines(exec, lines, length, 1, [&](index first, index last, index) {
    for (index line = first; line != last; ++line)
      for (index k = 0; k != length; ++k) {
        index const i = by_row ? line : k;
        index const j = by_row ? k : line;
        if (!keep(i, j)) f(i, j);
      }
  });
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Multiplies what the mask drops by `factor`, rounded once; what it keeps is not touched. With 0 it is the step of
/// iterative hard thresholding (T. Blumensath, M. Davies, 2009), with a ratio below 1, mask and step taken anew each
/// time, ISS-P (S. Xing et al., "Improved Soft Shrinkage with Percentage", 2023), with factors from linear_decay or
/// exponential_decay a mask that decays. Throws shape_error if the shapes differ, value_error if the factor is NaN.
template <executor E, dense_matrix W>
void shrink(E&& exec, W&& w, mask const& keep, double factor) {
  auto const view = view_of(w);
  using T = typename decltype(view)::value_type;
  static_assert(!std::integral<T>, "lacuna: shrink takes floating-point weights");
  if (keep.rows() != view.rows() || keep.cols() != view.cols())
    detail::fail<shape_error>("shrink: W is ", view.rows(), "x", view.cols(), ", the mask is ", keep.rows(), "x",
                              keep.cols());
  if (factor != factor) detail::fail<value_error>("shrink: the factor is NaN");
  detail::for_dropped(exec, view, keep, [&](index i, index j) LACUNA_INLINE_LAMBDA {
    view(i, j) = factor == 0 ? T{} : T(static_cast<double>(view(i, j)) * factor);
  });
}
template <dense_matrix W>
void shrink(W&& w, mask const& keep, double factor) {
  shrink(serial{}, w, keep, factor);
}

/// The factor of step t that takes a weight from where it is at step 0 to 0 at step `steps` in a straight line, each
/// step shrinking what the one before has left: (steps - t - 1) / (steps - t); 0 from then on. HESSO's schedule.
[[nodiscard]] inline double linear_decay(index step, index steps) {
  if (step < 0) detail::fail<value_error>("linear_decay: step ", step);
  return step + 1 >= steps ? 0.0 : static_cast<double>(steps - step - 1) / static_cast<double>(steps - step);
}

/// The factor of each step after which a weight is `rest` of what it was at step 0 once `steps` have been taken.
[[nodiscard]] inline double exponential_decay(index steps, double rest = 1e-3) {
  if (steps < 1 || !(rest > 0 && rest <= 1))
    detail::fail<value_error>("exponential_decay: ", steps, " steps to ", rest, " of the weight");
  return std::pow(rest, 1 / static_cast<double>(steps));
}

/// Adds lambda * w to the gradient of each weight that the mask drops: with the masked weights in the forward pass and
/// the gradient passed straight through, the training step of SR-STE. Throws shape_error if the shapes differ. Source:
/// A. Zhou et al., "Learning N:M Fine-grained Structured Sparse Neural Networks From Scratch", ICLR 2021.
template <executor E, dense_matrix G, dense_matrix W>
void sr_ste_gradient(E&& exec, G&& gradient, W const& w, mask const& keep, double lambda = 2e-4) {
  auto const g = view_of(gradient);
  auto const view = view_of(w);
  using T = typename decltype(g)::value_type;
  static_assert(!std::integral<T>, "lacuna: sr_ste_gradient takes a floating-point gradient");
  if (g.rows() != view.rows() || g.cols() != view.cols() || keep.rows() != view.rows() || keep.cols() != view.cols())
    detail::fail<shape_error>("sr_ste_gradient: W is ", view.rows(), "x", view.cols(), ", the gradient is ", g.rows(),
                              "x", g.cols(), ", the mask is ", keep.rows(), "x", keep.cols());
  detail::for_dropped(exec, g, keep, [&](index i, index j) LACUNA_INLINE_LAMBDA {
    g(i, j) = T(static_cast<double>(g(i, j)) + lambda * static_cast<double>(view(i, j)));
  });
}
template <dense_matrix G, dense_matrix W>
void sr_ste_gradient(G&& gradient, W const& w, mask const& keep, double lambda = 2e-4) {
  sr_ste_gradient(serial{}, gradient, w, keep, lambda);
}

}  // namespace lacuna::inline LACUNA_ISA
