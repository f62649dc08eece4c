// SPDX-License-Identifier: MIT
//
// Few columns of X with bands of V rows that share their columns: column_dot, behind columns that are decoded some
// hundred at a time.
//
// Bound: that of column_dot, and half a cycle to decode a column. Reached on Zen 5, AVX-512, float, 4x2:4, 1, 2, 4, 8
// columns: 512x512 14.6, 16.9, 18.8, 22.9 us, 18, 31, 56, 91 GFLOP/s of a peak of 245, where bsr 4x1 of as many slots
// takes 11.4, 12.9, 15.1, 19.5: decoding is the rest. 2048x512 within 3 %.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/few_columns/bsr.hpp>
#include <lacuna/kernel/spmv/vnm.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The slots of a band, some hundred at a time.
template <int V, int Keep, int M>
struct vnm_lists {
  template <index Line, class View, class S, class F>
  LACUNA_INLINE static void visit(View a, index b, S const* x, F&& piece) noexcept {
    for_each_blocks_of_band<V, Keep, M>(a, b,
                                        [&](auto blocks, index from, index to, index column)
                                            LACUNA_INLINE_LAMBDA { piece(blocks, from, to, x + column * Line); });
  }
};

template <int V, int Keep, int M, class Arch>
struct few_columns<vnm_layout<V, Keep, M>, Arch> : few_columns_of_bands<V, Arch, vnm_lists<V, Keep, M>> {
  /// 512x512, 4x2:4 with AVX-512: 22, 28, 29, 57 us here for 2, 4, 8, 16 columns, 50, 50, 56, 49 in register tiles.
  template <class View>
  [[nodiscard]] static constexpr index most(View const&) noexcept {
    return 8;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
