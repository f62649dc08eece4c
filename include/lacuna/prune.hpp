// SPDX-License-Identifier: MIT
//
// Prune: which weights stay. Criteria say what matters, patterns say which may survive together.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/prune/activation_threshold.hpp>
#include <lacuna/prune/allocate.hpp>
#include <lacuna/prune/bias_for_removed.hpp>
#include <lacuna/prune/bits.hpp>
#include <lacuna/prune/blocks.hpp>
#include <lacuna/prune/channel_swaps.hpp>
#include <lacuna/prune/column_moments.hpp>
#include <lacuna/prune/column_norms.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/dsnot.hpp>
#include <lacuna/prune/fluctuation.hpp>
#include <lacuna/prune/joint.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/knapsack.hpp>
#include <lacuna/prune/magnitude.hpp>
#include <lacuna/prune/n_of_m.hpp>
#include <lacuna/prune/neuron_scores.hpp>
#include <lacuna/prune/obs_saliency.hpp>
#include <lacuna/prune/permutation.hpp>
#include <lacuna/prune/prepare.hpp>
#include <lacuna/prune/random.hpp>
#include <lacuna/prune/reduction.hpp>
#include <lacuna/prune/ria.hpp>
#include <lacuna/prune/score_view.hpp>
#include <lacuna/prune/shrink.hpp>
#include <lacuna/prune/slot_groups.hpp>
#include <lacuna/prune/slots.hpp>
#include <lacuna/prune/spans.hpp>
#include <lacuna/prune/taylor.hpp>
#include <lacuna/prune/tile_assignment.hpp>
#include <lacuna/prune/transposable.hpp>
#include <lacuna/prune/units.hpp>
#include <lacuna/prune/unstructured.hpp>
#include <lacuna/prune/updated.hpp>
#include <lacuna/prune/v_n_of_m.hpp>
#include <lacuna/prune/wanda.hpp>

#include <type_traits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// The criterion of `select`: a score is its own score.
struct score_itself {
  [[nodiscard]] LACUNA_INLINE constexpr float operator()(float s, index, index) const noexcept { return s; }
};

/// What the pattern keeps of the scores of a rule that was prepared; `verb` is named in errors.
template <executor E, dense_matrix W, criterion C, pruning_pattern P>
[[nodiscard]] mask kept_by(E&& exec, W const& w, C const& rule, P const& pattern, char const* verb) {
  auto const scores = scores_of(w, rule, verb);
  mask keep(scores.rows(), scores.cols());
  mark_kept(exec, scores, pattern, keep);
  return keep;
}

/// Zeroes what the mask drops, along the lines of memory.
template <executor E, class T, order Order>
void zero_dropped(E&& exec, dense_view<T, Order> w, mask const& keep) {
  bool const by_row = Order == order::row_major;
  index const lines = by_row ? w.rows() : w.cols();
  index const length = by_row ? w.cols() : w.rows();
  for_lines(exec, lines, length, 1, [&](index first, index last, index) {
    for (index line = first; line != last; ++line)
      for (index k = 0; k != length; ++k) {
        index const i = by_row ? line : k;
        index const j = by_row ? k : line;
        w(i, j) = keep(i, j) ? w(i, j) : T{};
      }
  });
}

/// The slots of a view with their weights as floats, as criteria are prepared for them.
template <class View>
struct float_slots {
  View const& view;

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return view.rows(); }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return view.cols(); }
  template <class F>
  LACUNA_INLINE void visit_row(index i, F&& f) const {
    view.visit_row(
        i, [&](index j, typename View::value_type value) LACUNA_INLINE_LAMBDA { f(j, static_cast<float>(value)); });
  }
};

/// The slots of a packed matrix, row by row in column order, with their weights in place of scores.
template <class View>
[[nodiscard]] slot_scores weights_of_slots(View const& view) {
  slot_scores s;
  s.rows = view.rows();
  s.cols = view.cols();
  s.offsets = buffer<index>(s.rows + 1);
  float_slots<View> const slots{view};
  for (index i = 0; i != s.rows; ++i) {
    s.offsets[i + 1] = s.offsets[i];
    slots.visit_row(i, [&](index, float) { ++s.offsets[i + 1]; });
  }
  index const stored = s.offsets[s.rows];
  s.row = buffer<index>(stored);
  s.column = buffer<index>(stored);
  s.score = buffer<float>(stored);
  for (index i = 0, slot = 0; i != s.rows; ++i)
    slots.visit_row(i, [&](index j, float w) {
      s.row[slot] = i;
      s.column[slot] = j;
      s.score[slot++] = w;
    });
  if constexpr (!View::ordered_rows) {
    auto const by_column = group_slots(stored, s.cols, [&](index slot) { return s.column[slot]; }).order;
    auto const by_row = group_slots(stored, s.rows, [&](index k) { return s.row[by_column[k]]; }).order;
    auto const unsorted = s;
    for (index k = 0; k != stored; ++k) {
      auto const from = by_column[by_row[k]];
      s.row[k] = unsorted.row[from];
      s.column[k] = unsorted.column[from];
      s.score[k] = unsorted.score[from];
    }
  }
  return s;
}

