// SPDX-License-Identifier: MIT
//
// A X with A N:M of int8 that keeps less than a column of four, without vpdpbusd one of two or less: the columns of all
// rows are decoded once for a product, 4 bytes a slot, and multiplied four slots at a time (kernel/slot_quads.hpp has
// the bound).
//
// Reached on Zen 5, u8 by rows, packing, decoding and finishing included, 1024x1024, 1:16: 1.5 to 2.0, 2.0 to 2.7
// and 2.5 to 3.3 times the dense rate of dots with 64, 128 and 512 tokens, 1.2 to 1.6, 1.4 to 1.9 and 2.2 to 2.9 times
// row_tile. Decoding takes two cycles a slot, as long as the dots of 64 tokens: with 9 to 32 tokens row_tile is as
// fast.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/kernel/nm_columns.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/slot_lines.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/kernel/spmm.hpp>

#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int Keep, int M, class Arch>
  requires nm_by_slots<Arch, Keep, M>
struct spmm_quads<nm_layout<Keep, M>, Arch> : slot_lines<spmm_quads<nm_layout<Keep, M>, Arch>, Arch> {
  static constexpr std::string_view name = "nm/columns";

  template <class View>
  [[nodiscard]] LACUNA_INLINE static auto slots(quads_matrix<View> const& matrix, index i) noexcept {
    auto const count = matrix.a.values_per_row();
    return slot_list{matrix.columns, matrix.a.values().data(), i * count, (i + 1) * count};
  }
  /// See multiply_quads.
  template <class View>
  [[nodiscard]] static index columns_stored(View const& a) noexcept {
    return a.stored();
  }
  template <class View>
  static void decode(View const& a, std::int32_t* columns, index first, index last) noexcept {
    for (index i = first; i != last; ++i)
      all_nm_columns<Keep, M>(a.row_codes(i), a.cols(), columns + i * a.values_per_row());
  }
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    auto const count = a.values_per_row();
    for (index i = first; i != last; ++i)
      sums[i] = spmm_quads::start_of(a.values().data(), i * count, (i + 1) * count, factor);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
