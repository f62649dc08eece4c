// SPDX-License-Identifier: MIT
//
// SparseGPT: prunes a layer and lets the weights that stay make up for those that go.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/bits.hpp>
#include <lacuna/prune/blocks.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/n_of_m.hpp>
#include <lacuna/prune/transposable.hpp>
#include <lacuna/prune/v_n_of_m.hpp>
#include <lacuna/reconstruct/cholesky.hpp>
#include <lacuna/reconstruct/finite.hpp>
#include <lacuna/reconstruct/hessian.hpp>
#include <lacuna/reconstruct/obs_sweep.hpp>
#include <lacuna/reconstruct/reconstructed.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace lacuna {

/// What `sparsegpt` does at once, and the damping of its Hessian.
struct sparsegpt_options {
  /// Inputs whose updates reach the inputs behind them in one product, and, for a pattern that has no groups of inputs,
  /// the inputs among which it chooses; rounded up to whole groups. The result of patterns in groups of inputs depends
  /// on it by rounding only.
  index block = 128;
  double damping = 0.01;          ///< see damping_options
  bool adaptive_damping = false;  ///< see damping_options
};

/// Inputs that a pattern chooses together, if fewer than all: the sweep asks it for a mask at each multiple of so many.
/// Specialise it for a pattern of your own that looks at groups of neighbours.
template <class P>
inline constexpr int pattern_inputs = 0;
template <int Keep, int M>
inline constexpr int pattern_inputs<n_of_m<Keep, M>> = M;
template <int V, int Keep, int M>
inline constexpr int pattern_inputs<v_n_of_m<V, Keep, M>> = M;
template <int Keep, int M>
inline constexpr int pattern_inputs<transposable<Keep, M>> = M;

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// A multiple of which blocks of inputs have to be, so that none cuts a group.
template <class P>
inline constexpr index whole_inputs = pattern_inputs<P> == 0 ? 1 : pattern_inputs<P>;
template <int R, int C>
inline constexpr index whole_inputs<blocks<R, C>> = C;

/// W in the type that is computed with, row-major, zero for dead inputs.
template <std::floating_point S, executor E, scalar T, order Order>
[[nodiscard]] buffer<S> working_copy(E&& exec, dense_view<T const, Order> w, buffer<bool> const& dead) {
  buffer<S> copy(checked_multiply(w.rows(), w.cols(), "weights"));
  for_lines(exec, w.rows(), w.cols(), 16, [&](index first, index last, index) {
    for (index i = first; i != last; ++i)
      for (index j = 0; j != w.cols(); ++j) copy[i * w.cols() + j] = dead[j] ? S{0} : convert<S>(w(i, j));
  });
  return copy;
}

/// What a pattern chooses, as obs_sweep asks for it.
template <class E, pruning_pattern P>
struct pattern_choice {
  E& exec;
  P const& pattern;

  template <score_source Scores>
  [[nodiscard]] mask operator()(Scores const& scores, index) const {
    mask chosen(scores.rows(), scores.cols());
    mark_kept(exec, scores, pattern, chosen);
    return chosen;
  }
  [[nodiscard]] bool by_rows() const
    requires row_pattern<P>
  {
    return rows_choose(pattern);
  }
  template <class Keys>
  void row(index, index, index count, Keys const& keys, std::uint64_t* bits) const
    requires row_pattern<P>
  {
    keep_row(pattern, keys(), count, bits);
  }
};

/// What a mask has chosen before.
struct mask_choice {
  mask const& keep;

  template <score_source Scores>
  [[nodiscard]] mask operator()(Scores const& scores, index first) const {
    mask chosen(scores.rows(), scores.cols());
    for (index i = 0; i != chosen.rows(); ++i) copy(i, first, chosen.cols(), chosen.row(i));
    return chosen;
  }
  [[nodiscard]] static bool by_rows() { return true; }
  template <class Keys>
  void row(index i, index first, index count, Keys const&, std::uint64_t* bits) const {
    copy(i, first, count, bits);
  }

 private:
  void copy(index i, index first, index count, std::uint64_t* bits) const {
    for (index j = 0; j < count; j += 64) {
      index const width = count - j < 64 ? count - j : 64;
      auto const valid = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
      bits[j / 64] = get_bits(keep.row(i), first + j, width) & valid;
    }
  }
};

