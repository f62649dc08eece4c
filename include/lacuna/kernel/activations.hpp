// SPDX-License-Identifier: MIT
//
// The stages that are functions of a value alone: relu, gelu, gelu_tanh, silu, clamp.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/kernel/stages.hpp>
#include <lacuna/simd/exp_nonpositive.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>

namespace lacuna::detail::inline LACUNA_ISA {

/// value[k] / (1 + e^-u[k]) for K registers in step, as value e^-|u| / (1 + e^-|u|) where u is negative: within 6 + |u|
/// / 20 units of roundoff, relative; what is smaller than 1e-36 may be 0.
template <class Arch, std::size_t K>
LACUNA_INLINE void times_logistic(simd::batch<float, Arch> (&value)[K],
                                  simd::batch<float, Arch> const (&u)[K]) noexcept {
  using batch_type = simd::batch<float, Arch>;
  constexpr int count = static_cast<int>(K);
  batch_type const one(1.0f);
  batch_type e[K];
  simd::unroll<count>([&](auto k) LACUNA_INLINE_LAMBDA { e[k] = -simd::abs(u[k]); });
  simd::exp_nonpositive(e);
  simd::unroll<count>([&](auto k) LACUNA_INLINE_LAMBDA {
    value[k] = value[k] * simd::choose(u[k] < batch_type(0.0f), e[k], one) / (one + e[k]);
  });
}

/// A stage of one value by what it does to registers of float together, if it does.
template <class Stage, class V>
concept takes_together = requires(Stage const& stage, V (&all)[1]) { stage.together(all); };
template <class Stage, class V>
[[nodiscard]] LACUNA_INLINE V one_of(Stage const& stage, V value) noexcept {
  V all[1] = {value};
  stage.together(all);
  return all[0];
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// max(v, 0); NaN stays NaN.
struct relu_stage : detail::stage_base {
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    return simd::choose(value < simd::splat<V>(0), simd::splat<V>(0), value);
  }
  [[nodiscard]] relu_stage flipped() const { return *this; }
};
inline constexpr relu_stage relu{};

/// v Phi(v), Phi the normal distribution function, not an approximation: float within 3e-7 |v|. NaN stays NaN, and -Inf
/// becomes one (-Inf * 0). Source: D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
struct gelu_stage : detail::stage_base {
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    if constexpr (detail::takes_together<gelu_stage, V>)
      return detail::one_of(*this, value);
    else
      return value * simd::normal_cdf(value);
  }
  /// The same for K registers of float at once.
  template <class Arch, std::size_t K>
  LACUNA_INLINE void together(simd::batch<float, Arch> (&value)[K]) const noexcept {
    simd::batch<float, Arch> phi[K];
    simd::unroll<static_cast<int>(K)>([&](auto k) LACUNA_INLINE_LAMBDA { phi[k] = value[k]; });
    simd::normal_cdf_of<Arch>::run(phi);
    simd::unroll<static_cast<int>(K)>([&](auto k) LACUNA_INLINE_LAMBDA { value[k] = value[k] * phi[k]; });
  }
  [[nodiscard]] gelu_stage flipped() const { return *this; }
};
inline constexpr gelu_stage gelu{};

/// The approximation of gelu by tanh that many models are trained with; same source, same NaNs.
struct gelu_tanh_stage : detail::stage_base {
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    if constexpr (detail::takes_together<gelu_tanh_stage, V>)
      return detail::one_of(*this, value);
    else
      return value / (simd::splat<V>(1) + simd::exp(-twice_inner(value)));
  }
  /// The same for K registers of float at once.
  template <class Arch, std::size_t K>
  LACUNA_INLINE void together(simd::batch<float, Arch> (&value)[K]) const noexcept {
    simd::batch<float, Arch> u[K];
    simd::unroll<static_cast<int>(K)>([&](auto k) LACUNA_INLINE_LAMBDA { u[k] = twice_inner(value[k]); });
    detail::times_logistic(value, u);
  }
  [[nodiscard]] gelu_tanh_stage flipped() const { return *this; }

 private:
  /// 2t of tanh t: (1 + tanh t) / 2 = 1 / (1 + exp(-2t)).
  template <class V>
  [[nodiscard]] LACUNA_INLINE static V twice_inner(V value) noexcept {
    return simd::splat<V>(2 * 0.79788456080286535588) * (value + simd::splat<V>(0.044715) * value * value * value);
  }
};
inline constexpr gelu_tanh_stage gelu_tanh{};

/// v / (1 + exp(-v)), also called swish. NaN stays NaN, and -Inf becomes one (-Inf / Inf). Source: S. Elfwing, E.
/// Uchibe, K. Doya, "Sigmoid-weighted linear units for neural network function approximation in reinforcement
/// learning", 2017.
struct silu_stage : detail::stage_base {
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    if constexpr (detail::takes_together<silu_stage, V>)
      return detail::one_of(*this, value);
    else
      return value / (simd::splat<V>(1) + simd::exp(-value));
  }
  /// The same for K registers of float at once.
  template <class Arch, std::size_t K>
  LACUNA_INLINE void together(simd::batch<float, Arch> (&value)[K]) const noexcept {
    simd::batch<float, Arch> u[K];
    simd::unroll<static_cast<int>(K)>([&](auto k) LACUNA_INLINE_LAMBDA { u[k] = value[k]; });
    detail::times_logistic(value, u);
  }
  [[nodiscard]] silu_stage flipped() const { return *this; }
};
inline constexpr silu_stage silu{};

/// What `clamp` returns.
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

}  // namespace lacuna::inline LACUNA_ISA
