// SPDX-License-Identifier: MIT
//
// Bits and bit fields packed into bytes, the first in the lowest bit: how nm and bitmap store their positions.
#pragma once

#include <lacuna/core/config.hpp>

#include <bit>
#include <cstdint>
#include <cstring>

namespace lacuna::detail {

/// The next `bytes` bytes as one word, the first lowest; bits above them are zero. 0 <= bytes; more than eight count as
/// eight. Reads nothing beyond them.
[[nodiscard]] LACUNA_INLINE std::uint64_t load_bits(std::uint8_t const* data, index bytes) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    if (bytes >= 8) {
      std::uint64_t word;
      std::memcpy(&word, data, sizeof word);
      return word;
    }
  }
  std::uint64_t word = 0;
  for (index b = 0; b != 8 && b != bytes; ++b) word |= static_cast<std::uint64_t>(data[b]) << (8 * b);
  return word;
}

/// Number of ones in `bytes` bytes.
[[nodiscard]] LACUNA_INLINE index count_bits(std::uint8_t const* data, index bytes) noexcept {
  index n = 0;
  for (; bytes >= 8; bytes -= 8, data += 8) n += std::popcount(load_bits(data, 8));
  return n + std::popcount(load_bits(data, bytes));
}

/// The `width` lowest bits set. 0 <= width <= 32.
[[nodiscard]] LACUNA_INLINE constexpr std::uint32_t low_bits(index width) noexcept {
  return static_cast<std::uint32_t>((std::uint64_t{1} << width) - 1);
}

/// The field of `width` bits (at most 32) that starts at bit `start`. Reads only the bytes that hold it.
[[nodiscard]] LACUNA_INLINE std::uint32_t read_field(std::uint8_t const* data, index start, index width) noexcept {
  auto const shift = start % 8;
  return static_cast<std::uint32_t>(load_bits(data + start / 8, (shift + width + 7) / 8) >> shift) & low_bits(width);
}

/// Writes a field of `width` bits (at most 32) where all bits are still zero. Touches only the bytes that hold it.
LACUNA_INLINE void write_field(std::uint8_t* data, index start, index width, std::uint32_t field) noexcept {
  auto const shift = start % 8;
  auto const bytes = (shift + width + 7) / 8;
  auto const word = static_cast<std::uint64_t>(field) << shift;
  for (index b = 0; b != bytes; ++b)
    data[start / 8 + b] = static_cast<std::uint8_t>(data[start / 8 + b] | ((word >> (8 * b)) & 0xFFu));
}

}  // namespace lacuna::detail
