// SPDX-License-Identifier: MIT
//
// The structured patterns: whole rows, whole columns, whole heads.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/reduction.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/units.hpp>

namespace lacuna {

/// Cuts the outputs (rows of W) or inputs (columns) into spans of `width`, the last one short, and drops floor(n *
/// sparsity) of the n spans, the lowest sum of scores first, or what else `reduce` makes of them, of equal ones the
/// lower. A head is a span of its dimension. Sums are taken in double, each line along its length, then line by line.
/// Throws value_error if sparsity is not in [0, 1], if width is not positive, if a score is NaN, or if a sum is
/// (infinities of both signs). Memory beside the mask: 16 bytes a span. For matrices that lose units together see
/// unit_scores.
struct spans {
  double sparsity = 0.5;              ///< fraction of spans to drop
  index width = 1;                    ///< lines of a span
  axis of = axis::outputs;            ///< spans of rows, or of columns
  reduction reduce = reduction::sum;  ///< what the scores of a span become
};

/// Whole rows of W, one output each: spans of width 1.
struct rows {
  double sparsity = 0.5;
  reduction reduce = reduction::sum;
};

/// Whole columns of W, one input each.
struct columns {
  double sparsity = 0.5;
  reduction reduce = reduction::sum;
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

template <executor E, score_source S>
void mark_kept(E&& exec, S const& scores, spans const& pattern, mask& keep) {
  detail::require_fraction(pattern.sparsity, "spans");
  unit_shape const shape{.width = pattern.width, .of = pattern.of, .reduce = pattern.reduce};
  detail::require_width(shape, "spans");
  index const n = detail::ceil_div(detail::lines_of(scores.rows(), scores.cols(), shape.of), shape.width);
  buffer<double> sums(n);
  detail::score_units(exec, scores, shape, sums.data(), n, "spans");
  detail::expand_units(exec, detail::keep_of_units(sums.data(), n, pattern.sparsity), 0, shape, keep);
}

template <executor E, score_source S>
void mark_kept(E&& exec, S const& scores, lacuna::rows const& pattern, mask& keep) {
  detail::require_fraction(pattern.sparsity, "rows");
  mark_kept(exec, scores, spans{.sparsity = pattern.sparsity, .reduce = pattern.reduce}, keep);
}

template <executor E, score_source S>
void mark_kept(E&& exec, S const& scores, lacuna::columns const& pattern, mask& keep) {
  detail::require_fraction(pattern.sparsity, "columns");
  mark_kept(exec, scores, spans{.sparsity = pattern.sparsity, .of = axis::inputs, .reduce = pattern.reduce}, keep);
}

}  // namespace lacuna::inline LACUNA_ISA
