// SPDX-License-Identifier: MIT
//
// Prune: which weights stay. Criteria say what matters, patterns say which may survive together.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/activation_threshold.hpp>
#include <lacuna/prune/blocks.hpp>
#include <lacuna/prune/column_moments.hpp>
#include <lacuna/prune/column_norms.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/fluctuation.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/magnitude.hpp>
#include <lacuna/prune/n_of_m.hpp>
#include <lacuna/prune/obs_saliency.hpp>
#include <lacuna/prune/prepare.hpp>
#include <lacuna/prune/random.hpp>
#include <lacuna/prune/ria.hpp>
#include <lacuna/prune/score_view.hpp>
#include <lacuna/prune/taylor.hpp>
#include <lacuna/prune/unstructured.hpp>
#include <lacuna/prune/v_n_of_m.hpp>
#include <lacuna/prune/wanda.hpp>

#include <type_traits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// The criterion of `select`: a score is its own score.
struct score_itself {
  [[nodiscard]] LACUNA_INLINE constexpr float operator()(float s, index, index) const noexcept { return s; }
};

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
