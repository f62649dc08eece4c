// SPDX-License-Identifier: MIT
//
// A^T X for many columns of X: the slots of some rows of A are sorted by column, so that the sums of an output stay in
// registers while all those rows add to them.
//
// A counting sort of 128 rows at a time: its lists stay in L2, and so do the rows of X that belong to it, 64 KB for a
// tile of 8 registers, whatever the size of A. No copy of A as a whole is made.
//
// Bound: the sort, two visits of each slot, once for all tiles; then for each slot and tile 8 fma, 8 loads of X from L1
// or L2, a broadcast and an index, as in row_tile, and a load and a store of the sums once in 128 rows. Reached,
// 2048x512 at 80 % sparsity in CSR, AVX-512: the sort 1.9 ns a slot (4.4 for a sort of the whole matrix, whose lists
// leave L2), and at 512 columns 2.9 ms, a third of the fma peak, where row_tile took 3.5 with a matrix that was
// transposed already; at 128 columns 1.0 ms, where it took 0.8.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/simd/tile.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A slot among some rows: its value, and its row counted from the first of them.
template <class S>
struct row_slot {
  S weight;
  std::uint32_t row;
};

/// The slots of some rows, by column: those of column k are slots[ends[k]] .. slots[ends[k + 1]], rows increasing.
template <class S>
struct sorted_rows {
  static constexpr index rows = 128;
  /// Columns that a matrix may have, so that the counts of its rows fit.
  static constexpr index most_columns = (index{1} << 32) / rows - 1;
  std::uint32_t* ends;  // one more than there are columns
  row_slot<S>* slots;

  /// The first of two visits: counts the slots of each column into ends. Returns how many there are in all.
  template <row_visitable View>
  index count(View a, index first, index last) const noexcept {
    for (index k = 0; k <= a.cols(); ++k) ends[k] = 0;
    index all = 0;
    for (index i = first; i != last; ++i)
      a.visit_row(i, [&](index k, typename View::value_type) LACUNA_INLINE_LAMBDA {
        ++ends[k + 1];
        ++all;
      });
    return all;
  }

  /// The second: lists them.
  template <row_visitable View>
  void list(View a, index first, index last) const noexcept {
    std::uint32_t before = 0;
    for (index k = 1; k <= a.cols(); ++k) {  // ends[k + 1] is where column k starts, until it has moved to its end
      auto const here = ends[k];
      ends[k] = before;
      before += here;
    }
    for (index i = first; i != last; ++i)
      a.visit_row(i, [&](index k, typename View::value_type value) LACUNA_INLINE_LAMBDA {
        slots[ends[k + 1]++] = {widened<S>(value), static_cast<std::uint32_t>(i - first)};
      });
  }

  /// Adds the rows to the sums of columns first .. last: column k's N registers stand at sums + k * N registers, X of
  /// row r at x + r * N registers. All are aligned to a register.
  template <class Arch, int N>
  void add(S const* x, S* sums, index first, index last) const noexcept {
    using tile = simd::tile<Arch, S, N>;
    using batch = typename tile::batch_type;
    constexpr index width = index{N} * tile::lanes;
    for (index k = first; k != last; ++k) {
      auto const* slot = slots + ends[k];
      auto const* const end = slots + ends[k + 1];
      if (slot == end) continue;
      auto* const to = sums + k * width;
      tile sum;
      simd::unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA { sum.value[r] = batch::load_aligned(to + r * tile::lanes); });
      do sum.multiply_add(slot->weight, x + static_cast<index>(slot->row) * width);
      while (++slot != end);
      simd::unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA { sum.value[r].store_aligned(to + r * tile::lanes); });
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
