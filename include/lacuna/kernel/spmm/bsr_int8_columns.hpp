// SPDX-License-Identifier: MIT
//
// A X with A in blocks of int8 whose columns are no multiple of four, 4x1, 8x1 and 16x1 above all: see column_quads.
//
// Reached with AVX-512 VNNI, 1024x1024, packing and finishing included, of the rate of vpdpbusd in the same run, X and
// Y by rows: with 128 tokens 4x1 52 and 49 % at 50 and 80 % sparsity, 8x1 63 % at 80, 16x1 70 and 71 %; with 512 tokens
// at 80 % 44, 58, 67 %. Tokens x features, which are transposed as they are packed, take 1.1 to 1.3 times as long.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/column_lines.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/spmm.hpp>

#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int R, int C, class Arch>
  requires(C % 4 != 0)
struct spmm_quads<bsr_layout<R, C>, Arch> : column_lines<spmm_quads<bsr_layout<R, C>, Arch>, Arch, R, C> {
  static constexpr std::string_view name = "bsr/columns";

  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return a.block_rows();
  }
  template <class View>
  [[nodiscard]] LACUNA_INLINE static auto const* columns(quads_matrix<View> const& matrix) noexcept {
    return matrix.a.columns().data();
  }
  template <class View>
  [[nodiscard]] LACUNA_INLINE static column_range columns_of(View const& a, index b) noexcept {
    auto const* const offset = a.offsets().data() + b;
    return {static_cast<index>(offset[0]) * C, static_cast<index>(offset[1]) * C};
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
