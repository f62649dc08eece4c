// SPDX-License-Identifier: MIT
//
// A^T X for few columns of X: row i of A scatters X(i, :), held in registers, into the sums of the outputs that it has
// columns for.
//
// Bound: a load and a store of a register of sums for each fma, and three loads a slot: one 512-bit store a cycle is
// half the fma peak while the sums stay in L1 (outputs x N registers in 32 KB), less from L2. Reached, 2048x512 at 80 %
// sparsity in CSR, AVX-512: 0.85 ns a register and slot, a fifth of the fma peak; so from 4 registers on sorted_rows
// wins (with 16 registers block_scatter, up to 7), which sorts for 2 ns a slot and then needs neither load nor store of
// a sum (64 columns: 0.66 against 0.88 ms; 48: 0.80 against 0.56).
//
// Zen 5, AVX-512, CSR, 2048x512 at 50 to 95 % sparsity: one register (16 columns) 57 to 43 GFLOP/s, 2.2 to 2.9 cycles a
// slot, sums being 32 KB of L1; two 55 to 50, 4.6 to 5 cycles, for 64 KB of sums come from L2 and go there. The product
// with A itself has 32 columns at 37 to 44 % of the peak, so the transposed one is 0.45 to 0.55 as fast.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/tile.hpp>

#include <algorithm>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// How the rows of A are cut into parts, each with sums of its own, which are added up in order: by the shape alone, so
/// that every executor adds in the same order. 16 at most; a part has some slots for each sum that it has to clear and
/// to add, and 2^15 multiply-adds.
struct row_parts {
  index rows;   ///< of a part
  index count;  ///< parts, 1 at least

  [[nodiscard]] static row_parts of(index rows, index outputs, index stored, index columns,
                                    index slots_per_sum) noexcept {
    auto const by_sums = stored / (slots_per_sum * std::max<index>(outputs, 1));
    auto const by_work = static_cast<double>(stored) * static_cast<double>(columns) / 32768;
    auto const most = std::min(by_sums, by_work < 16 ? static_cast<index>(by_work) : 16);
    auto const count = std::clamp<index>(most, 1, std::max<index>(rows, 1));
    auto const size = std::max<index>((rows + count - 1) / count, 1);
    return {size, std::max<index>((rows + size - 1) / size, 1)};
  }
};

/// One column: sums[k] += a(i, k) x[i] for first <= i < last. Any types. x of an empty row is not read.
template <row_visitable View, class X, class S>
void scatter_column(View a, vector_view<X const> x, S* sums, index first, index last) noexcept {
  for (index i = first; i != last; ++i) {
    bool read = false;
    S value{};
    a.visit_row(i, [&](index k, typename View::value_type w) LACUNA_INLINE_LAMBDA {
      if (!read) value = widened<S>(x[i]);
      read = true;
      sums[k] = multiply_add(sums[k], widened<S>(w), value);
    });
  }
}

/// Tiles of N registers of columns.
template <class Arch>
struct scatter {
  static constexpr std::string_view name = "scatter";
  static constexpr int registers = 4;

  /// Adds rows first .. last of A to the sums: output k's N registers stand at sums + k * N registers, and X(first + r,
  /// :) at x + r * N registers. All are aligned to a register. X of an empty row is not read.
  template <int N, row_visitable View, class S>
  static void run(View a, S const* x, S* sums, index first, index last) noexcept {
    using batch = simd::batch<S, Arch>;
    constexpr auto lanes = static_cast<index>(batch::size);
    for (index i = first; i != last; ++i, x += N * lanes) {
      bool read = false;
      simd::tile<Arch, S, N> line;
      a.visit_row(i, [&](index k, typename View::value_type value) LACUNA_INLINE_LAMBDA {
        if (!read)
          simd::unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA { line.value[r] = batch::load_unaligned(x + r * lanes); });
        read = true;
        batch const w(widened<S>(value));
        auto* const sum = sums + k * N * lanes;
        simd::unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA {
          simd::fma(w, line.value[r], batch::load_unaligned(sum + r * lanes)).store_unaligned(sum + r * lanes);
        });
      });
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
