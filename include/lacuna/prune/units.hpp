// SPDX-License-Identifier: MIT
//
// Scores of units: rows, columns or heads, of one matrix or of several that lose them together.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/bits.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/prepare.hpp>
#include <lacuna/prune/reduction.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/score_view.hpp>
#include <lacuna/prune/select_lowest.hpp>
#include <lacuna/prune/sort_key.hpp>
#include <lacuna/prune/unstructured.hpp>

#include <cmath>
#include <utility>

namespace lacuna {

/// Where the units of a matrix are: unit u is `width` neighbouring outputs (rows of W) or inputs (columns) from
/// u * width on, the last one short where the count is no multiple; and what their scores become.
struct unit_shape {
  index width = 1;                    ///< lines of a unit: 1 for neurons, the head's dimension for heads
  axis of = axis::outputs;            ///< rows of W, or columns
  reduction reduce = reduction::sum;  ///< of the scores of a unit
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// How many outputs, or inputs, a matrix has.
[[nodiscard]] LACUNA_INLINE index lines_of(index rows, index cols, axis of) noexcept {
  return of == axis::outputs ? rows : cols;
}

/// Joins the reduction of each unit of `width` rows of the scores to out. A line is reduced along its length, the lines
/// of a unit one after the other, whatever the memory order.
template <class R, executor E, score_source S>
void reduce_lines(E&& exec, S const& scores, index width, double* out, nan_place& nans) {
  constexpr index tile = 512;  // lines whose sums (4 KiB) stay in the first cache
  index const length = scores.cols();
  index const units = ceil_div(scores.rows(), width);
  index const wide = width < scores.rows() ? width : scores.rows() + 1;  // a width of any size is one unit
  index const grain = (index{1} << 15) / (wide * (length + 1)) + 1;
  exec.for_ranges(units, grain, [&](index first, index last, index) {
    index const end = units == last ? scores.rows() : last * width;
    for (index begin = first * width; begin < end; begin += tile) {
      index const lines = end - begin < tile ? end - begin : tile;
      double sums[tile];
      for (index line = 0; line != lines; ++line) sums[line] = R::start;
      key_of<S> bad = 0;
      auto const take = [&](index line, index k) LACUNA_INLINE_LAMBDA {
        auto const score = scores(begin + line, k);
        bad |= static_cast<key_of<S>>(is_nan(score));
        sums[line] = R::with(sums[line], static_cast<double>(score));
      };
      if constexpr (S::memory_order == order::row_major) {
        for (index line = 0; line != lines; ++line)
          for (index k = 0; k != length; ++k) take(line, k);
      } else {
        for (index k = 0; k != length; ++k)
          for (index line = 0; line != lines; ++line) take(line, k);
      }
      if (bad != 0) note_nans(scores, begin, begin + lines, nans);
      for (index line = 0; line != lines; ++line) {
        auto& unit = out[(begin + line) / width];
        unit = R::join(unit, sums[line]);
      }
    }
  });
}

/// Writes the scores of all units. Throws value_error if a score, or that of a unit, is NaN.
template <executor E, score_source S>
void score_units(E&& exec, S const& scores, unit_shape const& shape, double* out, index units, char const* verb) {
  with_reduction(shape.reduce, [&](auto r) {
    using R = decltype(r);
    for (index u = 0; u != units; ++u) out[u] = R::start;
    nan_place nans;
    if (shape.of == axis::outputs)
      reduce_lines<R>(exec, scores, shape.width, out, nans);
    else
      reduce_lines<R>(exec, transposed_scores<S>{scores}, shape.width, out, nans);
    nans.reject_if_any(scores);
    for (index u = 0; u != units; ++u) {
      out[u] = R::end(out[u]);
      if (is_nan(out[u]))
        fail<value_error>(verb, ": the scores of unit ", u, " hold infinities of both signs: their sum is NaN");
    }
  });
}

/// Keeps all but the floor(n * sparsity) lowest of n scores: one row of a mask.
[[nodiscard]] inline mask keep_of_units(double const* scores, index n, double sparsity) {
  buffer<sort_key_t<double>> keys(n);
  for (index u = 0; u != n; ++u) keys[u] = sort_key(scores[u]);
  auto found = select_lowest(keys.data(), n, dropped_of(n, sparsity));
  mask keep(1, n);
  keep_above(keys.data(), n, found.key, found.ties, keep.row(0));
  return keep;
}

/// Sets the weights of the units that row `line` of `kept` keeps, in a mask that is all false.
template <executor E>
void expand_units(E&& exec, mask const& kept, index line, unit_shape const& shape, mask& keep) {
  mask across(1, shape.of == axis::inputs ? keep.cols() : 0);
  if (shape.of == axis::inputs)
    for (index j = 0; j != keep.cols(); ++j)
      if (kept(line, j / shape.width)) across.set(0, j);
  for_lines(exec, keep.rows(), keep.cols() / 64, 16, [&](index first, index last, index) {
    for (index i = first; i != last; ++i)
      if (shape.of == axis::inputs)
        for (index word = 0; word != keep.words_per_row(); ++word) keep.row(i)[word] = across.row(0)[word];
      else if (kept(line, i / shape.width))
        set_range(keep.row(i), 0, keep.cols());
  });
}

inline void require_width(unit_shape const& shape, char const* name) {
  if (shape.width < 1) fail<value_error>(name, ": a unit of ", shape.width, " lines, expected 1 or more");
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna {

/// The scores of units that several matrices share: those of a head are rows of the projections to q, k and v and
/// columns of the one to the output; those of a neuron are rows of gate and up, a column of down. `add` each, select,
/// then expand the units that stay into a mask for each matrix. 8 bytes a unit.
class unit_scores {
 public:
  /// All zero. Throws shape_error if units is negative.
  LACUNA_INLINE explicit unit_scores(index units) {
    if (units < 0) detail::fail<shape_error>("unit_scores: ", units, " units, expected 0 or more");
    scores_ = buffer<double>(units);
  }

  LACUNA_INLINE unit_scores(unit_scores const&) = default;
  LACUNA_INLINE unit_scores(unit_scores&&) noexcept = default;
  LACUNA_INLINE unit_scores& operator=(unit_scores const&) = default;
  LACUNA_INLINE unit_scores& operator=(unit_scores&&) noexcept = default;
  LACUNA_INLINE ~unit_scores() = default;

  /// Adds the reduced scores of the units of w under a criterion. Throws shape_error unless w has as many units, and
  /// value_error, naming the place, for a NaN. The same bits for every executor.
  template <executor E, dense_matrix W, criterion C>
  LACUNA_INLINE void add(E&& exec, W const& w, C rule, unit_shape const& shape) {
    auto const view = view_of(w);
    detail::require_width(shape, "unit_scores");
    index const units = detail::ceil_div(detail::lines_of(view.rows(), view.cols(), shape.of), shape.width);
    if (units != size())
      detail::fail<shape_error>("unit_scores: W is ", view.rows(), "x", view.cols(), " and has ", units,
                                " units, expected ", size());
    detail::prepare(rule, w);
    buffer<double> own(units);
    detail::score_units(exec, detail::scores_of(w, rule, "unit_scores"), shape, own.data(), units, "unit_scores");
    for (index u = 0; u != units; ++u) scores_[u] += own[u];
  }
  template <dense_matrix W, criterion C>
  LACUNA_INLINE void add(W const& w, C rule, unit_shape const& shape) {
    add(serial{}, w, std::move(rule), shape);
  }

  [[nodiscard]] LACUNA_INLINE index size() const noexcept { return scores_.size(); }
  [[nodiscard]] LACUNA_INLINE double& operator[](index u) noexcept { return scores_[u]; }
  [[nodiscard]] LACUNA_INLINE double const& operator[](index u) const noexcept { return scores_[u]; }
  [[nodiscard]] LACUNA_INLINE double const* data() const noexcept { return scores_.data(); }

  /// Subtracts the mean and divides by the standard deviation (of the population), so that layers can be compared, as
  /// FLAP does; scores that are all equal become 0.
  LACUNA_INLINE void standardize() noexcept {
    auto const n = static_cast<double>(size());
    double mean = 0, squares = 0;
    bool equal = true;  // whose mean may differ from them by rounding
    for (auto const s : scores_) equal = equal && s == scores_[0];
    for (auto const s : scores_) mean += s / n;
    for (auto const s : scores_) squares += (s - mean) * (s - mean) / n;
    double const inverse = !equal && squares > 0 ? 1 / std::sqrt(squares) : 0.0;
    for (auto& s : scores_) s = (s - mean) * inverse;
  }

 private:
  buffer<double> scores_;
};

}  // namespace lacuna

namespace lacuna::inline LACUNA_ISA {

/// The units that stay, a mask of one row: floor(n * sparsity) of n are dropped, lowest score first, of equal scores
/// the lower index. Throws value_error if sparsity is not in [0, 1], or if a score is NaN.
[[nodiscard]] inline mask select_units(unit_scores const& scores, double sparsity) {
  detail::require_fraction(sparsity, "select_units");
  for (index u = 0; u != scores.size(); ++u)
    if (detail::is_nan(scores[u])) detail::fail<value_error>("select_units: the score of unit ", u, " is NaN");
  return detail::keep_of_units(scores.data(), scores.size(), sparsity);
}

/// The mask of a rows x cols matrix whose units stay as row `line` of `kept` says. Throws shape_error if the matrix has
/// more units than that row, or if there is no such row.
[[nodiscard]] inline mask expand_units(mask const& kept, index rows, index cols, unit_shape const& shape,
                                       index line = 0) {
  detail::require_width(shape, "expand_units");
  index const units = detail::ceil_div(detail::lines_of(rows, cols, shape.of), shape.width);
  if (units > kept.cols() || line < 0 || line >= kept.rows())
    detail::fail<shape_error>("expand_units: a matrix of ", rows, "x", cols, " has ", units, " units, row ", line,
                              " of a mask of ", kept.rows(), "x", kept.cols(), " was to say which stay");
  mask keep(rows, cols);
  detail::expand_units(serial{}, kept, line, shape, keep);
  return keep;
}

}  // namespace lacuna::inline LACUNA_ISA
