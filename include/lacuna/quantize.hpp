// SPDX-License-Identifier: MIT
//
// Integers for floating values: weights beforehand, activations token by token as they come.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/kernel/quantize_tokens.hpp>
#include <lacuna/quant/quantize.hpp>
#include <lacuna/quant/row_sums.hpp>
#include <lacuna/simd/arch.hpp>

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

namespace lacuna {

/// Activations as integers: X(t, k) is about scales[t] * (values(t, k) - zero_points[t]). Signed ones have no zero
/// points.
template <class Q, order Order = order::row_major>
struct quantized_tokens {
  static_assert(std::same_as<Q, std::uint8_t> || std::same_as<Q, std::int8_t>,
                "lacuna: activations are quantised to uint8, with zero points, or to int8");
  dense<Q, Order> values;  ///< tokens x inputs
  buffer<float> scales;    ///< one for each token
  buffer<std::int32_t> zero_points;
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Says where the first Inf or NaN stands.
template <class X>
[[noreturn]] LACUNA_COLD void fail_not_finite(X const& x, index token) {
  index k = 0;
  auto const value = [&](index at) { return static_cast<float>(x(token, at)); };
  while (k + 1 < x.cols() && value(k) - value(k) == 0.0f) ++k;
  fail<value_error>("quantize_tokens: input ", k, " of token ", token, " is ", value(k), ", expected a finite float");
}

/// Quantises checked operands; `zeros` is null for signed integers.
template <executor E, class X, order OX, class Q, order OQ>
void run_quantize_tokens(E&& exec, dense_view<X const, OX> x, dense_view<Q, OQ> q, float* scales, std::int32_t* zeros) {
  using kernel = lacuna::kernel::quantize_tokens<simd::default_arch, Q>;
  constexpr index unit = OX == order::row_major ? 1 : kernel::unit;
  auto const units = ceil_div(x.rows(), unit);
  auto const grain = 32768 / (x.cols() * unit + 1) + 1;
  exec.for_ranges(units, grain, [&](index first, index last, index) {
    kernel::run(x, q, scales, zeros, first * unit, last * unit < x.rows() ? last * unit : x.rows());
  });
  for (index t = 0; t != x.rows(); ++t)
    if (scales[t] < 0) fail_not_finite(x, t);
}

template <class T>
void require_tokens(char const* what, std::span<T> room, index tokens) {
  if (static_cast<index>(room.size()) != tokens)
    fail<shape_error>("quantize_tokens: X has ", tokens, " tokens, there is room for ", room.size(), " ", what);
}

template <class X, class Q>
void require_same_shape(X const& x, Q const& q) {
  if (x.rows() != q.rows() || x.cols() != q.cols())
    fail<shape_error>("quantize_tokens: X is ", x.rows(), "x", x.cols(), ", Q is ", q.rows(), "x", q.cols());
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Activations X, tokens x inputs in either order, of float, bf16, f16 or double, as unsigned integers Q of the same
/// shape: those of a token span the range of its elements and 0, which is exact at zero_points[t]. x (1 / scale), in
/// float, is rounded to nearest, ties to even: |x - scale * (q - zero)| is at most half a scale and a rounding error.
/// The same bits for every executor and order. There is one scale and one zero point for each token. With a product:
/// linear(Q, A, Y, zero_point(zero_points, row_sums(A)) | scale_tokens(scales) | scale(weight_scales)). Allocates
/// nothing. Throws shape_error, and value_error, naming token and input, where X has an Inf, a NaN or a number beyond
/// float. Fastest where X and Q have one order. O(tokens * inputs).
template <executor E, dense_matrix X, dense_matrix Q>
  requires std::same_as<element_t<Q>, std::uint8_t>
void quantize_tokens(E&& exec, X const& x, Q&& q, std::span<float> scales, std::span<std::int32_t> zero_points) {
  auto const xv = detail::read_weights(x);
  auto const qv = view_of(q);
  detail::require_same_shape(xv, qv);
  detail::require_tokens("scales", scales, xv.rows());
  detail::require_tokens("zero points", zero_points, xv.rows());
  detail::run_quantize_tokens(exec, xv, qv, scales.data(), zero_points.data());
}

/// The same as signed integers, of which +-127 stand for the largest magnitude of a token: no zero points, but half as
/// fine where all elements have one sign. |x - scale * q| is at most half a scale and a rounding error.
template <executor E, dense_matrix X, dense_matrix Q>
  requires std::same_as<element_t<Q>, std::int8_t>
void quantize_tokens(E&& exec, X const& x, Q&& q, std::span<float> scales) {
  auto const xv = detail::read_weights(x);
  auto const qv = view_of(q);
  detail::require_same_shape(xv, qv);
  detail::require_tokens("scales", scales, xv.rows());
  detail::run_quantize_tokens(exec, xv, qv, scales.data(), nullptr);
}

/// In the calling thread.
template <dense_matrix X, dense_matrix Q>
void quantize_tokens(X const& x, Q&& q, std::span<float> scales, std::span<std::int32_t> zero_points) {
  lacuna::quantize_tokens(serial{}, x, q, scales, zero_points);
}
template <dense_matrix X, dense_matrix Q>
void quantize_tokens(X const& x, Q&& q, std::span<float> scales) {
  lacuna::quantize_tokens(serial{}, x, q, scales);
}

/// The same in new memory, in X's order.
template <class Q, executor E, dense_matrix X>
[[nodiscard]] auto quantize_tokens(E&& exec, X const& x) {
  auto const xv = detail::read_weights(x);
  quantized_tokens<Q, std::remove_const_t<decltype(xv)>::memory_order> tokens;
  tokens.values = decltype(tokens.values)(xv.rows(), xv.cols());
  tokens.scales = buffer<float>(xv.rows());
  if constexpr (std::is_signed_v<Q>) {
    lacuna::quantize_tokens(exec, x, tokens.values, tokens.scales.span());
  } else {
    tokens.zero_points = buffer<std::int32_t>(xv.rows());
    lacuna::quantize_tokens(exec, x, tokens.values, tokens.scales.span(), tokens.zero_points.span());
  }
  return tokens;
}
template <class Q, dense_matrix X>
[[nodiscard]] auto quantize_tokens(X const& x) {
  return lacuna::quantize_tokens<Q>(serial{}, x);
}

}  // namespace lacuna::inline LACUNA_ISA