/// The scores of the slots of a packed matrix. Throws value_error, naming the place, if one is NaN.
template <executor E, class View, criterion C>
[[nodiscard]] slot_scores scores_of_slots(E&& exec, View const& view, C& rule, char const* verb) {
  prepare(rule, float_slots<View>{view});
  auto s = weights_of_slots(view);
  nan_place nans;
  exec.for_ranges(s.size(), index{1} << 15, [&](index first, index last, index) {
    for (index slot = first; slot != last; ++slot) {
      auto const score = static_cast<float>(std::as_const(rule)(s.score[slot], s.row[slot], s.column[slot]));
      if (is_nan(score)) nans.note(slot);
      s.score[slot] = score;
    }
  });
  if (auto const slot = nans.place(); slot >= 0)
    fail<value_error>(verb, ": the score in row ", s.row[slot], ", column ", s.column[slot], " is NaN");
  return s;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// The mask of the weights of w (outputs x inputs, either order, any value type) that stay, by a criterion and a
/// pattern. In a scope of n candidates exactly floor(n * sparsity) are dropped, lowest score first; of equal scores the
/// lower index is dropped first. Throws value_error, naming row and column, if a score is NaN, or if the sparsity is
/// not in [0, 1]; and what the criterion's prepare throws. O(rows * cols) scores. Bitwise equal for every executor.
template <executor E, dense_matrix W, criterion C, pruning_pattern P>
[[nodiscard]] mask prune(E&& exec, W const& w, C rule, P const& pattern) {
  detail::prepare(rule, w);
  return detail::kept_by(exec, w, rule, pattern, "prune");
}
template <dense_matrix W, criterion C, pruning_pattern P>
[[nodiscard]] mask prune(W const& w, C rule, P const& pattern) {
  return prune(serial{}, w, std::move(rule), pattern);
}

/// The mask of the slots of a packed matrix that stay: prunes it further without making it dense. Candidates are the
/// stored slots alone, fill included; in a scope of n of them floor(n * sparsity) are dropped, by the same rule of
/// ties. `pack<F>(a, mask)` then stores what is left. Throws as prune of dense weights does. O(rows + cols + stored),
/// with about 40 bytes of memory for each slot.
template <executor E, sparse_matrix S, criterion C, slot_pattern P>
[[nodiscard]] mask prune(E&& exec, S const& a, C rule, P const& pattern) {
  auto const view = a.view();
  return keep_slots(exec, detail::scores_of_slots(exec, view, rule, "prune"), pattern);
}
template <sparse_matrix S, criterion C, slot_pattern P>
[[nodiscard]] mask prune(S const& a, C rule, P const& pattern) {
  return prune(serial{}, a, std::move(rule), pattern);
}

/// Prunes w in place: what the mask of `prune` drops becomes zero, what it keeps is not touched. Returns the mask. If
/// it throws, w is as it was.
template <executor E, dense_matrix W, criterion C, pruning_pattern P>
mask project(E&& exec, W&& w, C rule, P const& pattern) {
  static_assert(!std::is_const_v<std::remove_reference_t<decltype(view_of(w)(0, 0))>>,
                "lacuna: project writes to its matrix, which is const");
  auto keep = prune(exec, std::as_const(w), std::move(rule), pattern);
  detail::zero_dropped(exec, view_of(w), keep);
  return keep;
}
template <dense_matrix W, criterion C, pruning_pattern P>
mask project(W&& w, C rule, P const& pattern) {
  return project(serial{}, w, std::move(rule), pattern);
}

/// The score of each weight of w under a criterion, row-major; larger means keep. Throws value_error, naming row and
/// column, if one is NaN.
template <executor E, dense_matrix W, criterion C>
[[nodiscard]] dense<float> scores(E&& exec, W const& w, C rule) {
  detail::prepare(rule, w);
  auto const source = detail::scores_of(w, rule, "scores");
  dense<float> out(source.rows(), source.cols());
  detail::fill_whole(exec, source, out.data(), detail::to_score{});
  return out;
}
template <dense_matrix W, criterion C>
[[nodiscard]] dense<float> scores(W const& w, C rule) {
  return scores(serial{}, w, std::move(rule));
}

/// The mask of the scores that a pattern keeps: prune(w, c, p) is select(scores(w, c), p). Scores of another type than
/// float are rounded to it. Throws value_error as prune does.
template <executor E, dense_matrix S, pruning_pattern P>
[[nodiscard]] mask select(E&& exec, S const& scores, P const& pattern) {
  return detail::kept_by(exec, scores, detail::score_itself{}, pattern, "select");
}
template <dense_matrix S, pruning_pattern P>
[[nodiscard]] mask select(S const& scores, P const& pattern) {
  return select(serial{}, scores, pattern);
}

}  // namespace lacuna::inline LACUNA_ISA
