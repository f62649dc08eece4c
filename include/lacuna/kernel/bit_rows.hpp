// SPDX-License-Identifier: MIT
//
// What bitmap and the N:M formats with masks have in common: a bit for each column of a row, and its values in order.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/nm.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The rows of such a matrix: bit j % 8 of byte j / 8 of bits(i) says that column j has a value.
template <class View, class Layout = typename View::layout>
struct bit_rows {
  static constexpr bool available = false;
};

template <class View>
struct bit_rows<View, bitmap_layout> {
  static constexpr bool available = true;
  using value_type = typename View::value_type;
  View a;

  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return a.bytes_per_row(); }
  [[nodiscard]] LACUNA_INLINE std::uint8_t const* bits(index i) const noexcept { return a.row_bits(i); }
  /// Where the values of row i start, if i < rows.
  [[nodiscard]] LACUNA_INLINE value_type const* values(index i) const noexcept {
    return a.values().data() + a.row_start(i);
  }
  /// The same, if those of row i - 1 start at `before`.
  [[nodiscard]] LACUNA_INLINE value_type const* values(index i, value_type const* before) const noexcept {
    return before + detail::count_bits(bits(i - 1), bytes());
  }
};

template <class View, int Keep, int M>
  requires(nm_layout<Keep, M>::is_mask)
struct bit_rows<View, nm_layout<Keep, M>> {
  static constexpr bool available = true;
  using value_type = typename View::value_type;
  View a;

  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return a.bytes_per_row(); }
  [[nodiscard]] LACUNA_INLINE std::uint8_t const* bits(index i) const noexcept { return a.row_codes(i); }
  [[nodiscard]] LACUNA_INLINE value_type const* values(index i) const noexcept { return a.row_values(i); }
  [[nodiscard]] LACUNA_INLINE value_type const* values(index i, value_type const*) const noexcept { return values(i); }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
