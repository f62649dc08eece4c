// SPDX-License-Identifier: MIT
//
// Scores as unsigned integers of the same order. (The builtin, not std::bit_cast: without optimisation that is a shared
// function, compiled for whichever processor the linker meets first.)
#pragma once

#include <lacuna/core/config.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace lacuna::detail::inline LACUNA_ISA {

/// The unsigned integer as wide as a score.
template <std::floating_point Score>
using sort_key_t = std::conditional_t<sizeof(Score) == 4, std::uint32_t, std::uint64_t>;

/// True for a NaN, also where the compiler was told that there are none (-ffast-math).
template <std::floating_point Score>
[[nodiscard]] LACUNA_INLINE constexpr bool is_nan(Score score) noexcept {
  using Key = sort_key_t<Score>;
  constexpr Key sign = Key{1} << (8 * sizeof(Key) - 1);
  constexpr Key infinity = sizeof(Key) == 4 ? Key{0x7F800000u} : static_cast<Key>(0x7FF0000000000000u);
  return (__builtin_bit_cast(Key, score) & ~sign) > infinity;
}

/// An integer that is smaller, equal or larger exactly where the score is; zeros of both signs are equal, infinities
/// are the ends. A NaN has no place: ask is_nan first.
template <std::floating_point Score>
[[nodiscard]] LACUNA_INLINE constexpr sort_key_t<Score> sort_key(Score score) noexcept {
  using Key = sort_key_t<Score>;
  constexpr Key sign = Key{1} << (8 * sizeof(Key) - 1);
  auto bits = __builtin_bit_cast(Key, score);
  bits = bits == sign ? Key{0} : bits;
  // A negative number grows with its bits, so all of them are flipped; a positive one moves above the negative ones.
  return (bits & sign) != 0 ? static_cast<Key>(~bits) : static_cast<Key>(bits | sign);
}

}  // namespace lacuna::detail::inline LACUNA_ISA
