// SPDX-License-Identifier: MIT
//
// How the groups of an N:M matrix are laid out and encoded, and what a sound group is.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/bits.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace lacuna {

/// Names the order of data: row by row, Keep values for every group of M columns, and where they stand, in bits.
template <int Keep, int M>
struct nm_layout {
  static_assert(1 <= Keep && Keep <= M && M <= 32, "lacuna: nm<T, Keep, M> needs 1 <= Keep <= M <= 32");
  static constexpr index keep = Keep;
  static constexpr index group = M;
  /// Bits of a position: ceil(log2 M).
  static constexpr index code_bits = std::bit_width(static_cast<unsigned>(M - 1));
  /// Whether a group is written as a mask of M bits; else as Keep codes in increasing order.
  static constexpr bool is_mask = M <= Keep * code_bits;
  /// Bits of a group: min(M, Keep * code_bits). At most 32.
  static constexpr index group_bits = is_mask ? M : Keep * code_bits;

  /// Groups that are taken at once: at most 64 columns, and whole bytes of at most 64 bits if that is possible, else
  /// one.
  static constexpr int step_groups = [] {
    for (int g = 64 / M; g > 1; --g)
      if (g * group_bits % 8 == 0 && g * group_bits <= 64) return g;
    return 1;
  }();
  static constexpr index step_columns = index{step_groups} * M;
  static constexpr index step_slots = index{step_groups} * Keep;
  static constexpr index step_bits = index{step_groups} * group_bits;

  /// Groups in a row: ceil(cols / M).
  [[nodiscard]] LACUNA_INLINE static constexpr index groups(index cols) noexcept { return cols / M + (cols % M != 0); }
  /// Columns of group g: M, or cols % M in a short last group.
  [[nodiscard]] LACUNA_INLINE static constexpr index width(index g, index cols) noexcept {
    return cols - g * M < M ? cols - g * M : M;
  }
  /// Slots of group g: min(Keep, width).
  [[nodiscard]] LACUNA_INLINE static constexpr index slots(index g, index cols) noexcept {
    return width(g, cols) < Keep ? width(g, cols) : Keep;
  }
  /// Slots of a row.
  [[nodiscard]] LACUNA_INLINE static constexpr index row_values(index cols) noexcept {
    return cols / M * Keep + (cols % M < Keep ? cols % M : Keep);
  }
  /// Bytes that the groups of a row take: ceil(groups * group_bits / 8), computed without overflow.
  [[nodiscard]] LACUNA_INLINE static constexpr index row_bytes(index cols) noexcept {
    auto const n = groups(cols);
    return n / 8 * group_bits + (n % 8 * group_bits + 7) / 8;
  }
  /// The bits of a group whose positions are the ones of `positions`.
  [[nodiscard]] LACUNA_INLINE static constexpr std::uint32_t encode(std::uint32_t positions) noexcept {
    if constexpr (is_mask) return positions;
    std::uint32_t field = 0;
    for (index at = 0; positions != 0; positions &= positions - 1, at += code_bits)
      field |= static_cast<std::uint32_t>(std::countr_zero(positions)) << at;
    return field;
  }
};

}  // namespace lacuna

