// SPDX-License-Identifier: MIT
//
// A X with A N:M of int8 that keeps a column of four or more, of eight three where bytes are widened: rows are decoded
// to dense bytes and multiplied as blocks are, zeros and all (kernel/dense_lines.hpp).
//
// Bound: the dots of the dense product, so oneDNN's at best; weights come from L2 or memory in (Keep + 1) / M or so of
// the bytes. Decoding 64 columns of a row is a word of masks, one expand and one store with AVX-512 VBMI2, two cycles
// for each 16 dots of a register of X: at most 20 % of a product of 32 tokens, 6 % of 128, for each 128 tokens anew.
//
// Reached on Zen 5, u8 by rows, packing and finishing included, 1024x1024, 2:4 and 4:8, of what dots alone do there,
// zeros counted: 77 to 84 % with 32 tokens, 83 to 95 with 128, 76 to 87 with 512, where row_tile did 11; oneDNN's dense
// product 90 to 95. Without VNNI 2.8 times the speed of row_tile with AVX-512, 1.3 times with AVX2, 128 tokens.
//
// 1:4 and 2:8, whose codes are made masks by a table, 65 and 50 % with 32 tokens, 88 and 80 with 128, 2.2 to 2.8 times
// the speed of row_tile. On Zen they go slot by slot (nm_int8_columns.hpp) with more than 16 tokens, 1024x1024 on Zen 5
// with 32, 64, 128 and 512 tokens, by turns, dense / slots, G operations/s that count: 1:4 155 / 170, 187 / 248, 210 /
// 274, 208 / 302, 2:8 124 / 167, 163 / 245, 193 / 275, 193 / 300; 4096x4096 of 1:4 with 32 and 128 64 / 104, 117 / 198.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/kernel/dense_lines.hpp>
#include <lacuna/kernel/nm_columns.hpp>
#include <lacuna/kernel/nm_step.hpp>
#include <lacuna/kernel/slot_lines.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/spmm/nm_int8_columns.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// For each value of the codes of some groups, eight bits at most, a bit for each of their columns.
template <int Keep, int M>
struct masks_of_codes {
  using layout = nm_layout<Keep, M>;
  static constexpr int groups = [] {
    for (int g = layout::step_groups; g > 0; --g)
      if (g * layout::group_bits <= 8 && g * M <= 32 && layout::step_groups % g == 0) return g;
    return 0;
  }();
  static constexpr index bits = groups * layout::group_bits;
  std::array<std::uint32_t, std::size_t{1} << bits> of{};

  constexpr masks_of_codes() {
    for (std::size_t field = 0; field != of.size(); ++field)
      for (index e = 0; e != groups * Keep; ++e) {
        auto const code = field >> (e * layout::code_bits) & lacuna::detail::low_bits(layout::code_bits);
        of[field] |= std::uint32_t{1} << (static_cast<std::size_t>(e / Keep * M) + code) % 32;
      }
  }
};
template <int Keep, int M>
inline constexpr masks_of_codes<Keep, M> masks_of{};

/// Rows of N:M as dense bytes, step by step.
template <class Arch, int Keep, int M>
struct nm_bytes {
  using layout = nm_layout<Keep, M>;
  using step = nm_step<Keep, M>;
  static constexpr int width = static_cast<int>(simd::batch<std::int8_t, Arch>::size);  // columns of one expand

  /// Writes columns first .. last of a row, and zeros up to a multiple of four: `first` is the first of a step, `last`
  /// too, or the number of columns of the matrix.
  LACUNA_INLINE static void run(std::uint8_t const* codes, std::int8_t const* values, index first, index last,
                                std::int8_t* to) noexcept {
    auto s = first / step::columns;
    auto const end = last / step::columns;
    values += s * step::slots;
    for (; s != end; ++s, values += step::slots, to += step::columns) expand(mask_of(step::word(codes, s)), values, to);
    if (end * step::columns != last) rest(codes, values, end * layout::step_groups, last, to);
  }

