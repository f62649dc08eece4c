// SPDX-License-Identifier: MIT
//
// A X with A N:M of int8 that keeps less than a column of four, without vpdpbusd one of two or less: the columns of all
// rows are decoded once for a product, 4 bytes a slot, and multiplied four slots at a time (kernel/slot_quads.hpp has
// the bound).
//
// Reached on Zen 5, u8 by rows, packing, decoding and finishing included, 1024x1024, 1:16: 136, 217 and 232 G
// operations/s that count with 32, 64 and 128 tokens, 2.2 to 3.7 times the dense rate of dots, 2.4 to 2.6 times
// row_tile; with 9 and 16 tokens 2.0 times it. With AVX2 1.3 times row_tile with 9 and 16 tokens, 1.6 with 32 to 128;
// 2:8 1.55, 1.6, 1.7 times it with 16, 32 and 64, 1:4 1.8.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/kernel/nm_columns.hpp>
#include <lacuna/kernel/nm_pairs.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/slot_lines.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/kernel/slot_rows.hpp>
#include <lacuna/kernel/spmm.hpp>

#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// weight_sums of a kernel that is derived from slot_lines.
template <class Kernel, class View>
void nm_weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
  auto const count = a.values_per_row();
  for (index i = first; i != last; ++i)
    sums[i] = Kernel::start_of(a.values().data(), i * count, (i + 1) * count, factor);
}

/// Rows decoded one by one.
template <int Keep, int M, class Arch>
struct nm_slot_rows : slot_rows<nm_slot_rows<Keep, M, Arch>, Arch, std::uint16_t> {
  template <class View>
  [[nodiscard]] static index first_slot(View const& a, index row) noexcept {
    return row * a.values_per_row();
  }
  template <class View>
  [[nodiscard]] LACUNA_INLINE static index decode_row(View const& a, index row, std::uint16_t* to) noexcept {
    return nm_columns<Keep, M>(a.row_codes(row), a.cols(), to);
  }
  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    nm_weight_sums<nm_slot_rows>(a, factor, sums, first, last);
  }
};

/// What `multiply_quads` may take instead of columns that are decoded before: nothing.
template <int Keep, int M, class Arch>
struct nm_slots_other {};

/// Masks whose columns are looked up, with AVX2 without vpdpbusd.
template <int Keep, int M, class Arch>
  requires(simd::narrow_biased_dots<Arch> && nm_layout<Keep, M>::is_mask && nm_layout<Keep, M>::group_bits <= 8)
struct nm_slots_other<Keep, M, Arch> {
  using other = nm_slot_rows<Keep, M, Arch>;
  template <class View>
  [[nodiscard]] static bool wants_other(View const& a, index columns) noexcept {
    return columns <= 32 && a.cols() <= widest_decoded_row;
  }
};

/// 2:4 by pairs; or row by row, which costs less where they do not pay.
template <class Arch>
struct nm_pairs_or_rows : nm_pairs<Arch> {
  using other = nm_slot_rows<2, 4, Arch>;
  template <class View>
  [[nodiscard]] static bool wants_other(View const& a, index columns) noexcept {
    return !nm_pairs<Arch>::pays(a, columns);
  }
};
template <class Arch>
  requires simd::narrow_biased_dots<Arch>
struct nm_slots_other<2, 4, Arch> {
  using other = nm_pairs_or_rows<Arch>;
  template <class View>
  [[nodiscard]] static bool wants_other(View const& a, index columns) noexcept {
    return nm_pairs<Arch>::pays(a, columns) || (columns <= 32 && a.cols() <= widest_decoded_row);
  }
};

template <int Keep, int M, class Arch>
struct nm_slots : nm_slots_other<Keep, M, Arch>, slot_lines<nm_slots<Keep, M, Arch>, Arch> {
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
      all_nm_columns<Arch, Keep, M>(a.row_codes(i), a.cols(), columns + i * a.values_per_row());
  }
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    nm_weight_sums<nm_slots>(a, factor, sums, first, last);
  }
};

template <int Keep, int M, class Arch>
  requires nm_by_slots<Arch, Keep, M>
struct spmm_quads<nm_layout<Keep, M>, Arch> : nm_slots<Keep, M, Arch> {};

}  // namespace lacuna::kernel::inline LACUNA_ISA
