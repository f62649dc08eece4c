// SPDX-License-Identifier: MIT
//
// A X with a bitmap of int8: columns are decoded once for a product, then as csr; or, where more is kept and bytes are
// multiplied as they are, rows become dense bytes in L1 (kernel/dense_lines.hpp).
//
// Bound of columns: a compression and a store for each register of columns, whatever the sparsity, beside what csr
// takes. Reached on Zen 5, 1024x1024, u8 by rows, of the rate of vpdpbusd at 50, 80, 90, 95 % sparsity: 26, 21, 16, 10
// % with 128 tokens, 29, 27, 23, 19 with 512, where row_tile does 6 to 9.
//
// Bound of dense rows: the dots of the dense product, and an expand and a store for 64 columns. Reached, zeros counted,
// 1024x1024 at 50 %: 58, 80 and 79 % of vpdpbusd with 32, 128 and 512 tokens, so 29, 40 and 40 of what counts, where
// columns do 15, 26 and 29. As fast as columns with 10 % kept and 32 tokens, 25 and 64, 33 and 128, 38 and 512.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/kernel/bit_columns.hpp>
#include <lacuna/kernel/dense_lines.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/slot_lines.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/kernel/slot_rows.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Rows as dense bytes.
template <class Arch>
struct bitmap_dense : dense_lines<bitmap_dense<Arch>, Arch, 64> {
  /// See dense_lines.
  template <class View>
  [[nodiscard]] static std::int8_t const* first_value(View const& a, index row) noexcept {
    return a.values().data() + a.row_start(row);
  }
  template <class View>
  [[nodiscard]] LACUNA_INLINE static std::int8_t const* next_row(View const& a, index row,
                                                                 std::int8_t const* values) noexcept {
    return values + lacuna::detail::count_bits(a.row_bits(row), a.bytes_per_row());
  }
  template <class View>
  LACUNA_INLINE static void expand_row(View const& a, index row, std::int8_t const* values, index from, index to,
                                       std::int8_t* dense) noexcept {
    constexpr int width = static_cast<int>(simd::batch<std::int8_t, Arch>::size);
    auto const* const bits = a.row_bits(row);
    values += lacuna::detail::count_bits(bits, from / 8);
    for (index k = from; k < to; k += 64, dense += 64) {
      auto const word = lacuna::detail::load_bits(bits + k / 8, a.bytes_per_row() - k / 8);
      simd::unroll<64 / width>([&](auto n) LACUNA_INLINE_LAMBDA {
        auto const here = word >> n * width & ~std::uint64_t{0} >> (64 - width);
        simd::expand<Arch, std::int8_t>::load(values, here).store_unaligned(dense + n * width);
        values += std::popcount(here);
      });
    }
  }
};

/// See multiply_quads.
template <class Kernel, class View>
void bitmap_weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
  if (first == last) return;
  auto slot = a.row_start(first);
  for (index i = first; i != last; ++i) {
    auto const end = slot + lacuna::detail::count_bits(a.row_bits(i), a.bytes_per_row());
    sums[i] = Kernel::start_of(a.values().data(), slot, end, factor);
    slot = end;
  }
}

/// Rows decoded one by one.
template <class Arch>
struct bitmap_rows : slot_rows<bitmap_rows<Arch>, Arch, std::uint32_t> {
  template <class View>
  [[nodiscard]] static index first_slot(View const& a, index row) noexcept {
    return a.row_start(row);
  }
  template <class View>
  [[nodiscard]] LACUNA_INLINE static index decode_row(View const& a, index row, std::uint32_t* to) noexcept {
    auto const* const bits = a.row_bits(row);
    auto* at = to;
    for (index b = 0; b < a.bytes_per_row(); b += 8) {
      auto const word = lacuna::detail::load_bits(bits + b, a.bytes_per_row() - b);
      simd::word_places<Arch>::store(at, word, static_cast<std::uint32_t>(8 * b));
      at += std::popcount(word);
    }
    return at - to;
  }
  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    bitmap_weight_sums<bitmap_rows>(a, factor, sums, first, last);
  }
};

/// matrix.columns has, for each row, how many slots there are before it in its group of rows with an offset; behind
/// them the column of each slot.
template <class Arch>
struct spmm_quads<bitmap_layout, Arch> : slot_lines<spmm_quads<bitmap_layout, Arch>, Arch> {
  static constexpr std::string_view name = "bitmap/columns";

  /// See multiply_quads. Decoding bytes takes less than decoding columns, which counts with few columns of X.
  static constexpr bool by_rows = simd::narrow_biased_dots<Arch>;
  using other = std::conditional_t<by_rows, bitmap_rows<Arch>, bitmap_dense<Arch>>;
  template <class View>
  [[nodiscard]] static bool wants_other([[maybe_unused]] View const& a, [[maybe_unused]] index columns) noexcept {
    if constexpr (by_rows) {
      return columns <= 32 && a.cols() <= widest_decoded_row;
    } else if constexpr (simd::wide_dot4<Arch>::pays || !simd::expands_bytes<Arch>) {
      return false;
    } else {
      auto const inputs = static_cast<double>(a.rows()) * static_cast<double>(a.cols());
      auto const least = columns <= 32 && simd::avx512<Arch> ? 0.1
                         : columns <= 64                     ? 0.25
                         : columns <= 128                    ? 0.33
                                                             : 0.38;
      return static_cast<double>(a.stored()) >= least * inputs;
    }
  }

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
    auto* const columns = reinterpret_cast<std::uint32_t*>(to + a.rows());
    bitmap_columns<Arch>(a, columns, first, last, [&a, to](index i, index slot) LACUNA_INLINE_LAMBDA {
      to[i] = static_cast<std::int32_t>(slot - static_cast<index>(a.offsets().data()[i / View::rows_per_offset]));
    });
  }
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    bitmap_weight_sums<spmm_quads>(a, factor, sums, first, last);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
