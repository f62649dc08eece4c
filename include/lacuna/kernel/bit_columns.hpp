// SPDX-License-Identifier: MIT
//
// The columns of a bitmap, written out: what kernels that want numbers for bits decode once for a product.
//
// Bound: simd/word_places.hpp, for each word of 64 columns, whatever the sparsity.
//
// Reached on Zen 5, AVX-512: 7, 6, 5.5 cycles a word at 50, 80, 95 % sparsity in L1.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/simd/isa.hpp>

#include <bit>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Columns of a bitmap that 32 bits count.
inline constexpr index most_bit_columns = index{1} << 32;

/// Writes the places of the ones among `bytes` bytes to to[slot], ... and returns the slot behind them; may write
/// anything between that and `end`, and nothing there.
template <class Arch>
index bit_columns(std::uint8_t const* bits, index bytes, std::uint32_t* to, index slot, index end) noexcept {
  for (index b = 0; b < bytes; b += 8) {
    auto word = lacuna::detail::load_bits(bits + b, bytes - b);
    auto const first = static_cast<std::uint32_t>(8 * b);
    if (end - slot >= 64) {
      simd::word_places<Arch>::store(to + slot, word, first);
      slot += std::popcount(word);
    } else {
      for (; word != 0; word &= word - 1) to[slot++] = first + static_cast<std::uint32_t>(std::countr_zero(word));
    }
  }
  return slot;
}

/// Writes the columns of the slots of rows first .. last of a bitmap to columns[slot], and nothing to places of others,
/// and calls start(i, slot) with each of these rows and its first slot. Expects at most 2^32 columns. O(words of those
/// rows), and as many bits before them as row_start counts. Inlined: int8, 512x512 at 98 %, 32 columns, Zen 5, 8.5 us
/// instead of 9.2.
template <class Arch, class View, class Start>
LACUNA_INLINE void bitmap_columns(View const& a, std::uint32_t* columns, index first, index last,
                                  Start const& start) noexcept {
  LACUNA_ASSERT(a.cols() <= most_bit_columns);
  if (first == last) return;
  auto slot = a.row_start(first);
  auto const end = last == a.rows() ? a.stored() : a.row_start(last);
  for (index i = first; i != last; ++i) {
    start(i, slot);
    slot = bit_columns<Arch>(a.row_bits(i), a.bytes_per_row(), columns, slot, end);
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
