// SPDX-License-Identifier: MIT
//
// The last stage of an integer layer: back to 8 or 16 bits.
//
// Bound: with the conversion from int32 and one factor 5.25 instructions for a register of sums on the two ports that
// AVX-512 has for arithmetic, 2.6 cycles, four registers becoming one of bytes; another factor, a bias or a correction
// one more each.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/kernel/stages.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>

#include <concepts>
#include <cstdint>
#include <limits>

namespace lacuna::inline LACUNA_ISA {

/// What `requantize<Int>` returns.
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
    return simd::nearbyint(simd::held_for<Int>(scale(value, at), zero_point)) + static_cast<V>(zero_point);
  }
  /// The same as lanes of int32.
  template <class Arch, class At>
  [[nodiscard]] LACUNA_INLINE simd::batch<std::int32_t, Arch> integers(simd::batch<float, Arch> value,
                                                                       At const& at) const noexcept {
    auto const held = simd::held_for<Int>(scale(value, at), zero_point);
    return simd::nearbyint_as_int(held) + simd::batch<std::int32_t, Arch>(zero_point);
  }
  /// The same for four registers that become one of bytes; at(k) says where register k stands.
  template <class Arch, class At>
    requires(sizeof(Int) == 1)
  [[nodiscard]] LACUNA_INLINE simd::batch<Int, Arch> bytes(simd::batch<float, Arch> const (&value)[4],
                                                           At const& at) const noexcept {
    simd::batch<float, Arch> const scaled[4] = {scale(value[0], at(0)), scale(value[1], at(1)), scale(value[2], at(2)),
                                                scale(value[3], at(3))};
    return simd::round_to_bytes<Arch, Int>::run(scaled, zero_point);
  }
  [[nodiscard]] requantize_stage flipped() const { return *this; }
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
