// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A an N:M matrix whose groups are masks (2:4, 4:8): the masks of a row, one behind the other,
// are a bit for each column, so a row is multiplied as one of a bitmap.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/kernel/spmv/bits.hpp>

#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int Keep, int M, class Arch>
struct spmv<nm_layout<Keep, M>, Arch> : spmv_of_bits<Arch> {
  static constexpr std::string_view name = "nm/expand";
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
