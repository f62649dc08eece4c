// SPDX-License-Identifier: MIT
//
// Bits and bit fields packed into bytes, the first in the lowest bit: how nm and bitmap store their positions.
#pragma once

#include <lacuna/core/config.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

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

/// Writes the lowest `bytes` bytes of a word, the first lowest. 0 <= bytes <= 8. Touches nothing beyond them.
LACUNA_INLINE void store_bits(std::uint8_t* data, index bytes, std::uint64_t word) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    if (bytes == 8) {
      std::memcpy(data, &word, sizeof word);
      return;
    }
  }
  for (index b = 0; b != bytes; ++b) data[b] = static_cast<std::uint8_t>(word >> (8 * b));
}

/// Number of ones in `bytes` bytes.
[[nodiscard]] LACUNA_INLINE index count_bits(std::uint8_t const* data, index bytes) noexcept {
  index n = 0;
  for (; bytes >= 8; bytes -= 8, data += 8) n += std::popcount(load_bits(data, 8));
  return n + std::popcount(load_bits(data, bytes));
}

/// Calls f(position) for each one among `bytes` bytes, in increasing order. Reads nothing beyond them.
template <class F>
LACUNA_INLINE void visit_bits(std::uint8_t const* data, index bytes, F&& f) {
  for (index b = 0; b < bytes; b += 8)
    for (auto word = load_bits(data + b, bytes - b); word != 0; word &= word - 1) f(b * 8 + std::countr_zero(word));
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

/// Calls f(g, field) for each of `count` fields of Width bits, one behind the other in `bytes` bytes. Eight of them
/// take Width whole bytes, which is one load where Width is at most 8. Reads nothing beyond the bytes.
template <index Width, class F>
LACUNA_INLINE void visit_fields(std::uint8_t const* data, index bytes, index count, F&& f) {
  if constexpr (Width <= 8) {
    for (index g = 0; g < count; g += 8) {
      auto word = load_bits(data + g / 8 * Width, bytes - g / 8 * Width);
      index const last = count - g < 8 ? count : g + 8;
      for (index h = g; h != last; ++h, word >>= Width % 64) f(h, static_cast<std::uint32_t>(word) & low_bits(Width));
    }
  } else {
    for (index g = 0; g != count; ++g) f(g, read_field(data, g * Width, Width));
  }
}

/// Writes a field of `width` bits (at most 32) where all bits are still zero. Touches only the bytes that hold it.
LACUNA_INLINE void write_field(std::uint8_t* data, index start, index width, std::uint32_t field) noexcept {
  auto const shift = start % 8;
  auto const bytes = (shift + width + 7) / 8;
  auto const word = static_cast<std::uint64_t>(field) << shift;
  for (index b = 0; b != bytes; ++b)
    data[start / 8 + b] = static_cast<std::uint8_t>(data[start / 8 + b] | ((word >> (8 * b)) & 0xFFu));
}

/// The lowest bit of each run of Width bits in a word, from bit 0 on; 64 / Width of them are whole.
template <int Width>
inline constexpr std::uint64_t run_starts = [] {
  std::uint64_t starts = 0;
  for (int at = 0; at + Width <= 64; at += Width) starts |= std::uint64_t{1} << at;
  return starts;
}();

/// The starts of those runs of Width bits that have a bit set.
template <int Width>
[[nodiscard]] LACUNA_INLINE constexpr std::uint64_t runs_with_any(std::uint64_t word) noexcept {
  for (int seen = 1; seen < Width; seen *= 2) word |= word >> (seen < Width - seen ? seen : Width - seen);
  return word & run_starts<Width>;
}

/// All bits of the runs of Width bits that start at the ones of `starts`.
template <int Width>
[[nodiscard]] LACUNA_INLINE constexpr std::uint64_t whole_runs(std::uint64_t starts) noexcept {
  for (int seen = 1; seen < Width; seen *= 2) starts |= starts << (seen < Width - seen ? seen : Width - seen);
  return starts;
}

/// Fields of Width bits that start Stride bits apart, all else being zero, side by side. Stride: a power of two.
template <int Width, int Stride>
[[nodiscard]] LACUNA_INLINE constexpr std::uint64_t joined_fields(std::uint64_t word) noexcept {
  if constexpr (Stride >= 64) {
    return word;
  } else {
    constexpr auto pairs = [] {
      std::uint64_t all = 0;
      for (int at = 0; at < 64; at += 2 * Stride) all |= ~std::uint64_t{0} >> (64 - 2 * Width) << at;
      return all;
    }();
    return joined_fields<2 * Width, 2 * Stride>((word | word >> (Stride - Width)) & pairs);
  }
}

/// Where the one of each run of Width bits stands, 0 where there is none: fields of `Bits` bits side by side, Width
/// being 2 to the power of Bits.
template <int Bits>
[[nodiscard]] LACUNA_INLINE constexpr std::uint64_t places_of_ones(std::uint64_t word) noexcept {
  return [&]<int... b>(std::integer_sequence<int, b...>) LACUNA_INLINE_LAMBDA {
    constexpr int width = 1 << Bits;
    constexpr auto places_with = [](int bit) {
      std::uint64_t all = 0;
      for (int at = 0; at != 64; ++at) all |= static_cast<std::uint64_t>(at % width >> bit & 1) << at;
      return all;
    };
    std::uint64_t places = 0;
    ((places |= runs_with_any<width>(word & std::integral_constant<std::uint64_t, places_with(b)>::value) << b), ...);
    return joined_fields<Bits, width>(places);
  }(std::make_integer_sequence<int, Bits>{});
}

/// Whether each of the first Runs runs of Width bits has exactly Count ones; bits behind them are zero.
template <int Width, int Runs, int Count>
[[nodiscard]] LACUNA_INLINE constexpr bool each_run_has(std::uint64_t word) noexcept {
  if constexpr (std::has_single_bit(static_cast<unsigned>(Width)) && Width * Runs == 64 && Width < 64) {
    for (int s = 1; s < Width; s *= 2) {  // counts of 2, 4, ... bits, each in its place
      auto const low = ~std::uint64_t{0} / ((std::uint64_t{1} << s) + 1);
      word = (word & low) + (word >> s & low);
    }
    return word == run_starts<Width> * Count;
  } else {
    bool each = true;
    for (int r = 0; r != Runs; ++r)
      each &= std::popcount(word >> (r * Width) & ~std::uint64_t{0} >> (64 - Width)) == Count;
    return each;
  }
}

}  // namespace lacuna::detail
