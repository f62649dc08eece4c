// SPDX-License-Identifier: MIT
//
// What an update of weights returns: weights, mask, loss and status.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/key_lines.hpp>

#include <concepts>

namespace lacuna {

/// How the Cholesky factorisation, which every update of reconstruct/ begins with, has ended.
enum class factor_status : unsigned char { ok, not_positive_definite };

/// How a matrix H was factored. Updates that factor none are always ok.
struct factor_report {
  factor_status status = factor_status::ok;
  /// Where it is not positive definite: an input whose column of H depends on those behind it (`refit`: on those
  /// before it that are kept) to rounding, so that it has no pivot; else -1.
  index pivot = -1;
  /// The output whose inputs that are kept were being solved for; -1 where the factorisation is of all inputs.
  index row = -1;
  /// What was added to the diagonal of H, as a fraction of its mean: what was asked for, or, with adaptive damping,
  /// what it took.
  double damping = 0.0;

  [[nodiscard]] LACUNA_INLINE constexpr bool ok() const noexcept { return status == factor_status::ok; }
};

/// New weights for old ones, behind a mask. What else an update gives (a bias, a gradient) stands beside these members,
/// in a type of its own.
template <scalar T>
struct updated {
  dense<T> weights;      ///< outputs x inputs; W itself unless the status is ok
  mask keep;             ///< what stays; everything unless the status is ok
  double loss = 0.0;     ///< what the update lowers, or costs: each says what that is
  factor_report report;  ///< whether it worked

  [[nodiscard]] LACUNA_INLINE constexpr bool ok() const noexcept { return report.ok(); }
};

/// Weights, mask, loss and status: what every update returns.
template <class R>
concept update_result = requires(R const& r) {
  { view_of(r.weights) };
  { r.keep } -> std::same_as<mask const&>;
  { r.loss } -> std::same_as<double const&>;
  { r.report } -> std::same_as<factor_report const&>;
  { r.ok() } -> std::same_as<bool>;
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Calls f(i, j) for every place of a matrix, so that those of a row come in order, with the workers of exec. A row
/// belongs to one of them. Across the memory order 16 rows go together, which are a cache line of floats.
template <order Order, executor E, class F>
void for_places(E&& exec, index rows, index cols, F const& f) {
  constexpr index height = Order == order::row_major ? 1 : 16;
  for_lines(exec, rows, cols, 16, [&](index first, index last, index) {
    for (index begin = first; begin < last; begin += height)
      for (index j = 0; j != cols; ++j)
        for (index i = begin; i != (last - begin < height ? last : begin + height); ++i) f(i, j);
  });
}

/// A copy of W in which dropped(i, j) stands for what the mask drops.
template <executor E, scalar T, order Order, class F>
[[nodiscard]] dense<T> replace_dropped(E&& exec, dense_view<T const, Order> w, mask const& keep, F const& dropped) {
  dense<T> out(w.rows(), w.cols());
  for_places<Order>(exec, w.rows(), w.cols(),
                    [&](index i, index j) LACUNA_INLINE_LAMBDA { out(i, j) = keep(i, j) ? w(i, j) : dropped(i, j); });
  return out;
}

/// The sum over what the mask drops of term(i, j): along each row, and then over the rows, so that no bit depends on
/// the executor or on the order, which says how it is cheap to go.
template <order Order, executor E, class F>
[[nodiscard]] double sum_over_dropped(E&& exec, mask const& keep, F const& term) {
  buffer<double> sums(keep.rows());
  for_places<Order>(exec, keep.rows(), keep.cols(), [&](index i, index j) LACUNA_INLINE_LAMBDA {
    if (!keep(i, j)) sums[i] += term(i, j);
  });
  double sum = 0.0;
  for (double const of_row : sums) sum += of_row;
  return sum;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
