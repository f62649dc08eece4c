// SPDX-License-Identifier: MIT
//
// Prune and grow: swaps weights of a mask until the expected output is what it was.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/column_moments.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/updated.hpp>

#include <limits>

namespace lacuna {

/// Which swaps dsnot takes. r is what a row's output lacks on average: the sum of w_j mean(x_j) over what is dropped.
enum class dsnot_rule : unsigned char {
  falls,                ///< those after which |r| is smaller
  reference,            ///< those before which |r| exceeds the threshold: the published code as it runs by default
  reference_same_sign,  ///< of these, those after which r has the sign that it had at first
};

/// How long `dsnot` swaps, and what.
struct dsnot_options {
  index cycles = 50;       ///< swaps of a row at most
  double threshold = 0.1;  ///< a row is done once |r| is no larger; of the mean over tokens, as W X^T is scaled
  dsnot_rule rule = dsnot_rule::falls;
  index group = 0;  ///< neighbours along a row in which a swap stays, M of n_of_m<Keep, M>; 0: the whole row
};

/// What dsnot has made of a mask: the weights are the old ones behind it, the loss is the sum of r^2 over the rows.
template <scalar T>
struct dsnot_result : updated<T> {
  double loss_before = 0;  ///< the same of the mask that was given
  index swaps = 0;
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// One row at work.
template <class Row>
struct dsnot_row {
  Row const& weight;  // column -> double
  mask& keep;
  index row;
  column_moments const& moments;
  index group;

  [[nodiscard]] double part(index j) const { return weight(j) * moments.mean(j); }
  [[nodiscard]] double lacking() const {
    double r = 0;
    for (index j = 0; j != keep.cols(); ++j)
      if (!keep(row, j)) r += part(j);
    return r;
  }
  /// The dropped weight whose return moves r towards 0 most, for the variance that it brings; -1 if none does.
  [[nodiscard]] index to_grow(double sign) const {
    index best = -1;
    double highest = 0;
    for (index j = 0; j != keep.cols(); ++j) {
      if (keep(row, j)) continue;
      double const towards = sign * part(j);
      if (!(towards > 0)) continue;
      double const variance = moments.variance(j);
      double const rank = variance > 0 ? towards / variance : std::numeric_limits<double>::infinity();
      if (best < 0 || rank > highest) {
        best = j;
        highest = rank;
      }
    }
    return best;
  }
  /// The kept weight of the lowest score by Wanda whose loss moves r towards 0 as well; -1 if there is none.
  [[nodiscard]] index to_drop(double sign, index grown) const {
    index const first = group > 0 ? grown / group * group : 0;
    index const last = group > 0 && keep.cols() - first > group ? first + group : keep.cols();
    index best = -1;
    double lowest = 0;
    for (index j = first; j != last; ++j) {
      if (!keep(row, j) || !(sign * part(j) < 0)) continue;
      double const w = weight(j);
      double const score = (w < 0 ? -w : w) * moments.norm(j);
      if (best < 0 || score < lowest) {
        best = j;
        lowest = score;
      }
    }
    return best;
  }
};

/// Swaps in one row until the first that is not taken; returns their number, and r at the end.
template <class Row>
[[nodiscard]] index swap_in_row(dsnot_row<Row> const& at, dsnot_options const& options, double& r) {
  bool const positive = r > 0;
  auto const size = [](double x) { return x < 0 ? -x : x; };
  index swaps = 0;
  while (swaps != options.cycles && size(r) > options.threshold) {
    double const sign = r > 0 ? 1.0 : -1.0;
    index const grown = at.to_grow(sign);
    index const dropped = grown < 0 ? -1 : at.to_drop(sign, grown);
    if (dropped < 0) break;
    double const after = r - at.part(grown) + at.part(dropped);
    if (options.rule == dsnot_rule::falls && !(size(after) < size(r))) break;
    if (options.rule == dsnot_rule::reference_same_sign && (after > 0) != positive) break;
    at.keep.set(at.row, grown);
    at.keep.set(at.row, dropped, false);
    r = after;
    ++swaps;
  }
  return swaps;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Improves a mask of W (outputs x inputs) without training and without touching a weight that it keeps. What a row's
/// output lacks on average is r, the sum of w_j mean(x_j) over its dropped weights. In each cycle the dropped weight
/// returns that moves r towards 0 most, divided by the variance of its input, and of the kept ones whose loss moves r
/// on towards 0 that of the lowest score by Wanda goes; counts stay the same. A row ends at the first swap that is not
/// taken. Throws shape_error unless mask and moments fit W, value_error if the moments are of no tokens, or an option
/// is out of range. O(rows * cols * cycles). The same for every executor. Source: Y. Zhang et al., "Dynamic Sparse No
/// Training: Training-Free Fine-tuning for Sparse LLMs", ICLR 2024; by default a swap is taken only if |r| falls, which
/// the published code does not ask for.
template <executor E, dense_matrix W>
[[nodiscard]] dsnot_result<element_t<W const>> dsnot(E&& exec, W const& w, mask const& keep,
                                                     column_moments const& moments, dsnot_options const& options = {}) {
  using T = element_t<W const>;
  auto const given = view_of(w);
  dense_view<T const, decltype(given)::memory_order> const view(given);
  if (keep.rows() != view.rows() || keep.cols() != view.cols() || moments.size() != view.cols())
    detail::fail<shape_error>("dsnot: W is ", view.rows(), "x", view.cols(), ", the mask is ", keep.rows(), "x",
                              keep.cols(), ", the moments are of ", moments.size(), " columns");
  if (moments.tokens() == 0) detail::fail<value_error>("dsnot: the column moments are of no tokens");
  if (options.group < 0 || options.cycles < 0)
    detail::fail<value_error>("dsnot: ", options.cycles, " cycles in groups of ", options.group,
                              ", expected none below 0");
  if (!(options.threshold == options.threshold))
    detail::fail<value_error>("dsnot: the threshold is ", options.threshold, ", expected a number");
  dsnot_result<T> result;
  result.keep = keep;
  buffer<double> before(view.rows()), after(view.rows());
  buffer<index> swaps(view.rows());
  detail::for_lines(exec, view.rows(), view.cols(), 1, [&](index first, index last, index) {
    for (index i = first; i != last; ++i) {
      auto const weight = [&](index j) { return static_cast<double>(view(i, j)); };
      detail::dsnot_row<decltype(weight)> const row{weight, result.keep, i, moments, options.group};
      before[i] = after[i] = row.lacking();
      swaps[i] = detail::swap_in_row(row, options, after[i]);
      if (swaps[i] != 0) after[i] = row.lacking();  // without the rounding of the steps
    }
  });
  for (index i = 0; i != view.rows(); ++i) {
    result.loss_before += before[i] * before[i];
    result.loss += after[i] * after[i];
    result.swaps += swaps[i];
  }
  result.weights = detail::replace_dropped(exec, view, result.keep, [](index, index) { return T{}; });
  return result;
}
template <dense_matrix W>
[[nodiscard]] dsnot_result<element_t<W const>> dsnot(W const& w, mask const& keep, column_moments const& moments,
                                                     dsnot_options const& options = {}) {
  return dsnot(serial{}, w, keep, moments, options);
}

}  // namespace lacuna::inline LACUNA_ISA
