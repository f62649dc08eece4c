// SPDX-License-Identifier: MIT
//
// Below which magnitude the activations of a layer are left out.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/select_lowest.hpp>
#include <lacuna/prune/sort_key.hpp>

#include <concepts>

namespace lacuna::detail::inline LACUNA_ISA {

/// A score_source: the magnitude of each activation.
template <scalar T, order Order>
struct activation_magnitudes {
  static_assert(!std::integral<T>, "lacuna: activation_threshold takes floating-point activations");
  static constexpr order memory_order = Order;
  using score_type = accumulator_t<T>;

  dense_view<T const, Order> x;

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return x.rows(); }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return x.cols(); }
  [[nodiscard]] LACUNA_INLINE score_type operator()(index i, index j) const noexcept {
    auto const value = static_cast<score_type>(x(i, j));
    return value < 0 ? -value : value;
  }
  [[noreturn]] void reject(index i, index j) const {
    fail<value_error>("activation_threshold: the activation of token ", i, ", input ", j, " is NaN");
  }
};

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// The threshold that leaves out floor(n * sparsity) of the n elements of X, calibration activations of one layer
/// (tokens x inputs, either order, any floating-point type): the largest magnitude among those lowest ones, which
/// select_active takes for the layer's inputs. Elements equal to it are left out as well, so it may be more of them; 0,
/// which leaves out zeros only, where floor(n * sparsity) is 0. Throws value_error, naming token and input, if one is
/// NaN, or if sparsity is not in [0, 1]. O(n), with a float of memory for each element (of double a double). The same
/// for every executor. Source: J. Liu et al., "Training-Free Activation Sparsity in Large Language Models" (TEAL),
/// 2024, arXiv:2408.14690, which takes a quantile for each layer.
template <executor E, dense_matrix X>
[[nodiscard]] double activation_threshold(E&& exec, X const& x, double sparsity) {
  detail::require_fraction(sparsity, "activation_threshold");
  auto const view = view_of(x);
  detail::activation_magnitudes<element_t<X const>, decltype(view)::memory_order> const source{view};
  using score_type = typename decltype(source)::score_type;
  using key_type = detail::sort_key_t<score_type>;
  auto const size = detail::checked_multiply(view.rows(), view.cols(), "activation_threshold");
  buffer<key_type> keys(size);
  detail::fill_whole(exec, source, keys.data(), detail::to_key{});
  auto const dropped = detail::dropped_of(size, sparsity);
  if (dropped == 0) return 0;
  buffer<detail::digit_counts> counts(static_cast<index>(exec.concurrency()));
  auto const found = detail::select_lowest(exec, keys.data(), size, dropped, counts.data());
  constexpr key_type sign = key_type{1} << (8 * sizeof(key_type) - 1);
  return static_cast<double>(__builtin_bit_cast(score_type, static_cast<key_type>(found.key ^ sign)));
}

/// In the calling thread.
template <dense_matrix X>
[[nodiscard]] double activation_threshold(X const& x, double sparsity) {
  return lacuna::activation_threshold(serial{}, x, sparsity);
}

}  // namespace lacuna::inline LACUNA_ISA
