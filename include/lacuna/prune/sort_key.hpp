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

/// The bits of a score without its sign: they grow with its magnitude, and those of a NaN are above infinity's.
template <std::floating_point Score>
[[nodiscard]] LACUNA_INLINE constexpr sort_key_t<Score> magnitude_bits(Score score) noexcept {
  using Key = sort_key_t<Score>;
  return static_cast<Key>(__builtin_bit_cast(Key, score) & ~(Key{1} << (8 * sizeof(Key) - 1)));
}

/// magnitude_bits of infinity.
template <std::unsigned_integral Key>
inline constexpr Key infinite_bits = sizeof(Key) == 4 ? Key{0x7F800000u} : static_cast<Key>(0x7FF0000000000000u);

/// True for a NaN, also where the compiler was told that there are none (-ffast-math).
template <std::floating_point Score>
[[nodiscard]] LACUNA_INLINE constexpr bool is_nan(Score score) noexcept {
  return magnitude_bits(score) > infinite_bits<sort_key_t<Score>>;
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
  auto const all_if_negative = static_cast<Key>(static_cast<std::make_signed_t<Key>>(bits) >> (8 * sizeof(Key) - 1));
  return static_cast<Key>(bits ^ (all_if_negative | sign));
}

/// What is written of a score: its key, itself, or its bits. `size` of a score is above infinite_bits where the score
/// must not be taken so.
struct to_key {
  template <class Score>
  [[nodiscard]] LACUNA_INLINE constexpr auto operator()(Score s) const noexcept {
    return sort_key(s);
  }
  template <class Score>
  [[nodiscard]] LACUNA_INLINE static constexpr auto size(Score s) noexcept {
    return magnitude_bits(s);
  }
};
struct to_score {
  template <class Score>
  [[nodiscard]] LACUNA_INLINE constexpr Score operator()(Score s) const noexcept {
    return s;
  }
  template <class Score>
  [[nodiscard]] LACUNA_INLINE static constexpr auto size(Score s) noexcept {
    return magnitude_bits(s);
  }
};
/// Bits have the order of the scores, without a single operation, where none is negative, which most criteria's are
/// not.
struct to_bits {
  template <class Score>
  [[nodiscard]] LACUNA_INLINE constexpr auto operator()(Score s) const noexcept {
    return __builtin_bit_cast(sort_key_t<Score>, s);
  }
  template <class Score>
  [[nodiscard]] LACUNA_INLINE static constexpr auto size(Score s) noexcept {
    return __builtin_bit_cast(sort_key_t<Score>, s);
  }
};

}  // namespace lacuna::detail::inline LACUNA_ISA
