// SPDX-License-Identifier: MIT
//
// The last stage of an integer layer: back to 8 or 16 bits.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/stages.hpp>
#include <lacuna/simd/math.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace lacuna::inline LACUNA_ISA {

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
