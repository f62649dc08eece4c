// SPDX-License-Identifier: MIT
//
// The stages of an epilogue. Each is written once, for a scalar and for a register of xsimd: arithmetic, comparison and
// xsimd's or std's functions are all it uses.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/simd/math.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace lacuna::detail {

/// What the operands of an epilogue have to fit: the rows of A, and the shape of Y as the caller wrote it (in `linear`
/// that is the transpose of what kernels see).
struct output_shape {
  index outputs = 0;
  index rows = 0;
  index cols = 0;
};

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// What every stage has unless it says otherwise.
struct stage_base {
  static constexpr bool is_epilogue_stage = true;
  static constexpr bool requantizes = false;
  template <class Y>
  static constexpr bool requantizes_to = false;
  void check(char const*, output_shape) const {}
};

/// lo where value < lo, hi where value > hi; NaN stays NaN.
template <class V>
[[nodiscard]] LACUNA_INLINE V clamped(V value, V lo, V hi) noexcept {
  value = simd::choose(value < lo, lo, value);
  return simd::choose(value > hi, hi, value);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// A step between the sum and Y: callable as stage(value, at), where value is a float, double or register of them, and
/// `at` answers row_value(b) (b at the row of A) and entry(R) (R at the place in Y); with check, flipped, requantizes.
template <class S>
concept epilogue_stage = S::is_epilogue_stage && requires(S const& s, char const* who, detail::output_shape y) {
  s.check(who, y);
  s.flipped();
};

/// Y = Y + A X in place of Y = A X. Where it stands in a composition is where Y's old value is added. Integers wrap, as
/// their sums do.
struct accumulate_stage : detail::stage_base {
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    if constexpr (std::integral<V>)
      return static_cast<V>(static_cast<std::uint32_t>(value) + static_cast<std::uint32_t>(at.output()));
    else
      return value + at.output();
  }
  [[nodiscard]] accumulate_stage flipped() const { return *this; }
};
inline constexpr accumulate_stage accumulate{};

template <class T>
struct bias_stage : detail::stage_base {
  vector_view<T const> values;

  void check(char const* who, detail::output_shape y) const {
    if (values.size() != y.outputs)
      detail::fail<shape_error>(who, ": bias has ", values.size(), " values, A has ", y.outputs, " rows");
  }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    return value + at.row_value(values);
  }
  [[nodiscard]] bias_stage flipped() const { return *this; }
};

/// Adds b[i] to every value that row i of A gives: one bias for each output. Borrows b.
template <dense_vector B>
[[nodiscard]] auto bias(B const& b) {
  auto const view = vector_of(b);
  bias_stage<typename decltype(view)::value_type> stage;
  stage.values = view;
  return stage;
}

template <class T>
struct scale_stage : detail::stage_base {
  T factor{};

  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    return value * simd::splat<V>(factor);
  }
  [[nodiscard]] scale_stage flipped() const { return *this; }
};

template <class T>
struct row_scale_stage : detail::stage_base {
  vector_view<T const> factors;

  void check(char const* who, detail::output_shape y) const {
    if (factors.size() != y.outputs)
      detail::fail<shape_error>(who, ": scale has ", factors.size(), " values, A has ", y.outputs, " rows");
  }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    return value * at.row_value(factors);
  }
  [[nodiscard]] row_scale_stage flipped() const { return *this; }
};

/// Multiplies by one number.
template <class T>
  requires std::is_arithmetic_v<T>
[[nodiscard]] auto scale(T factor) {
  scale_stage<std::conditional_t<std::integral<T>, double, T>> stage;
  stage.factor = static_cast<decltype(stage.factor)>(factor);
  return stage;
}

/// Multiplies every value that row i of A gives by s[i]. Borrows s.
template <dense_vector S>
[[nodiscard]] auto scale(S const& s) {
  auto const view = vector_of(s);
  row_scale_stage<typename decltype(view)::value_type> stage;
  stage.factors = view;
  return stage;
}

template <class T, order Order>
struct add_stage : detail::stage_base {
  dense_view<T const, Order> summand;

  void check(char const* who, detail::output_shape y) const {
    if (summand.rows() != y.rows || summand.cols() != y.cols)
      detail::fail<shape_error>(who, ": the matrix to add is ", summand.rows(), "x", summand.cols(), ", Y is ", y.rows,
                                "x", y.cols);
  }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    return value + at.entry(summand);
  }
  [[nodiscard]] add_stage<T, lacuna::flipped(Order)> flipped() const {
    add_stage<T, lacuna::flipped(Order)> stage;
    stage.summand = transpose(summand);
    return stage;
  }
};

