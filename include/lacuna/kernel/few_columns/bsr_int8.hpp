// SPDX-License-Identifier: MIT
//
// A vector or a few with blocks of int8: blocks whose columns come in fours are blocks of quads, which floats' kernels
// multiply; columns of others are gathered.
//
// Bound: values and indices once from memory, 20 bytes for a block of 4x4 and 18 for one of 1x16 with indices of 16
// bits; or, from the cache, a load for index, weights and x each, three a cycle: 4x4 with one vector 20 bytes a cycle,
// with eight 10, which are two dots and a permutation; 1x16 with eight a load of x for each four inputs, 6 bytes a
// cycle. Reached with AVX-512 VNNI, of the rate of a loop that only reads: 4096x4096 at 80 % from L3, one column, 4x4
// and 32x4 24 GB/s, all of it, 1x16 94 %; 2048x2048, weights of 64 MB in turns, 1 and 8 columns: 4x4 81 and 93 % at 50
// % sparsity, 97 and 86 at 80 %; 32x4 88 and 98, 93 and 80; 1x16 75 and 79, 87 and 61.
//
// Zen 5, 2048x2048 at 50 and 80 % from L3, 1, 2, 8 columns, GB/s: 8x4 66, 44, 30 and 53, 38, 27; 4x4 47, 38, 34 and 42,
// 36, 33, with 8 columns 432 and 417 G operations/s that count of the 1000 of vpdpbusd.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/block_dot.hpp>
#include <lacuna/kernel/column_quads.hpp>
#include <lacuna/kernel/few_columns/bsr.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/gathered_quads.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/simd/isa.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The columns that a row of blocks stores.
template <class Arch, int R, int C>
struct block_columns {
  template <class View, class F>
  LACUNA_INLINE static void visit(View a, index b, F&& f) noexcept {
    auto const* const columns = a.columns().data();
    auto const* const values = a.values().data();
    auto const begin = static_cast<index>(a.offsets().data()[b]) * C;
    auto const end = static_cast<index>(a.offsets().data()[b + 1]) * C;
    f(
        begin, end,
        [&](index e) LACUNA_INLINE_LAMBDA {
          if constexpr (C == 1)
            return static_cast<index>(columns[e]);
          else  // the last block may have columns that the matrix has not: their weights are 0
            return std::min(static_cast<index>(columns[e / C]) * C + e % C, a.cols() - 1);
        },
        [&](index from, index to, std::int8_t* quads)
            LACUNA_INLINE_LAMBDA { quads_of_columns<Arch, R, C>::turn(values, from, to, quads); },
        [&](index e) LACUNA_INLINE_LAMBDA {
          ask_for_quad<R * 4>(values + e * R);
          ask_for_quad<4 / C* static_cast<int>(sizeof *columns)>(columns + e / C);
        });
  }
};

template <int R, int C, class I, class Offset, class Arch>
  requires(summable<quad, Arch>)
struct few_quads<bsr_view<std::int8_t, R, C, I, Offset>, Arch> {
  static constexpr bool available = true;
  /// X is readable up to 64 rows.
  static constexpr bool in_fours = C % 4 == 0 && 64 % C == 0 && block_shape < Arch, std::int32_t, R,
                        C % 4 == 0 ? C / 4 : 1 > ::exact;
  static constexpr auto form = !in_fours          ? few_bytes_form::rows
                               : R == 1 || C == 4 ? few_bytes_form::quads
                                                  : few_bytes_form::vectors;
  static constexpr std::string_view name = in_fours ? "bsr/values" : "bsr/gather";

  [[nodiscard]] LACUNA_INLINE static auto matrix(bsr_view<std::int8_t, R, C, I, Offset> a) noexcept {
    if constexpr (in_fours)
      return bsr_quads_view<R, C / 4, I, Offset>(a);
    else
      return a;
  }
  template <bool Flipped>
  using kernel =
      std::conditional_t<in_fours,
                         std::conditional_t<R == 1 || C == 4, few_columns_of_bands<R, Arch, bsr_lists, Flipped, C / 4>,
                                            few_columns_of_blocks<R, C / 4, Arch, Flipped>>,
                         few_columns_of_lists<R, Arch, block_columns<Arch, R, C>, Flipped>>;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
