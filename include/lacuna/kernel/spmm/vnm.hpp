// SPDX-License-Identifier: MIT
//
// A X with A in bands of V rows that share their columns: blocks of V rows and one column (kernel/block_rows.hpp),
// whose columns are decoded some hundred at a time.
//
// Bound: the fma of the tiles, V * 4 cycles for a column and 8 registers of AVX-512, and half a cycle to decode it.
// Reached, 2:4 in float with 128 tokens, packing and finishing included, of the fma peak of the same run: 4 rows 84 %,
// 8 rows 87 to 94 %, 16 rows 84 to 88 %, 2 rows 77 %; 16x1:16 80 %.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/kernel/block_rows.hpp>
#include <lacuna/kernel/nm_columns.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int V, int Keep, int M, class Arch>
struct spmm<vnm_layout<V, Keep, M>, Arch> {
  static constexpr std::string_view name = "vnm";
  static constexpr int registers = 8;

  template <class View, class S>
  static constexpr bool accepts = widenable<Arch, typename View::value_type, S>;

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }
  /// Whole bands: 16 rows or more, 64 if their sums are gathered from tiles of X.
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return ((streams ? 16 : 64) + V - 1) / V * V;
  }

  /// See row_tile::run. Any range of rows is right; whole bands are fast.
  template <int N, class View, class S>
  static void run(View a, S const* x, S* sums, index first, index last) noexcept {
    using rows = block_row<Arch, S, V, 1, N>;
    constexpr index tile = streams ? 1024 / Keep * M : index{32768} / static_cast<index>(sizeof(S)) / rows::line;
    constexpr index together = (tile / M + 7) / 8 * 8;  // groups: whole bytes of codes
    static_assert(together * M <= 65536);
    std::uint16_t columns[static_cast<std::size_t>(together) * Keep + 3];
    for (index group = 0;; group += together) {
      index const column = group * M;
      index const width = a.cols() - column < together * M ? a.cols() - column : together * M;
      for (index b = first / V; b * V < last; ++b) {
        index const count = nm_columns<Keep, M>(a.band_codes(b) + group / 8 * layout::group_bits, width, columns);
        block_list const blocks{columns, a.band_values(b) + group * Keep * V, count, width};
        auto const* const lines = x + column * rows::line;
        auto* const to = sums + (b * V - first) * rows::line;
        if (group == 0)
          rows::template run<true>(blocks, 0, count, lines, to, first - b * V, last - b * V);
        else
          rows::template run<false>(blocks, 0, count, lines, to, first - b * V, last - b * V);
      }
      if (column + width == a.cols()) break;
    }
  }

 private:
  using layout = nm_layout<Keep, M>;
  static constexpr bool streams = block_parts<Arch, V>::streams;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
