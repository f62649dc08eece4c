// SPDX-License-Identifier: MIT
//
// Kernels for weights of int8 in rows of any columns that are decoded row by row, each when its turn comes, for every
// tile of X again: what is decoded for a tile of few columns never leaves L1.
//
// Zen 3, AVX2, 1024x1024, 32 columns, times columns of all rows decoded before: bitmap at 50, 80, 90, 95 % 1.0, 1.09,
// 1.13, 1.16, along with places of a word that start from one register; 2:4 1.05.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/slot_lines.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/simd/isa.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Columns of the widest matrix whose rows are decoded by themselves: their numbers have room on the stack.
inline constexpr index widest_decoded_row = 4096;

/// A slot_lines kernel, but that `Kernel` adds, instead of `slots`,
///   `first_slot(a, i)`: slots before row i;
///   `decode_row(a, i, to)`: writes the columns of row i to `to`, which has room for 64 more, returns how many;
/// for matrices of at most widest_decoded_row columns. Column is what they are written as.
template <class Kernel, class Arch, class Column>
struct slot_rows : slot_lines<Kernel, Arch> {
  // Of so few columns that rows are decoded for each tile.
  static constexpr int registers = 4;
  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }

  /// See quad_lines.
  template <int N, class View, class Done>
  static void run(quads_matrix<View> const& matrix, std::int32_t const* x, std::int32_t* sums, index first, index last,
                  Done const& done) noexcept {
    using row = slot_quads<Arch, N>;
    auto const& a = matrix.a;
    LACUNA_ASSERT(a.cols() <= widest_decoded_row);
    alignas(64) Column columns[static_cast<std::size_t>(before + widest_decoded_row + 64)];
    std::fill_n(columns, before, Column{0});
    if (first == last) return;
    auto slot = static_cast<index>(Kernel::first_slot(a, first));
    for (index i = first; i != last; ++i) {
      auto const count = static_cast<index>(Kernel::decode_row(a, i, columns + before));
      auto const some = std::min(slot, before);  // slots of rows before, which slot_quads may multiply by 0
      auto* const place = done.place(i - first);
      auto* const to = place == nullptr ? sums : place;
      row::run(slot_list{columns + before - some, a.values().data() + slot - some, some, some + count}, x,
               matrix.start == nullptr ? 0 : matrix.start[i], to);
      if (place == nullptr) done(sums, i - first);
      slot += count;
    }
  }

 private:
  static constexpr index before = 4;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