namespace lacuna::detail {

/// Calls f(column) for each slot of a row of groups, in increasing order. Reads the bytes of the row and no others.
template <int Keep, int M, class F>
LACUNA_INLINE void visit_nm_columns(std::uint8_t const* codes, index cols, F&& f) {
  using layout = nm_layout<Keep, M>;
  auto const groups = layout::groups(cols);
  auto const bytes = layout::row_bytes(cols);
  if constexpr (layout::is_mask)  // the masks of a row, one behind the other, are a bit for each column
    visit_bits(codes, bytes, f);
  else
    visit_fields<layout::group_bits>(codes, bytes, groups, [&](index g, std::uint32_t field) LACUNA_INLINE_LAMBDA {
      auto const slots = g + 1 == groups ? layout::slots(g, cols) : layout::keep;
      for (index k = 0; k != slots; ++k, field >>= layout::code_bits)
        f(g * M + static_cast<index>(field & low_bits(layout::code_bits)));
    });
}

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

struct pattern_text {
  char characters[16] = {};
};

constexpr pattern_text make_pattern_text(std::string_view format, std::initializer_list<int> counts) noexcept {
  pattern_text text;
  char* at = text.characters;
  for (char const c : format) *at++ = c;
  char before = '<';
  for (int const count : counts) {
    *at++ = before;
    if (before == ',') *at++ = ' ';
    if (count >= 10) *at++ = static_cast<char>('0' + count / 10);
    *at++ = static_cast<char>('0' + count % 10);
    before = ',';
  }
  *at = '>';
  return text;
}
template <int Keep, int M>
inline constexpr pattern_text nm_text_of = make_pattern_text("nm", {Keep, M});

/// "nm<2, 4>", for messages.
template <int Keep, int M>
inline constexpr char const* nm_name = nm_text_of<Keep, M>.characters;

/// Throws format_error unless codes and values have the sizes that the shape asks for.
template <int Keep, int M>
void validate_nm_sizes(index rows, index cols, std::size_t codes, std::size_t values) {
  auto const* const name = nm_name<Keep, M>;
  validate_counts(name, rows, cols);
  auto const row_bytes = nm_layout<Keep, M>::row_bytes(cols);
  auto const row_values = nm_layout<Keep, M>::row_values(cols);
  if (std::cmp_not_equal(checked_multiply(rows, row_bytes, name), codes))
    fail<format_error>(name, ": ", rows, " rows of ", cols, " columns need ", rows, " * ", row_bytes,
                       " bytes of codes, got ", codes);
  if (std::cmp_not_equal(checked_multiply(rows, row_values, name), values))
    fail<format_error>(name, ": ", rows, " rows of ", cols, " columns need ", rows, " * ", row_values, " values, got ",
                       values);
}

/// Calls wrong(what...) unless the bits of group g name the right number of positions, increasing and inside the
/// matrix, and no other bit is set.
template <int Keep, int M, class Wrong>
void check_nm_group(index g, index cols, std::uint32_t field, Wrong&& wrong) {
  using layout = nm_layout<Keep, M>;
  auto const width = layout::width(g, cols);
  auto const slots = layout::slots(g, cols);
  if constexpr (layout::is_mask) {
    if ((field & ~low_bits(width)) != 0) wrong(" have a bit set behind the last column");
    if (std::popcount(field) != slots) wrong(" have ", std::popcount(field), " bits set, expected ", slots);
  } else {
    index before = -1;
    for (index k = 0; k != slots; ++k, field >>= layout::code_bits) {
      auto const code = static_cast<index>(field & low_bits(layout::code_bits));
      if (code >= width) wrong(" have code ", code, ", expected codes below ", width);
      if (code <= before) wrong(" have code ", code, " after ", before, ", expected increasing codes");
      before = code;
    }
    if (field != 0) wrong(" have bits set behind their ", slots, " codes");
  }
}

/// Throws format_error unless the codes of a row of groups are sound; `line` ("row ", i) says which it is.
template <int Keep, int M, class... Line>
void validate_nm_codes(char const* name, std::uint8_t const* codes, index cols, Line const&... line) {
  using layout = nm_layout<Keep, M>;
  for (index g = 0; g != layout::groups(cols); ++g)
    check_nm_group<Keep, M>(g, cols, read_field(codes, g * layout::group_bits, layout::group_bits),
                            [&](auto const&... what) {
                              fail<format_error>(name, ": ", line..., ", columns ", g * M, "..",
                                                 g * M + layout::width(g, cols) - 1, what...);
                            });
  auto const used = layout::groups(cols) * layout::group_bits % 8;
  if (used != 0 && codes[layout::row_bytes(cols) - 1] >> used != 0)
    fail<format_error>(name, ": ", line..., " has a bit set behind its last group, in its last byte, above bit ",
                       used - 1);
}

/// The positions of a group with the lowest free ones added until there are `slots`.
[[nodiscard]] LACUNA_INLINE std::uint32_t filled_nm_group(std::uint32_t positions, index slots) noexcept {
  for (auto missing = slots - std::popcount(positions); missing > 0; --missing) positions |= positions + 1;
  return positions;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
