// SPDX-License-Identifier: MIT
//
// A vector or a few with rows of csr of int8: see gathered_quads, for rows by themselves; with AVX2 and no vpdpbusd
// see paired_slots.
//
// Where bytes are multiplied as they are, tiles of columns (kernel/slot_quads.hpp) do more for one column than this for
// what it gathers, but X has to be brought into lines, as many bytes for one column as for 32. Zen 5, one and eight
// columns, G operations/s that count, this / tiles: 1024x1024 at 80 % sparsity 3 / 6, 26 / 51; 4096x4096, from L3, 4 /
// 5, 26 / 44; 64x1024 at 50 % 4 / 5, 30 / 39, at 80 % 4 / 3, 28 / 23, at 90 % 3 / 2, 25 / 13.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/column_quads.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/gathered_quads.hpp>
#include <lacuna/kernel/paired_slots.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/spmm/csr_int8.hpp>

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The slots of a row.
template <class Arch>
struct row_slots {
  template <class View, class F>
  LACUNA_INLINE static void visit(View a, index i, F&& f) noexcept {
    auto const* const columns = a.columns().data();
    auto const* const values = a.values().data();
    f(
        static_cast<index>(a.offsets().data()[i]), static_cast<index>(a.offsets().data()[i + 1]),
        [&](index e) LACUNA_INLINE_LAMBDA { return static_cast<index>(columns[e]); },
        [&](index from, index to, std::int8_t* quads)
            LACUNA_INLINE_LAMBDA { quads_of_columns<Arch, 1, 1>::turn(values, from, to, quads); },
        [&](index e) LACUNA_INLINE_LAMBDA {
          ask_for_quad<4>(values + e);
          ask_for_quad<4 * static_cast<int>(sizeof *columns)>(columns + e);
        });
  }
};

template <class I, class Offset, class Arch>
  requires(summable<quad, Arch>)
struct few_quads<csr_view<std::int8_t, I, Offset>, Arch> : few_quads_of_lists<1, Arch, row_slots<Arch>> {
  static constexpr std::string_view name = "csr/gather";
  /// Where there are no dots of bytes, which alone make it worthwhile to put quads together.
  static constexpr bool in_pairs = simd::slot_pairs<Arch, 8>::available;
  template <bool Flipped>
  using kernel = std::conditional_t<in_pairs, few_columns_of_slots<Arch, Flipped>,
                                    few_columns_of_lists<1, Arch, row_slots<Arch>, Flipped>>;

  /// Whether it is faster than tiles: see above.
  [[nodiscard]] static bool pays(csr_view<std::int8_t, I, Offset> const& a) noexcept {
    return in_pairs || !takes_quads<csr_view<std::int8_t, I, Offset>, Arch> || a.stored() < 16 * a.cols();
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
