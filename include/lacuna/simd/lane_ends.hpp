// SPDX-License-Identifier: MIT
//
// A register without its first lanes, or without its last.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lacuna::simd::inline LACUNA_ISA {

namespace lane_ends_detail {

/// Lanes of zeros, then as many of all ones: a register from place p on has ones from lane `lanes - p` on.
template <class T, std::size_t Lanes>
inline constexpr auto ones_behind_zeros = [] {
  using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  std::array<T, 2 * Lanes> all{};
  for (std::size_t l = Lanes; l != 2 * Lanes; ++l) all[l] = std::bit_cast<T>(static_cast<bits>(~bits{0}));
  return all;
}();

/// All ones in lanes n and above. A load: a mask of bits would have to be turned into one of lanes first.
template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> ones_from(index n) noexcept {
  constexpr auto lanes = batch<T, Arch>::size;
  alignas(64) static constexpr auto table = ones_behind_zeros<T, lanes>;
  return batch<T, Arch>::load_unaligned(table.data() + (static_cast<index>(lanes) - n));
}

}  // namespace lane_ends_detail

/// The value in lanes n and above, 0 below; 0 <= n <= lanes.
template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> lanes_from(batch<T, Arch> value, index n) noexcept {
  return value & lane_ends_detail::ones_from<T, Arch>(n);
}

/// The value in lanes below n, 0 from there on; 0 <= n <= lanes.
template <class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> lanes_below(batch<T, Arch> value, index n) noexcept {
  return xsimd::bitwise_andnot(value, lane_ends_detail::ones_from<T, Arch>(n));
}

}  // namespace lacuna::simd::inline LACUNA_ISA
