// SPDX-License-Identifier: MIT
//
// The columns of a row of N:M groups, written out.
//
// As 32 bits, eight codes are taken out of one word by lanes that shift it as far as each has to: five instructions,
// where code by code takes 2 to 3 cycles each. int8 times 32 columns, 1024x1024 on Zen 5: AVX2 2:8 161 instead of 330
// us, 1:4 171 instead of 273, 1:16 46 instead of 71; AVX-512 1:16 31 instead of 59.
//
// Eight groups of up to eight bits are one load, and their number of slots is constant, so that nothing is
// mispredicted. Masks of at most eight bits and four slots are looked up, those of 2:4 two at a time: a quarter to half
// a cycle a slot, where taking the bits one by one costs two. V:N:M 4x2:4, one token, 512x512 on Zen 5: 14.4 us with
// two at a time, 17.5 with one. Codes are spread over 64 bits, four at a time, in nine operations. int8 times one and
// eight columns, 1024x1024 on Zen 5, beside code by code: AVX2 2:8 213 and 246 instead of 372 and 392 us, 1:4 233 and
// 277 instead of 284 and 318; AVX-512 2:8 160 and 165 instead of 327 and 315, 1:16 69 and 60 instead of 77 and 73.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/narrow.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

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

/// Four neighbours of `Bits` bits, at most 8, the lowest of `fields`, 16 bits each: the first lowest.
template <int Bits>
[[nodiscard]] LACUNA_INLINE constexpr std::uint64_t spread_four(std::uint64_t fields) noexcept {
  static_assert(Bits <= 8, "a shift may not bring fields to places that others still have");
  constexpr std::uint64_t one = lacuna::detail::low_bits(Bits), two = one | one << Bits;
  fields &= two | two << 2 * Bits;
  fields = (fields | fields << (32 - 2 * Bits)) & (two | two << 32);
  return (fields | fields << (16 - Bits)) & one * 0x0001000100010001u;
}

/// What stands before the columns of four slots of codes of Keep, from slot number `slot` of the first group on.
template <int Keep, int M>
[[nodiscard]] constexpr std::uint64_t groups_of_four(int slot) noexcept {
  std::uint64_t all = 0;
  for (int s = 0; s != 4; ++s) all |= static_cast<std::uint64_t>((slot + s) / Keep * M) << (16 * s);
  return all;
}

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
  } else if constexpr (!layout::is_mask && Groups * Keep % 4 == 0 && std::endian::native == std::endian::little) {
    constexpr int bits = layout::code_bits;  // of slots that follow each other
    auto const first = static_cast<std::uint64_t>(column) * 0x0001000100010001u;
    simd::unroll<Groups * Keep / 4>([&](auto f) LACUNA_INLINE_LAMBDA {
      auto const four = spread_four<bits>(word >> (f * 4 * bits)) + groups_of_four<Keep, M>(f * 4) + first;
      std::memcpy(columns + f * 4, &four, sizeof four);
    });
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

/// Columns of eight slots at a time, by lanes that take their codes out of one word.
template <class Arch, int Keep, int M>
struct columns_of_codes {
  using layout = nm_layout<Keep, M>;
  static constexpr int slots = 8;                                    // whole groups
  static constexpr int bytes = static_cast<int>(layout::code_bits);  // that hold their codes
  static constexpr index columns = slots / Keep * M;

  using arch = simd::narrow_arch<Arch, float, bytes <= 4 ? 8 : 4>;
  using word_type = std::conditional_t<bytes <= 4, std::uint32_t, std::uint64_t>;
  static constexpr auto reach = static_cast<index>(sizeof(word_type));
  /// Where lanes are shifted one by one, a loop over the slots does as well.
  static constexpr bool available = !layout::is_mask && slots % Keep == 0 && bytes != 0 &&
                                    (simd::avx2<Arch> || simd::avx512<Arch> || simd::neon64<Arch>);

  /// Writes the columns of as many whole groups of a row as it can, and returns how many slots they are. Reads the
  /// bytes of the row and no others.
  static index run(std::uint8_t const* codes, index cols, std::int32_t* to) noexcept {
    using numbers = simd::batch<std::uint32_t, arch>;
    constexpr int lanes = static_cast<int>(numbers::size);
    static_assert(lanes * bytes <= 32 && slots % lanes == 0);
    auto const steps = std::min(cols / columns, (layout::row_bytes(cols) - reach + bytes) / bytes);
    std::uint32_t first = 0;
    for (index step = 0; step < steps; ++step, codes += bytes, to += slots, first += columns)
      simd::unroll<slots / lanes>([&](auto part) LACUNA_INLINE_LAMBDA {
        auto const word = numbers(static_cast<std::uint32_t>(read(codes) >> (part * lanes * bytes)));
        auto const code = word >> numbers::load_unaligned(shifts.data()) & numbers(lacuna::detail::low_bits(bytes));
        auto const column = code + numbers::load_unaligned(origins.data() + part * lanes) + numbers(first);
        simd::bits_as<std::int32_t>(column).store_unaligned(to + part * lanes);
      });
    return std::max<index>(steps, 0) * slots;
  }

 private:
  static constexpr auto shifts = [] {
    std::array<std::uint32_t, std::size_t{slots}> all{};
    for (std::size_t e = 0; e != all.size(); ++e) all[e] = static_cast<std::uint32_t>(e) * bytes;
    return all;
  }();
  static constexpr auto origins = [] {
    std::array<std::uint32_t, std::size_t{slots}> all{};
    for (std::size_t e = 0; e != all.size(); ++e) all[e] = static_cast<std::uint32_t>(e) / Keep * M;
    return all;
  }();

  [[nodiscard]] LACUNA_INLINE static word_type read(std::uint8_t const* codes) noexcept {
    if constexpr (std::endian::native == std::endian::little) {
      word_type word;
      std::memcpy(&word, codes, sizeof word);
      return word;
    } else {
      return static_cast<word_type>(lacuna::detail::load_bits(codes, reach));
    }
  }
};

/// The same for any number of columns, with room for all slots and no more.
template <class Arch, int Keep, int M>
void all_nm_columns(std::uint8_t const* codes, index cols, std::int32_t* columns) noexcept {
  using layout = nm_layout<Keep, M>;
  constexpr index groups = std::max<index>(1024 / Keep / 8, 1) * 8;  // decoded at a time: whole bytes of codes
  static_assert(groups * M <= 65536);
  index first = 0;
  using quick = columns_of_codes<Arch, Keep, M>;
  if constexpr (quick::available) {
    auto const slots = quick::run(codes, cols, columns);
    first = slots / Keep * M;
    codes += slots / 8 * layout::code_bits;
    columns += slots;
  }
  std::uint16_t some[static_cast<std::size_t>(groups * Keep + 3)];
  for (; first < cols; first += groups * M) {
    auto const count = nm_columns<Keep, M>(codes, std::min(cols - first, groups * M), some);
    for (index s = 0; s != count; ++s) columns[s] = static_cast<std::int32_t>(first + some[s]);
    codes += groups / 8 * layout::group_bits;
    columns += count;
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
