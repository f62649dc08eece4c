// SPDX-License-Identifier: MIT
//
// The columns of a bitmap, written out: what kernels that want numbers for bits decode once for a product.
//
// Bound: simd/word_places.hpp, for each word of 64 columns, whatever the sparsity.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/simd/isa.hpp>

#include <bit>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

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

}  // namespace lacuna::kernel::inline LACUNA_ISA
