// SPDX-License-Identifier: MIT
//
// Sampled products of a bitmap: its columns are written out once for the product, and then as csr.
//
// Bound: that of kernel/sddmm/csr.hpp, and kernel/bit_columns.hpp's: 4 bytes a slot, which are read again for each
// block of t. Reached on Zen 5, floats, U and V contiguous, 64x256 to 2048x512, times as fast as row_dots at 50, 80,
// 95 % sparsity: t = 16 1.9 to 3.0, 2.1 to 2.7, 1.6 to 3.1, t = 128 1.7 to 2.2, 1.4 to 1.7, 1.1 to 1.5, t = 512 1.7 to
// 2.0, 1.2 to 1.6, 1.0 to 1.6; of the speed of csr 0.73 to 0.99 with t = 16, 0.86 and more from 64 on (2048x512 with
// 512 0.81 once).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/bit_columns.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/row_split.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/sddmm.hpp>
#include <lacuna/kernel/sddmm/csr.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct sddmm<bitmap_layout, Arch> {
  static constexpr std::string_view name = "bitmap/dots";

  template <class View>
  static constexpr bool accepts =
      sddmm<csr_layout, Arch>::template accepts<View> && simd::has_batch<Arch, std::uint32_t>;

  /// Whether as_csr takes it: 32 bits count its columns.
  template <class T>
  [[nodiscard]] static bool takes_csr(bitmap_view<T> const& s) noexcept {
    return s.cols() <= most_bit_columns;
  }
  /// The same matrix in CSR: its own values, and columns and offsets in memory that the calling thread keeps.
  template <class E, class T>
  [[nodiscard]] static csr_view<T, std::uint32_t, std::uint64_t> as_csr(E& exec, bitmap_view<T> s) {
    auto* const offsets = scratch<std::uint64_t, workspace::columns>(s.rows() + 1);
    auto* const columns = scratch<std::uint32_t, workspace::columns>(s.stored());
    row_split const split(rows_of(s), product_ranges(s.stored(), 4, exec.concurrency()), 4, 1, 1);
    split.run(exec, [&](index first, index last, index) {
      bitmap_columns<Arch>(s, columns, first, last, [offsets](index i, index slot) LACUNA_INLINE_LAMBDA {
        offsets[i] = static_cast<std::uint64_t>(slot);
      });
    });
    offsets[s.rows()] = static_cast<std::uint64_t>(s.stored());
    return {s.rows(), s.cols(), offsets, columns, s.values().data()};
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
