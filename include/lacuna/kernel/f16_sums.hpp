// SPDX-License-Identifier: MIT
//
// Y = epilogue(A X) with sums of f16: which kernel, if any.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/f16_sums.hpp>

#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Products that are summed up in f16 before their sum is added to one of float. 32 are 6 % slower, 128 6 % faster, all
/// of a row 9 %, with errors of 0.7, 1.4 and (2048 products) 5.5 times those of 64 (bsr 8x1, 128 tokens).
inline constexpr index f16_terms = 64;

/// Columns from which on they are worth it: fewer take a register that they do not fill.
inline constexpr index f16_columns = 16;

/// A kernel for one layout on one Arch: specialised in kernel/f16_sums/<layout>.hpp, with what kernels of spmm have
/// (kernel/spmm/row_tile.hpp): `name`, `registers`, `widest`, `block`, and `run<N>(view, x, sums, first, last)`, where
/// x is of f16 and sums of float, both in lines of N registers of float. This one takes none.
template <class Layout, class Arch>
struct f16_sums_spmm {
  static constexpr bool available = false;
};

template <class Kernel>
[[nodiscard]] constexpr std::string_view f16_sums_name() noexcept {
  if constexpr (Kernel::available)
    return Kernel::name;
  else
    return "float";
}

template <class A>
inline constexpr bool has_f16_sums = false;
template <class View>
inline constexpr bool has_f16_sums<f16_sums_view<View>> = true;

}  // namespace lacuna::kernel::inline LACUNA_ISA
