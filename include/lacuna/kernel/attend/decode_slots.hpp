// SPDX-License-Identifier: MIT
//
// 64 keys that are attended to at once: their addresses, biases, and which rows see them.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstdint>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Keys of a tile: a bit each in a word.
inline constexpr index decode_keys = 64;
/// Rows that share a pass over the keys: query heads of one head of keys, times queries.
inline constexpr index decode_most_rows = 32;

/// The first `count` bits of a word, 0 <= count <= 64.
[[nodiscard]] LACUNA_INLINE constexpr std::uint64_t first_bits(index count) noexcept {
  return count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// Keys whose scores are taken, and values that are summed up, before other rows and columns are turned to.
inline constexpr index decode_block = 16;

/// Whether neighbours are read, and asked for, one behind the other; else as four streams.
inline constexpr bool decode_in_order = simd::reads_in_order<simd::default_arch>;

/// Cuts rows into groups of Widest, 4, 2 and 1: f(first row, height, whether it is the first group), both constants.
template <int Widest, class F>
LACUNA_INLINE void for_each_height(index rows, F const& f) noexcept {
  static_assert(Widest == 2 || Widest == 4);
  auto const from = [&](index r, auto first) LACUNA_INLINE_LAMBDA -> index {
    if (Widest == 4 && rows - r >= 4) return f(r, std::integral_constant<int, Widest>{}, first), index{Widest};
    if (rows - r >= 2) return f(r, std::integral_constant<int, 2>{}, first), index{2};
    return f(r, std::integral_constant<int, 1>{}, first), index{1};
  };
  if (rows == 0) return;
  for (index r = from(0, std::true_type{}); r != rows;) r += from(r, std::false_type{});
}

/// Up to 64 keys, and who sees them.
struct decode_tile {
  index count = 0;
  bool masked = false;   ///< some row may not see some key: words are set
  bool biased = false;   ///< biases are set
  bool whole = false;    ///< 64 rows one behind the other in order, of which only the first addresses are set
  bool streams = false;  ///< rows of keys stand one behind the other, in order or in four streams
  std::uint64_t word[decode_most_rows];  ///< bit j: the row sees key j
  alignas(64) float bias[decode_keys];
};

/// The address of row j of a tile, of those in `rows`, or behind the first.
template <bool InOrder = decode_in_order, class T>
[[nodiscard]] LACUNA_INLINE T const* decode_row(bool whole, T const* const* rows, index j, index dim) noexcept {
  return InOrder && whole ? rows[0] + j * dim : rows[j];
}

/// Their addresses. Behind `count` stand those of the last key, up to a multiple of decode_block.
template <class K, class V>
struct decode_slots : decode_tile {
  K const* key[decode_keys];
  V const* value[decode_keys];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
