// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A a bitmap: the values of a row are expanded to the lanes of their columns.
//
// Bound and what is reached: kernel/expand_dot.hpp, kernel/spmv/bits.hpp.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/kernel/spmv/bits.hpp>

#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct spmv<bitmap_layout, Arch> : spmv_of_bits<Arch> {
  static constexpr std::string_view name = "bitmap/expand";
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
