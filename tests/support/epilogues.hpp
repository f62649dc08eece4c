// SPDX-License-Identifier: MIT
//
// The stages of an epilogue as the oracle knows them: each takes a value known up to a bound, and adds to the bound
// what its own computation in Work may be off by, with u the roundoff of Work:
//  * a sum or product rounds once: u |result|;
//  * a function moves what was off before by at most its largest slope;
//  * gelu, v Phi(v): Phi is off by E u, and the product rounds: |v| (E + 1) u;
//  * gelu_tanh, v / (1 + exp(-2t)): t, five roundings and two rounded constants on terms of one sign, is off by 8u,
//    which the quotient turns into 16 u t p (1 - p) |v| <= 1.8 u |v|, p = 1 / (1 + exp(-2t)); E u from exp becomes
//    E u p (1 - p) |v| <= E/4 u |v|; a product, the sum and the quotient round: |v| (E/4 + 5) u in all;
//  * silu, v / (1 + exp(-v)): E u from exp, in registers of float |v| / 20 u more, one rounding each of a product, the
//    sum and the quotient: (E + |v| / 20 + 3) u |result|; and where exp gives infinity or 0 a little early, a result
//    that is smaller than `vanishing` is 0.
#pragma once

#include <lacuna/core/config.hpp>

#include "support/math_errors.hpp"
#include "support/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>
#include <limits>
#include <vector>

namespace lacuna_test {

/// One stage of the oracle: (row of A, column of X, value before) -> value after.
using oracle_stage = std::function<approximate(lacuna::index, lacuna::index, approximate)>;

/// Several, in order.
struct oracle_epilogue {
  std::vector<oracle_stage> stages;
  [[nodiscard]] approximate operator()(lacuna::index i, lacuna::index j, approximate a) const {
    for (auto const& stage : stages) a = stage(i, j, a);
    return a;
  }
};

template <class Work>
struct oracle_stages {
  static constexpr long double u = static_cast<long double>(precision_of<Work>().unit);
  static constexpr long double vanishing = std::same_as<Work, float> ? 1e-36L : 1e-300L;

  [[nodiscard]] static approximate rounded(long double value, long double bound) {
    return {value, bound + u * (std::fabs(value) + bound) + static_cast<long double>(precision_of<Work>().tiny)};
  }
  /// An int32 sum becomes a Work.
  [[nodiscard]] static oracle_stage converted() {
    return [](lacuna::index, lacuna::index, approximate a) { return rounded(a.value, a.bound); };
  }
  /// + f(i, j).
  template <class F>
  [[nodiscard]] static oracle_stage plus(F f) {
    return [f](lacuna::index i, lacuna::index j, approximate a) {
      return rounded(a.value + static_cast<long double>(f(i, j)), a.bound);
    };
  }
  /// * f(i, j).
  template <class F>
  [[nodiscard]] static oracle_stage times(F f) {
    return [f](lacuna::index i, lacuna::index j, approximate a) {
      auto const factor = static_cast<long double>(f(i, j));
      return rounded(a.value * factor, a.bound * std::fabs(factor));
    };
  }
  [[nodiscard]] static oracle_stage clamp(long double lo, long double hi) {
    return [lo, hi](lacuna::index, lacuna::index, approximate a) {
      return approximate{std::isnan(a.value) ? a.value : std::clamp(a.value, lo, hi), a.bound};
    };
  }
  [[nodiscard]] static oracle_stage relu() { return clamp(0, std::numeric_limits<long double>::infinity()); }
  [[nodiscard]] static oracle_stage gelu() {
    return [](lacuna::index, lacuna::index, approximate a) {
      auto const v = a.value;
      auto const y = v * 0.5L * std::erfc(-v / std::sqrt(2.0L));
      auto const own = (std::fabs(v) + a.bound) * (static_cast<long double>(math_errors<Work>::normal_cdf) + 1) * u;
      return approximate{y, 1.13L * a.bound + own};
    };
  }
  [[nodiscard]] static oracle_stage gelu_tanh() {
    return [](lacuna::index, lacuna::index, approximate a) {
      auto const v = a.value;
      auto const t = std::sqrt(2 / std::acos(-1.0L)) * (v + 0.044715L * v * v * v);
      auto const own = (std::fabs(v) + a.bound) * (static_cast<long double>(math_errors<Work>::exp) / 4 + 5) * u;
      return approximate{v / (1 + std::exp(-2 * t)), 1.13L * a.bound + own};  // v/2 (1 + tanh t), without cancellation
    };
  }
  [[nodiscard]] static oracle_stage silu() {
    return [](lacuna::index, lacuna::index, approximate a) {
      auto const y = a.value / (1 + std::exp(-a.value));
      auto const e = static_cast<long double>(math_errors<Work>::exp) + std::fabs(a.value) / 20;
      return approximate{y, 1.1L * a.bound + (e + 3) * 1.01L * u * (std::fabs(y) + 1.1L * a.bound) + vanishing};
    };
  }
};

}  // namespace lacuna_test
