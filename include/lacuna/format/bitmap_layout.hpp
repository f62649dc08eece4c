// SPDX-License-Identifier: MIT
//
// How the bits of a bitmap matrix are laid out, and what sound bits are.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/bits.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Names the order of data: a bit for each element, row by row, and the values of the ones, row by row.
struct bitmap_layout {
  /// One value offset is kept for each strip of so many rows.
  static constexpr index rows_per_offset = 16;

  /// Bytes of bits in a row.
  [[nodiscard]] LACUNA_INLINE static constexpr index row_bytes(index cols) noexcept {
    return cols / 8 + (cols % 8 != 0);
  }
  /// Offsets of a matrix.
  [[nodiscard]] LACUNA_INLINE static constexpr index strips(index rows) noexcept {
    return rows / rows_per_offset + (rows % rows_per_offset != 0);
  }
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Throws format_error unless these are the bits of a matrix of that shape with `values` ones.
inline void validate_bits(index rows, index cols, std::span<std::uint8_t const> bits, std::size_t values) {
  validate_counts("bitmap", rows, cols);
  auto const row_bytes = bitmap_layout::row_bytes(cols);
  if (std::cmp_not_equal(checked_multiply(rows, row_bytes, "bitmap"), bits.size()))
    fail<format_error>("bitmap: ", rows, " rows of ", cols, " columns need ", rows, " * ", row_bytes,
                       " bytes of bits, got ", bits.size());
  if (cols % 8 != 0)
    for (index i = 0; i != rows; ++i)
      if (auto const last = bits.data()[(i + 1) * row_bytes - 1]; last >> (cols % 8) != 0)
        fail<format_error>("bitmap: row ", i, " has the bit of column ", (row_bytes - 1) * 8 + std::bit_width(last) - 1,
                           ", expected columns below ", cols);
  auto const ones = count_bits(bits.data(), static_cast<index>(bits.size()));
  if (std::cmp_not_equal(ones, values))
    fail<format_error>("bitmap: ", ones, " bits are set, but there are ", values, " values");
}

/// The number of ones before each strip of rows.
inline buffer<std::uint64_t> strip_offsets(index rows, index cols, std::uint8_t const* bits) {
  buffer<std::uint64_t> offsets(bitmap_layout::strips(rows));
  auto const strip_bytes = bitmap_layout::rows_per_offset * bitmap_layout::row_bytes(cols);
  for (index s = 1; s < offsets.size(); ++s)
    offsets[s] = offsets[s - 1] + static_cast<std::uint64_t>(count_bits(bits + (s - 1) * strip_bytes, strip_bytes));
  return offsets;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
