// SPDX-License-Identifier: MIT
//
// A vector or a few with bands of N:M of int8, whose columns are decoded some hundred at a time: see gathered_quads.
//
// Reached on Zen 5, AVX-512 VNNI, 16x2:4, 2048x2048, 1, 2, 8 columns: 81, 107, 131 us, 26, 20, 16 GB/s of weights and
// masks, 52, 79, 256 G operations/s that count.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/kernel/column_quads.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/gathered_quads.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/spmv/vnm.hpp>

#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The columns of a band.
template <class Arch, int V, int Keep, int M>
struct band_columns {
  template <class View, class F>
  LACUNA_INLINE static void visit(View a, index b, F&& f) noexcept {
    for_each_blocks_of_band<V, Keep, M>(a, b, [&](auto list, index from, index to, index first) LACUNA_INLINE_LAMBDA {
      f(
          from, to, [&](index e) LACUNA_INLINE_LAMBDA { return first + static_cast<index>(list.columns[e]); },
          [&](index begin, index end, std::int8_t* quads)
              LACUNA_INLINE_LAMBDA { quads_of_columns<Arch, V, 1>::turn(list.values, begin, end, quads); },
          [&](index e) LACUNA_INLINE_LAMBDA { ask_for_quad<V * 4>(list.values + e * V); });
    });
  }
};

template <int V, int Keep, int M, class Arch>
  requires(summable<quad, Arch>)
struct few_quads<vnm_view<std::int8_t, V, Keep, M>, Arch>
    : few_quads_of_lists<V, Arch, band_columns<Arch, V, Keep, M>> {
  static constexpr std::string_view name = "vnm/gather";
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
