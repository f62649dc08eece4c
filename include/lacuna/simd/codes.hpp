// SPDX-License-Identifier: MIT
//
// A register of positions from codes of a few bits.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/lookup.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: positions from groups of Keep codes of Bits bits, each a position among
/// the M of its group. load<Part>(p): lane l is the code that starts at bit (Part * lanes + l) * Bits of the eight
/// bytes at p, the first bit the lowest of the first byte, plus l / Keep * M. All eight bytes are read. For lanes a
/// multiple of Keep; codes of the part end within the 64 bits, and positions below 256.
template <class Arch, class T, int Bits, int Keep, int M>
struct codes {
  using positions_type = positions<Arch, T>;
  static constexpr int lanes = static_cast<int>(batch<T, Arch>::size);
  static_assert(lanes * Bits <= 64 && lanes / Keep * M <= 256 && lanes % Keep == 0);

  template <int Part = 0>
  [[nodiscard]] LACUNA_INLINE static positions_type load(std::uint8_t const* p) noexcept {
    std::uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(&word, p, sizeof word);
    else
      for (int b = 0; b != 8; ++b) word |= static_cast<std::uint64_t>(p[b]) << (8 * b);
    std::uint8_t bytes[std::size_t{lanes}];
    for (int l = 0; l != lanes; ++l) {
      int const start = (Part * lanes + l) * Bits;
      auto const code = start < 64 ? word >> start & ((1u << Bits) - 1u) : 0;  // no bits: behind the last one
      bytes[l] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(l / Keep * M) + code);
    }
    return positions_type::load(bytes);
  }
};

/// The same for groups that are masks of M bits with Keep ones, where the processor can (`available`): load(p): lane l
/// is the position of one number l, counted from bit 0 of the `bytes` bytes at p, all of which are read; in a form that
/// `lookup` of a table of as many elements as they have bits may want, and that can be `gather`ed as any positions.
///
/// Or, where there is a type `table` of the tables that they are looked up in, load(p) is what that wants, and
/// arrange(x) brings the elements of each into its order, in place. Where there is `line` too, rewrite(masks, to) makes
/// something else of `line` bytes of masks, as many bytes, and load<Part>(p), Part < parts, looks up the ones of
/// register Part of the `bytes` rewritten bytes at p.
template <class Arch, class T, int Keep, int M>
struct mask_codes {
  static constexpr bool available = false;
};

/// The same for codes, where there are tables of their own (`available`): a type `table`, arrange(x) of the elements of
/// each, and load(p), what it takes for the codes of a register that start at p, from `bytes` bytes.
template <class Arch, class T, int Keep, int M>
struct code_tables {
  static constexpr bool available = false;
};

}  // namespace lacuna::simd::inline LACUNA_ISA
