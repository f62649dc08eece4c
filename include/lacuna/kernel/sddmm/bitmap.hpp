// SPDX-License-Identifier: MIT
//
// Sampled products of a bitmap: its columns are written out once for the product, and then as csr.
//
// Bound: that of kernel/sddmm/csr.hpp, and a compression and a store for each register of columns, whatever the
// sparsity, 4 bytes a slot that are read again for each block of t. Reached on Zen 5, floats, U and V contiguous,
// 2048x512 and 512x2048, times as fast as row_dots at 50, 80, 90, 95 % sparsity: t = 64 1.7 to 2.1, 1.6 to 1.7, 1.4
// to 1.7, 1.2 to 1.5, t = 512 1.9 to 2.4, 1.2 to 1.8, 1.1 to 1.7, 1.0 to 2.3; of the speed of csr 0.9, 0.8, 0.7, 0.6
// and 1.0, 0.98, 0.96, 0.93. 512x512 and 64x256 at 95 % gain nothing and lose up to 6 %.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/product_grain.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/sddmm.hpp>
#include <lacuna/kernel/sddmm/csr.hpp>
#include <lacuna/kernel/spmm/bitmap_int8.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct sddmm<bitmap_layout, Arch> {
  static constexpr std::string_view name = "bitmap/dots";

  template <class View>
  static constexpr bool accepts =
      sddmm<csr_layout, Arch>::template accepts<View> && simd::has_batch<Arch, std::uint32_t>;

  /// The same matrix in CSR: its own values, and columns and offsets in memory that the calling thread keeps.
  template <class E, class T>
  [[nodiscard]] static csr_view<T, std::uint32_t, std::uint64_t> as_csr(E& exec, bitmap_view<T> s) {
    auto const listed = s.rows() + s.stored();  // decode counts slots in front of its columns
    auto* const offsets = scratch<std::uint64_t, workspace::columns>(s.rows() + 1);
    auto* const columns = scratch<std::int32_t, workspace::columns>(listed);
    exec.for_ranges(s.rows(), product_grain(s.rows(), s.stored(), 4, exec.concurrency()),
                    [&](index first, index last, index) { write_rows(s, offsets, columns, first, last); });
    offsets[s.rows()] = static_cast<std::uint64_t>(s.stored());
    return {s.rows(), s.cols(), std::span(offsets, static_cast<std::size_t>(s.rows() + 1)),
            std::span(reinterpret_cast<std::uint32_t const*>(columns + s.rows()), s.values().size()), s.values()};
  }

 private:
  template <class T>
  static void write_rows(bitmap_view<T> s, std::uint64_t* offsets, std::int32_t* columns, index first,
                         index last) noexcept {
    spmm_quads<bitmap_layout, Arch>::decode(s, columns, first, last);
    auto slot = first == last ? 0 : s.row_start(first);
    for (index i = first; i != last; ++i) {
      offsets[i] = static_cast<std::uint64_t>(slot);
      slot += lacuna::detail::count_bits(s.row_bits(i), s.bytes_per_row());
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