 private:
  /// A bit for each column of a step.
  [[nodiscard]] LACUNA_INLINE static std::uint64_t mask_of(std::uint64_t word) noexcept {
    if constexpr (layout::is_mask) {
      return word;
    } else {
      using masks = masks_of_codes<Keep, M>;
      static_assert(masks::groups != 0);  // a column of four or more is a mask, or codes of no more than 6 bits
      std::uint64_t mask = 0;
      simd::unroll<layout::step_groups / masks::groups>([&](auto n) LACUNA_INLINE_LAMBDA {
        auto const field = word >> (n * masks::bits) & lacuna::detail::low_bits(masks::bits);
        mask |= std::uint64_t{masks_of<Keep, M>.of[field]} << (n * masks::groups * M);
      });
      return mask;
    }
  }
  LACUNA_INLINE static void expand(std::uint64_t mask, std::int8_t const* values, std::int8_t* to) noexcept {
    simd::unroll<(static_cast<int>(step::columns) + width - 1) / width>([&](auto n) LACUNA_INLINE_LAMBDA {
      auto const here = mask >> n * width & ~std::uint64_t{0} >> (64 - width);
      simd::expand<Arch, std::int8_t>::load(values, here).store_unaligned(to + n * width);
      values += std::popcount(here);
    });
  }
  /// The groups from g on, which are no whole step.
  static void rest(std::uint8_t const* codes, std::int8_t const* values, index g, index cols,
                   std::int8_t* to) noexcept {
    std::memset(to, 0, static_cast<std::size_t>(beyond_dense_bytes));
    for (; g != layout::groups(cols); ++g, to += M) {
      std::uint64_t word = lacuna::detail::read_field(codes, g * layout::group_bits, layout::group_bits);
      for (index k = layout::slots(g, cols); k != 0; --k) to[step::next(word)] = *values++;
    }
  }
};

/// What `multiply_quads` may take instead: nothing.
template <int Keep, int M, class Arch>
struct nm_other {};

/// A column of four in codes: on Zen, slot by slot with more than sixteen columns of X.
template <int Keep, int M, class Arch>
  requires(lacuna::detail::tuned_for_zen && simd::avx512<Arch> && 4 * Keep == M &&
           columns_of_codes<Arch, Keep, M>::available)
struct nm_other<Keep, M, Arch> {
  using other = nm_slots<Keep, M, Arch>;
  template <class View>
  [[nodiscard]] static bool wants_other(View const&, index columns) noexcept {
    return columns > 16;
  }
};

template <int Keep, int M, class Arch>
  requires(!nm_by_slots<Arch, Keep, M>)
struct spmm_quads<nm_layout<Keep, M>, Arch>
    : nm_other<Keep, M, Arch>, dense_lines<spmm_quads<nm_layout<Keep, M>, Arch>, Arch, nm_step<Keep, M>::columns> {
  using lines_of_rows = dense_lines<spmm_quads<nm_layout<Keep, M>, Arch>, Arch, nm_step<Keep, M>::columns>;
  static constexpr std::string_view name = "nm/quads";

  /// Where bytes are widened before they are multiplied, zeros cost more: 1:4, AVX2, 128 tokens, 0.6 times row_tile.
  template <class View>
  static constexpr bool accepts =
      lines_of_rows::template accepts<View> && (8 * Keep >= 3 * M || !simd::wide_dot4<Arch>::pays);

  /// See dense_lines.
  template <class View>
  [[nodiscard]] static std::int8_t const* first_value(View const& a, index row) noexcept {
    return a.row_values(row);
  }
  template <class View>
  [[nodiscard]] LACUNA_INLINE static std::int8_t const* next_row(View const& a, index,
                                                                 std::int8_t const* values) noexcept {
    return values + a.values_per_row();
  }
  template <class View>
  LACUNA_INLINE static void expand_row(View const& a, index row, std::int8_t const* values, index from, index to,
                                       std::int8_t* dense) noexcept {
    nm_bytes<Arch, Keep, M>::run(a.row_codes(row), values, from, to, dense);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
