// SPDX-License-Identifier: MIT
//
// What bitmap and the N:M formats with masks have in common: a bit for each column of a row, and its values in order.
// One type for all of them, so that the kernels that read it are compiled once.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Rows of such a matrix, some first row and those below: bit j % 8 of byte j / 8 of bits + r * bytes says that column
/// j of row r has a value.
template <class V>
struct bit_rows {
  std::uint8_t const* bits;
  index bytes;
  V const* values;  // of the first row; those of the others follow
  index each;       // values of every row; negative where a row has as many as it has ones
  V const* first;   // of all values, which may be read up to `last`
  V const* last;

  /// Where the values of row r + 1 start, if those of row r start at `here`.
  [[nodiscard]] LACUNA_INLINE V const* next(index r, V const* here) const noexcept {
    return here + (each >= 0 ? each : lacuna::detail::count_bits(bits + r * bytes, bytes));
  }
};

/// A matrix of View's layout has such rows.
template <class Layout>
inline constexpr bool has_bit_rows = std::same_as<Layout, bitmap_layout>;
template <int Keep, int M>
inline constexpr bool has_bit_rows<nm_layout<Keep, M>> = nm_layout<Keep, M>::is_mask;

/// Row `first` of a and those below; first < a.rows().
template <class View>
  requires(has_bit_rows<typename View::layout>)
[[nodiscard]] LACUNA_INLINE bit_rows<typename View::value_type> bit_rows_from(View a, index first) noexcept {
  auto const* const all = a.values().data();
  auto const* const last = all + a.values().size();
  if constexpr (std::same_as<typename View::layout, bitmap_layout>)
    return {a.row_bits(first), a.bytes_per_row(), all + a.row_start(first), -1, all, last};
  else
    return {a.row_codes(first), a.bytes_per_row(), a.row_values(first), a.values_per_row(), all, last};
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
