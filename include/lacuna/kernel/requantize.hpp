// SPDX-License-Identifier: MIT
//
// The last stage of an integer layer: back to 8 or 16 bits.
//
// Bound: with the conversion from int32 and a factor for each row nine instructions for a register of sums, on AVX-512
// two of them, the comparison with NaN and the narrowing store, on the one port that shuffles.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/kernel/stages.hpp>
#include <lacuna/simd/arch.hpp>
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
  template <std::floating_point V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    return simd::nearbyint(held(scale(value, at))) + static_cast<V>(zero_point);
  }
  /// The same as lanes of int32.
  template <class Arch, class At>
  [[nodiscard]] LACUNA_INLINE simd::batch<std::int32_t, Arch> integers(simd::batch<float, Arch> value,
                                                                       At const& at) const noexcept {
    return simd::nearbyint_as_int(held(scale(value, at))) + simd::batch<std::int32_t, Arch>(zero_point);
  }
  [[nodiscard]] requantize_stage flipped() const { return *this; }

 private:
  /// v between the numbers that become the least and the greatest Int, which are whole and of few bits: so that it may
  /// be rounded to int32. 0 for NaN.
  template <class V>
  [[nodiscard]] LACUNA_INLINE V held(V v) const noexcept {
    auto const number = simd::choose(v == v, v, simd::splat<V>(0));
    return simd::min(simd::max(number, simd::splat<V>(std::int32_t{std::numeric_limits<Int>::min()} - zero_point)),
                     simd::splat<V>(std::int32_t{std::numeric_limits<Int>::max()} - zero_point));
  }
};

/// round(v * factor) + zero_point, saturated to Int (8 or 16 bits); ties round to even, NaN counts as 0. `factor` is a
/// number or a vector with one for each row of A. The last stage, for a Y of Int. Throws value_error unless zero_point
/// is an Int.
template <std::integral Int, class Factor>
[[nodiscard]] auto requantize(Factor const& factor, std::int32_t zero_point = 0) {
  static_assert(sizeof(Int) <= 2, "lacuna: requantize yields integers of 8 or 16 bits");
  if (zero_point < std::numeric_limits<Int>::min() || zero_point > std::numeric_limits<Int>::max())
    detail::fail<value_error>("requantize: the zero point is ", zero_point, ", expected ",
                              std::numeric_limits<Int>::min(), " to ", std::numeric_limits<Int>::max());
  requantize_stage<Int, decltype(lacuna::scale(factor))> stage;
  stage.scale = lacuna::scale(factor);
  stage.zero_point = zero_point;
  return stage;
}

}  // namespace lacuna::inline LACUNA_ISA