/// Adds R, a dense matrix of Y's shape in either order: a residual connection. Borrows R.
template <dense_matrix R>
[[nodiscard]] auto add(R const& r) {
  auto const view = view_of(r);
  add_stage<typename decltype(view)::value_type, decltype(view)::memory_order> stage;
  stage.summand = view;
  return stage;
}

/// max(v, 0); NaN stays NaN.
struct relu_stage : detail::stage_base {
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    return simd::choose(value < simd::splat<V>(0), simd::splat<V>(0), value);
  }
  [[nodiscard]] relu_stage flipped() const { return *this; }
};
inline constexpr relu_stage relu{};

/// v Phi(v), Phi the normal distribution, by the error function. NaN stays NaN, and -Inf becomes one (-Inf * 0).
/// Source: D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
struct gelu_stage : detail::stage_base {
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    return simd::splat<V>(0.5) * value *
           (simd::splat<V>(1) + simd::erf(value * simd::splat<V>(0.70710678118654752440)));
  }
  [[nodiscard]] gelu_stage flipped() const { return *this; }
};
inline constexpr gelu_stage gelu{};

/// The approximation of gelu by tanh that many models are trained with; same source, same NaNs.
struct gelu_tanh_stage : detail::stage_base {
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    auto const inner =
        simd::splat<V>(0.79788456080286535588) * (value + simd::splat<V>(0.044715) * value * value * value);
    return simd::splat<V>(0.5) * value * (simd::splat<V>(1) + simd::tanh(inner));
  }
  [[nodiscard]] gelu_tanh_stage flipped() const { return *this; }
};
inline constexpr gelu_tanh_stage gelu_tanh{};

/// v / (1 + exp(-v)), also called swish. NaN stays NaN, and -Inf becomes one (-Inf / Inf). Source: S. Elfwing, E.
/// Uchibe, K. Doya, "Sigmoid-weighted linear units for neural network function approximation in reinforcement
/// learning", 2017.
struct silu_stage : detail::stage_base {
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    return value / (simd::splat<V>(1) + simd::exp(-value));
  }
  [[nodiscard]] silu_stage flipped() const { return *this; }
};
inline constexpr silu_stage silu{};

struct clamp_stage : detail::stage_base {
  double lo = 0;
  double hi = 0;

  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    return detail::clamped(value, simd::splat<V>(lo), simd::splat<V>(hi));
  }
  [[nodiscard]] clamp_stage flipped() const { return *this; }
};

/// lo where v < lo, hi where v > hi; NaN stays NaN. Throws value_error unless lo <= hi.
[[nodiscard]] inline clamp_stage clamp(double lo, double hi) {
  if (!(lo <= hi)) detail::fail<value_error>("clamp: lo is ", lo, ", hi is ", hi, ", expected lo <= hi");
  clamp_stage stage;
  stage.lo = lo;
  stage.hi = hi;
  return stage;
}

template <std::integral Int, class Scale>
struct requantize_stage : detail::stage_base {
  static constexpr bool requantizes = true;
  template <class Y>
  static constexpr bool requantizes_to = std::same_as<Y, Int>;
  Scale scale;
  std::int32_t zero_point = 0;

  void check(char const* who, detail::output_shape y) const { scale.check(who, y); }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    auto const scaled = scale(value, at);
    auto const zero = simd::splat<V>(zero_point);
    auto const whole = simd::nearbyint(simd::choose(scaled == scaled, scaled, simd::splat<V>(0))) + zero;
    return detail::clamped(whole, V(static_cast<double>(std::numeric_limits<Int>::min())),
                           V(static_cast<double>(std::numeric_limits<Int>::max())));
  }
  [[nodiscard]] requantize_stage flipped() const { return *this; }
};

/// round(v * factor) + zero_point, saturated to Int (8 or 16 bits); ties round to even, NaN counts as 0. `factor` is a
/// number or a vector with one for each row of A. The last stage, for a Y of Int.
template <std::integral Int, class Factor>
[[nodiscard]] auto requantize(Factor const& factor, std::int32_t zero_point = 0) {
  static_assert(sizeof(Int) <= 2, "lacuna: requantize yields integers of 8 or 16 bits");
  requantize_stage<Int, decltype(lacuna::scale(factor))> stage;
  stage.scale = lacuna::scale(factor);
  stage.zero_point = zero_point;
  return stage;
}

}  // namespace lacuna::inline LACUNA_ISA