/// SparseGPT with any choice of what stays.
template <executor E, dense_matrix W, hessian_source H, class Choice>
[[nodiscard]] auto sparsegpt_by(E&& exec, W const& weights, H const& source, index group, index whole,
                                sparsegpt_options const& options, Choice const& choose) {
  using T = element_t<W const>;
  using S = accumulator_t<T>;
  static_assert(std::floating_point<S>, "lacuna: sparsegpt takes floating weights");
  damping_options const damp{options.damping, options.adaptive_damping};
  require_damping(damp, "sparsegpt");
  if (options.block < 1) fail<value_error>("sparsegpt: blocks of ", options.block, " inputs, expected 1 or more");
  auto const given = view_of(weights);
  dense_view<T const, decltype(given)::memory_order> const w(given);
  require_finite<S>(exec, w, "sparsegpt", weight_words);
  auto const h = hessian_of(exec, source, w.rows(), w.cols(), "sparsegpt");
  auto const factor = factor_reversed(h, damp);
  if (!factor.report.ok()) return unchanged(w, factor.report);
  auto const u = inverse_factor<S>(exec, factor.lower);
  auto copy = working_copy<S>(exec, w, dead_inputs(h));
  index const most = checked_multiply(ceil_div(options.block, whole), whole, "sparsegpt");
  reconstructed<T> result{dense<T>(w.rows(), w.cols()), mask(w.rows(), w.cols()), 0.0, factor.report};
  result.loss =
      obs_sweep(exec, copy.data(), w.rows(), w.cols(), u.data(), group == 0 ? most : group, most, result.keep, choose);
  for (index k = 0; k != copy.size(); ++k) result.weights.data()[k] = convert<T>(copy[k]);
  return result;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Prunes W (outputs x inputs, either order, floating) by a pattern and updates what stays, so that W X^T changes
/// little. Inputs are visited from left to right; dropping w of input j costs w^2 / (2 u_jj^2), U^T U = H^-1, and moves
/// the weights behind it by -w / u_jj * U(j, :). H is a `gram` or a symmetric matrix. The pattern chooses by w^2 /
/// u_jj^2, from weights that have already moved: in each group of n_of_m when the sweep gets there, else in each block
/// of inputs, as if that were the matrix (so scope `whole` means all outputs and the inputs of a block). Weights of
/// dead inputs (H_jj = 0) become zero. The loss is the sum of those costs, which is 1/2 tr(D H D^T) of the change D but
/// for rounding, with H as damped. Computes in float for float and narrower weights, but the factor of H in double. If
/// H is not positive definite even when damped, W comes back as it was, with everything kept, and the report says so.
/// Throws value_error for an Inf or NaN in W or H (with its place), no tokens, or options out of range; shape_error if
/// H is of another width. O(outputs * inputs^2 + inputs^3); memory: 8 * inputs^2 bytes three times and W twice. Bitwise
/// equal for every executor. Source: E. Frantar, D. Alistarh, "SparseGPT: Massive Language Models Can Be Accurately
/// Pruned in One-Shot", ICML 2023, arXiv:2301.00774.
template <executor E, dense_matrix W, hessian_source H, pruning_pattern P>
[[nodiscard]] auto sparsegpt(E&& exec, W const& w, H const& h, P const& pattern,
                             sparsegpt_options const& options = {}) {
  detail::pattern_choice<std::remove_reference_t<E>, P> const choose{exec, pattern};
  return detail::sparsegpt_by(exec, w, h, pattern_inputs<P>, detail::whole_inputs<P>, options, choose);
}
template <dense_matrix W, hessian_source H, pruning_pattern P>
[[nodiscard]] auto sparsegpt(W const& w, H const& h, P const& pattern, sparsegpt_options const& options = {}) {
  return lacuna::sparsegpt(serial{}, w, h, pattern, options);
}

/// The update alone, for a mask that is given: the OBS update of what another criterion has chosen. Throws shape_error
/// if W and the mask differ. `refit` gives less loss, and takes longer.
template <executor E, dense_matrix W, hessian_source H>
[[nodiscard]] auto sparsegpt(E&& exec, W const& w, H const& h, mask const& keep,
                             sparsegpt_options const& options = {}) {
  auto const view = view_of(w);
  if (view.rows() != keep.rows() || view.cols() != keep.cols())
    detail::fail<shape_error>("sparsegpt: W is ", view.rows(), "x", view.cols(), ", the mask is ", keep.rows(), "x",
                              keep.cols());
  return detail::sparsegpt_by(exec, w, h, 0, 1, options, detail::mask_choice{keep});
}
template <dense_matrix W, hessian_source H>
[[nodiscard]] auto sparsegpt(W const& w, H const& h, mask const& keep, sparsegpt_options const& options = {}) {
  return lacuna::sparsegpt(serial{}, w, h, keep, options);
}

}  // namespace lacuna::inline LACUNA_ISA
