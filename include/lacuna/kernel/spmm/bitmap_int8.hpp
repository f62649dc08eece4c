// SPDX-License-Identifier: MIT
//
// A X with a bitmap of int8, whose columns are decoded once for a product; then as csr.
//
// Bound: a compression and a store for each register of columns, whatever the sparsity, beside what csr takes. Reached
// on Zen 5, 1024x1024, u8 by rows, of the rate of vpdpbusd at 50, 80, 90, 95 % sparsity: 26, 21, 16, 10 % with 128
// tokens, 29, 27, 23, 19 with 512, where row_tile does 6 to 9.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/kernel/bit_columns.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/slot_lines.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/kernel/spmm.hpp>

#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// matrix.columns has, for each row, how many slots there are before it in its group of rows with an offset; behind
/// them the column of each slot.
template <class Arch>
struct spmm_quads<bitmap_layout, Arch> : slot_lines<spmm_quads<bitmap_layout, Arch>, Arch> {
  static constexpr std::string_view name = "bitmap/columns";

  template <class View>
  [[nodiscard]] LACUNA_INLINE static auto slots(quads_matrix<View> const& matrix, index i) noexcept {
    auto const& a = matrix.a;
    auto const start = [&](index row) LACUNA_INLINE_LAMBDA {
      return row == a.rows()
                 ? a.stored()
                 : static_cast<index>(a.offsets().data()[row / View::rows_per_offset]) + matrix.columns[row];
    };
    return slot_list{matrix.columns + a.rows(), a.values().data(), start(i), start(i + 1)};
  }
  /// See multiply_quads.
  template <class View>
  [[nodiscard]] static index columns_stored(View const& a) noexcept {
    return a.rows() + a.stored();
  }
  template <class View>
  static void decode(View const& a, std::int32_t* to, index first, index last) noexcept {
    if (first == last) return;
    auto* const columns = reinterpret_cast<std::uint32_t*>(to + a.rows());
    auto slot = a.row_start(first);
    auto const end = last == a.rows() ? a.stored() : a.row_start(last);
    for (index i = first; i != last; ++i) {
      to[i] = static_cast<std::int32_t>(slot - static_cast<index>(a.offsets().data()[i / View::rows_per_offset]));
      slot = bit_columns<Arch>(a.row_bits(i), a.bytes_per_row(), columns, slot, end);
    }
  }
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    if (first == last) return;
    auto slot = a.row_start(first);
    for (index i = first; i != last; ++i) {
      auto const end = slot + lacuna::detail::count_bits(a.row_bits(i), a.bytes_per_row());
      sums[i] = spmm_quads::start_of(a.values().data(), slot, end, factor);
      slot = end;
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
