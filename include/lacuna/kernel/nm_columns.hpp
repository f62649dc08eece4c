// SPDX-License-Identifier: MIT
//
// The columns of a row of N:M groups, written out.
//
// Eight groups of up to eight bits are one load, and their number of slots is constant, so that nothing is
// mispredicted. Masks of at most eight bits and four slots are looked up, those of 2:4 two at a time: a quarter to half
// a cycle a slot, where taking the bits one by one costs two. V:N:M 4x2:4, one token, 512x512 on Zen 5: 14.4 us with
// two at a time, 17.5 with one.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// For each mask of M bits the positions of its first four ones, 16 bits each, the first lowest.
template <int M>
struct mask_positions {
  std::array<std::uint64_t, std::size_t{1} << M> of{};

  constexpr mask_positions() {
    for (std::size_t mask = 0; mask != of.size(); ++mask)
      for (std::uint64_t j = 0, at = 0; j != M && at != 64; ++j)
        if ((mask >> j & 1u) != 0) {
          of[mask] |= j << at;
          at += 16;
        }
  }
};
template <int M>
inline constexpr mask_positions<M> positions_of_mask{};

/// Neighbouring masks that are looked up as one: two of 2:4, whose eight bits are one of 4:8.
template <int Keep, int M>
inline constexpr int masks_together = 2 * M <= 8 && 2 * Keep <= 4 ? 2 : 1;

/// Columns of the groups whose codes are `word`, the first group from `column` on; writes up to three elements more
/// than there are slots.
template <int Keep, int M, int Groups = 8>
LACUNA_INLINE void columns_of_groups(std::uint64_t word, index column, std::uint16_t* columns) noexcept {
  using layout = nm_layout<Keep, M>;
  constexpr int together = layout::is_mask ? masks_together<Keep, M> : 1;
  if constexpr (together > 1) {
    columns_of_groups<together * Keep, together * M, Groups / together>(word, column, columns);
  } else {
    simd::unroll<Groups>([&](auto g) LACUNA_INLINE_LAMBDA {
      auto* const to = columns + g * Keep;
      auto const first = static_cast<std::uint64_t>(column) + g * M;
      auto field = word >> (g * layout::group_bits) & lacuna::detail::low_bits(layout::group_bits);
      if constexpr (layout::is_mask && M <= 8 && Keep <= 4 && std::endian::native == std::endian::little) {
        auto const four = positions_of_mask<M>.of[field] + first * 0x0001000100010001u;
        std::memcpy(to, &four, sizeof four);
      } else {
        simd::unroll<Keep>([&](auto k) LACUNA_INLINE_LAMBDA {
          if constexpr (layout::is_mask) {
            to[k] = static_cast<std::uint16_t>(first + static_cast<std::uint64_t>(std::countr_zero(field)));
            field &= field - 1;
          } else {
            to[k] = static_cast<std::uint16_t>(
                first + (field >> (k * layout::code_bits) & lacuna::detail::low_bits(layout::code_bits)));
          }
        });
      }
    });
  }
}

/// Writes the columns of a row of groups, which number at most 65536, in increasing order, and returns how many.
/// `columns` has room for three more. Reads the bytes of the row and no others.
template <int Keep, int M>
LACUNA_INLINE index nm_columns(std::uint8_t const* codes, index cols, std::uint16_t* columns) noexcept {
  using layout = nm_layout<Keep, M>;
  index column = 0;
  index count = 0;
  if constexpr (layout::group_bits <= 8)
    for (; cols - column >= 8 * M; column += 8 * M, count += 8 * Keep, codes += layout::group_bits)
      columns_of_groups<Keep, M>(lacuna::detail::load_bits(codes, layout::group_bits), column, columns + count);
  lacuna::detail::visit_nm_columns<Keep, M>(codes, cols - column, [&](index j) LACUNA_INLINE_LAMBDA {
    columns[count++] = static_cast<std::uint16_t>(column + j);
  });
  return count;
}

/// The same for any number of columns, with room for all slots and no more.
template <int Keep, int M>
void all_nm_columns(std::uint8_t const* codes, index cols, std::int32_t* columns) noexcept {
  constexpr index groups = std::max<index>(1024 / Keep / 8, 1) * 8;  // decoded at a time: whole bytes of codes
  static_assert(groups * M <= 65536);
  std::uint16_t some[static_cast<std::size_t>(groups * Keep + 3)];
  for (index first = 0; first < cols; first += groups * M) {
    auto const count = nm_columns<Keep, M>(codes, std::min(cols - first, groups * M), some);
    for (index s = 0; s != count; ++s) columns[s] = static_cast<std::int32_t>(first + some[s]);
    codes += groups / 8 * nm_layout<Keep, M>::group_bits;
    columns += count;
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
