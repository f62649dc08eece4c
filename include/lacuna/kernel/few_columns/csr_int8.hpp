// SPDX-License-Identifier: MIT
//
// A vector or a few with rows of csr of int8: see gathered_quads, for rows by themselves.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/column_quads.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/gathered_quads.hpp>
#include <lacuna/kernel/quad.hpp>

#include <cstdint>
#include <string_view>

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
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
