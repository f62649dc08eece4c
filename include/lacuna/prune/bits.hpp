// SPDX-License-Identifier: MIT
//
// Runs of bits in a row of a mask.
#pragma once

#include <lacuna/core/config.hpp>

#include <cstdint>

namespace lacuna::detail::inline LACUNA_ISA {

/// Sets, from bit `position` on, those bits of a row that are set in `bits`.
LACUNA_INLINE void set_bits(std::uint64_t* words, index position, std::uint64_t bits) noexcept {
  index const offset = position % 64;
  words[position / 64] |= bits << offset;
  if (offset != 0 && bits >> (64 - offset) != 0) words[position / 64 + 1] |= bits >> (64 - offset);
}

/// The `count` bits of a row from bit `position` on, 1 to 64, and perhaps others above them.
[[nodiscard]] LACUNA_INLINE std::uint64_t get_bits(std::uint64_t const* words, index position, index count) noexcept {
  index const offset = position % 64;
  auto const low = words[position / 64] >> offset;
  return offset + count <= 64 ? low : low | words[position / 64 + 1] << (64 - offset);
}

/// Sets bits [first, last) of a row.
LACUNA_INLINE void set_range(std::uint64_t* words, index first, index last) noexcept {
  for (index word = first / 64; word * 64 < last; ++word) {
    index const from = first > word * 64 ? first - word * 64 : 0;
    index const to = last - word * 64 < 64 ? last - word * 64 : 64;
    auto const below = to == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << to) - 1;
    words[word] |= below >> from << from;
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA
