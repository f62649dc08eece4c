// SPDX-License-Identifier: MIT
//
// A X with A N:M of int8 that keeps a column of four or more, of eight three where bytes are widened: rows are decoded
// to dense bytes in L1, sixteen rows and some 512 columns at a time, and multiplied as blocks are, zeros and all, by
// tiles of dots (kernel/quad_rows.hpp).
//
// Bound: the dots of the dense product, so oneDNN's at best; weights come from L2 or memory in (Keep + 1) / M or so of
// the bytes. Decoding 64 columns of a row is a word of masks, one expand and one store with AVX-512 VBMI2, two cycles
// for each 16 dots of a register of X: at most 20 % of a product of 32 tokens, 6 % of 128, for each 128 tokens anew. No
// weight is turned: tiles take fours of a row from where the row stands.
//
// Reached on Zen 5, u8 by rows, packing and finishing included, 1024x1024, 2:4 and 4:8, of what dots alone do there,
// zeros counted: 77 to 84 % with 32 tokens, 83 to 95 with 128, 76 to 87 with 512, where row_tile did 11; oneDNN's dense
// product 90 to 95. Without VNNI 2.8 times the speed of row_tile with AVX-512, 1.3 times with AVX2, 128 tokens.
//
// 1:4 and 2:8, whose codes are made masks by a table, 65 and 50 % with 32 tokens, 88 and 80 with 128, 2.2 to 2.8 times
// the speed of row_tile. What keeps fewer columns is faster slot by slot (nm_int8_columns.hpp): 1:4 slot by slot 0.4
// times the speed with 32 tokens, 0.9 with 128, 1.2 with 512.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/kernel/nm_step.hpp>
#include <lacuna/kernel/quad_lines.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/slot_lines.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
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
  /// Bytes behind the last column that may be written.
  static constexpr index beyond = 64;

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
    std::memset(to, 0, static_cast<std::size_t>(beyond));
    for (; g != layout::groups(cols); ++g, to += M) {
      std::uint64_t word = lacuna::detail::read_field(codes, g * layout::group_bits, layout::group_bits);
      for (index k = layout::slots(g, cols); k != 0; --k) to[step::next(word)] = *values++;
    }
  }
};

/// Quads of rows that stand as dense bytes, with the rows of X from `row` on.
struct dense_quads {
  /// Three registers of X, 24 KB, stay in L1 for all rows.
  static constexpr bool columns_first = true;
  std::int8_t const* weights;
  index row;

  [[nodiscard]] LACUNA_INLINE quad_place operator()(index q) const noexcept { return {weights + 4 * q, row + q}; }
};

/// Rows that are decoded together: two tiles of eight.
inline constexpr int nm_rows_together = 16;

template <int Keep, int M, class Arch>
  requires(!nm_by_slots<Arch, Keep, M>)
struct spmm_quads<nm_layout<Keep, M>, Arch>
    : quad_lines<spmm_quads<nm_layout<Keep, M>, Arch>, Arch, nm_rows_together, 8> {
  using lines_of_rows = quad_lines<spmm_quads<nm_layout<Keep, M>, Arch>, Arch, nm_rows_together, 8>;
  static constexpr std::string_view name = "nm/quads";

  /// Where bytes are widened before they are multiplied, zeros cost more: 1:4, AVX2, 128 tokens, 0.6 times row_tile.
  template <class View>
  static constexpr bool accepts =
      lines_of_rows::template accepts<View> && (8 * Keep >= 3 * M || !simd::wide_dot4<Arch>::pays);

  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return lacuna::detail::ceil_div(a.cols(), index{4});
  }
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return lacuna::detail::ceil_div(a.rows(), index{together});
  }
  template <int N, class View>
  static void multiply_line(quads_matrix<View> const& matrix, index b, std::int32_t const* x,
                            quad_sums const& sums) noexcept {
    alignas(64) std::int8_t weights[std::size_t{together * pitch}];
    auto const cols = matrix.a.cols();
    index from = 0;
    do {
      auto const to = std::min(cols, from + piece);
      decode(matrix.a, b * together, from, to, weights);
      quad_rows<Arch, together, pitch, N>::run(dense_quads{weights, from / 4}, 0, (to - from + 3) / 4, x, sums,
                                               from != 0);
      from = to;
    } while (from < cols);
  }
  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    for (index i = first * together; i != last * together; ++i)
      sums[i] = i < a.rows() ? sum_of_values(a.row_values(i), a.values_per_row(), factor) : 0;
  }

 private:
  using bytes = nm_bytes<Arch, Keep, M>;
  static constexpr int together = nm_rows_together;
  static constexpr index step_columns = nm_step<Keep, M>::columns;
  /// Columns that are decoded at a time, a multiple of four. 256 instead of 512: 128 tokens 0.94, 32 tokens 0.89 of the
  /// speed; 1024 the same.
  static constexpr index piece = 512 / (4 * step_columns) * 4 * step_columns;
  static_assert(piece > 0);
  static constexpr int pitch = static_cast<int>((piece + bytes::beyond + 63) / 64 * 64);

  /// Columns from .. to of the rows from i on, each `pitch` bytes behind the one before; the last is repeated for rows
  /// that there are not.
  template <class View>
  LACUNA_NOINLINE static void decode(View const& a, index i, index from, index to, std::int8_t* dense) noexcept {
    auto const codes = a.bytes_per_row(), values = a.values_per_row();
    auto const* row_codes = a.row_codes(i);
    auto const* row_values = a.row_values(i);
    for (auto const end = i + together; i != end; ++i, dense += pitch) {
      bytes::run(row_codes, row_values, from, to, dense);
      if (i + 1 < a.rows()) row_codes += codes, row_values += values;
    }
  }
  [[nodiscard]] static std::int32_t sum_of_values(std::int8_t const* values, index count,
                                                  std::int32_t factor) noexcept {
    using byte = simd::dot4_byte<Arch>;
    using weights = simd::batch<std::int8_t, Arch>;
    constexpr auto lanes = static_cast<index>(weights::size);
    simd::batch<byte, Arch> const one(byte{1});
    simd::batch<std::int32_t, Arch> some(0);
    index e = 0;
    for (; count - e >= lanes; e += lanes)
      some = simd::dot4<Arch, byte>::add(some, one, weights::load_unaligned(values + e));
    auto sum = static_cast<std::uint32_t>(simd::reduce_add(some));
    for (; e != count; ++e) sum += static_cast<std::uint32_t>(values[e]);
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(factor) * sum);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
