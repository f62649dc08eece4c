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
// Columns of one block share loads of X: 0.5 loads for each fma where four do. 2048x512 at 80 % in blocks of 1x4, 512
// columns, of the fma peak of the same run, and what single columns reach: 44 (39), 128 columns 33 (28). What remains
// is the sort. Blocks of two rows and more are not sorted (block_scatter.hpp).
//
// Zen 5, AVX-512, CSR, 2048x512 at 50, 80, 90, 95 %, of the peak: 128 columns 32, 33, 28, 24 %, 512 columns 41, 39, 34,
// 28. A slot with 128 columns takes 12.6 cycles at 80 %, where 8 multiply-adds are 4 and its loads of X from L2 some 5:
// the rest is the sort.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/tile_rows.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
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
  /// row r at x + r * N registers. All are aligned to a register. Columns 0 .. Alike, Alike .. 2 Alike, ... have slots
  /// in the same rows: up to four of them share each load of X. The bits of a sum do not depend on how many did.
  template <class Arch, int N, index Alike = 1>
  void add(S const* x, S* sums, index first, index last) const noexcept {
    for (index k = first; k != last;) {
      auto const together = std::min(last - k, Alike - k % Alike);
      if (Alike >= 4 && together >= 4)
        k += add_columns<Arch, N, (Alike >= 4 ? 4 : 1)>(x, sums, k);
      else if (Alike >= 2 && together >= 2)
        k += add_columns<Arch, N, (Alike >= 2 ? 2 : 1)>(x, sums, k);
      else
        k += add_columns<Arch, N, 1>(x, sums, k);
    }
  }

 private:
  /// Adds to Count columns from k on, whose lists stand one behind the other and name the same rows. Returns Count.
  template <class Arch, int N, int Count>
  LACUNA_INLINE index add_columns(S const* x, S* sums, index k) const noexcept {
    using batch = simd::batch<S, Arch>;
    constexpr auto lanes = static_cast<index>(batch::size);
    constexpr int widest = simd::widest_tile<Arch>(Count);
    constexpr int fitting = widest == 3 ? 2 : widest;
    constexpr int registers = fitting < N ? fitting : N;
    auto const* const list = slots + ends[k];
    auto const length = static_cast<index>(ends[k + 1] - ends[k]);
    if (length == 0) return Count;
    for (int part = 0; part != N; part += registers) {
      auto const* const lines = x + part * lanes;
      auto* const to = sums + (k * N + part) * lanes;
      batch sum[std::size_t{Count}][std::size_t{registers}];
      simd::unroll<Count>([&](auto c) LACUNA_INLINE_LAMBDA {
        simd::unroll<registers>(
            [&](auto n) LACUNA_INLINE_LAMBDA { sum[c][n] = batch::load_aligned(to + (c * N + n) * lanes); });
      });
      for (auto const* slot = list; slot != list + length; ++slot) {
        auto const* const line = lines + static_cast<index>(slot->row) * N * lanes;
        batch weight[std::size_t{Count}];
        simd::unroll<Count>([&](auto c) LACUNA_INLINE_LAMBDA { weight[c] = batch(slot[c * length].weight); });
        simd::unroll<registers>([&](auto n) LACUNA_INLINE_LAMBDA {
          auto value = batch::load_aligned(line + n * lanes);
          if constexpr (Count > 1) simd::pin(value);
          simd::unroll<Count>([&](auto c) LACUNA_INLINE_LAMBDA { sum[c][n] = simd::fma(weight[c], value, sum[c][n]); });
        });
      }
      simd::unroll<Count>([&](auto c) LACUNA_INLINE_LAMBDA {
        simd::unroll<registers>([&](auto n)
                                    LACUNA_INLINE_LAMBDA { sum[c][n].store_aligned(to + (c * N + n) * lanes); });
      });
    }
    return Count;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
