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
#include <lacuna/core/vector.hpp>
#include <lacuna/prune/column_moments.hpp>
#include <lacuna/prune/key_lines.hpp>

namespace lacuna::inline LACUNA_ISA {

/// For each output i the sum over the dropped weights of w_ij mean(x_j), to be added to the layer's bias: then the
/// layer's mean output is what it was, and what is left of the error is what the inputs fluctuate. Sums are taken in
/// double along a row and rounded to float once. Throws shape_error unless mask and moments fit W, value_error if the
/// moments are of no tokens. O(rows * cols). The same bits for every executor. Source: Y. An et al. (FLAP), AAAI 2024,
/// where whole inputs go; here any mask will do.
template <executor E, dense_matrix W>
[[nodiscard]] buffer<float> bias_for_removed(E&& exec, W const& w, mask const& keep, column_moments const& moments) {
  auto const view = view_of(w);
  if (keep.rows() != view.rows() || keep.cols() != view.cols() || moments.size() != view.cols())
    detail::fail<shape_error>("bias_for_removed: W is ", view.rows(), "x", view.cols(), ", the mask is ", keep.rows(),
                              "x", keep.cols(), ", the moments are of ", moments.size(), " columns");
  if (moments.tokens() == 0) detail::fail<value_error>("bias_for_removed: the column moments are of no tokens");
  buffer<float> bias(view.rows());
  detail::for_lines(exec, view.rows(), view.cols(), 16, [&](index first, index last, index) {
    for (index i = first; i != last; ++i) {
      double sum = 0;
      for (index j = 0; j != view.cols(); ++j)
        if (!keep(i, j)) sum += static_cast<double>(view(i, j)) * moments.mean(j);
      bias[i] = static_cast<float>(sum);
    }
  });
  return bias;
}
template <dense_matrix W>
[[nodiscard]] buffer<float> bias_for_removed(W const& w, mask const& keep, column_moments const& moments) {
  return bias_for_removed(serial{}, w, keep, moments);
}

}  // namespace lacuna::inline LACUNA_ISA
