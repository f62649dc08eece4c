// SPDX-License-Identifier: MIT
//
// A X with A in blocks of R rows and C columns: a register tile of R rows shares each load of X (kernel/block_rows.hpp
// has the bound).
//
// Reached with 2048x512 and 512x512, in float, packing and finishing included, of the fma peak of the same run, at 50
// and 80 % sparsity. AVX-512, 128 tokens: 4x1 85 to 90 and 83 to 88 %, 8x1 91 to 97 and 90 to 94 %; 512 tokens: 76 to
// 82 and 69 to 72 %, 84 to 89 and 74 to 78 %, the rest is reading X from L3, and writing Y there. AVX2: 86 to 88 and 83
// % for both with 128 tokens, 82 to 86 and 80 to 81 % with 512. Zen 3, AVX2, 32 and 128 tokens, as long as no neighbour
// takes part of its caches: 4x1 85 and 80 to 87, 80 and 77 to 83 %, 8x1 86 and 83 to 85, 81 to 82 and 78 to 81 %.
//
// Blocks of four columns on Zen 5, 32 and 128 tokens, 512x512 and 2048x512: 8x4 93 and 94, 91 and 94 % at 50 %
// sparsity, 88 and 88, 84 and 88 % at 80; 4x4 80 and 85, 78 and 82 % at 50, 74 and 89, 73 and 85 % at 80; 1x4 40 and
// 61, 39 and 53 % at 50: a load for each fma.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/block_rows.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/simd/arch.hpp>

#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int R, int C, class Arch>
struct spmm<bsr_layout<R, C>, Arch> {
  static constexpr std::string_view name = "bsr";
  static constexpr int registers = 8;

  template <class View, class S>
  static constexpr bool accepts = widenable<Arch, typename View::value_type, S>;

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }
  static constexpr index row_step = (16 + R - 1) / R * R;
  /// Whole blocks: 16 rows, or 64 if their sums are gathered from tiles of X.
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return ((streams ? 16 : together) + R - 1) / R * R;
  }

  /// See row_tile::run. Any range of rows is right; whole blocks are fast.
  template <int N, class View, class S>
  static void run(View a, S const* x, S* sums, index first, index last) noexcept {
    using rows = block_row<Arch, S, R, C, N>;
    block_list const blocks{a.columns().data(), a.values().data(), static_cast<index>(a.columns().size()), a.cols()};
    auto const* const offsets = a.offsets().data();
    if constexpr (streams) {
      for (index b = first / R; b * R < last; ++b)
        rows::template run<true>(blocks, static_cast<index>(offsets[b]), static_cast<index>(offsets[b + 1]), x,
                                 sums + (b * R - first) * rows::line, first - b * R, last - b * R);
    } else {
      for (index from = first / R; from * R < last; from += together) {
        index const to = from + together;
        run_tiles<rows>(blocks, offsets, x, sums - first * rows::line, from, to * R < last ? to : (last + R - 1) / R,
                        first, last);
      }
    }
  }

 private:
  static constexpr bool streams = block_parts<Arch, R>::streams;
  static constexpr index together = 64;  // rows of blocks, of which each remembers where it stopped

  /// Rows from .. to of blocks, 32 KB of X at a time. Row i of the matrix has its sums at sums + i * line.
  template <class Rows, class Blocks, class Offset, class S>
  static void run_tiles(Blocks const& blocks, Offset const* offsets, S const* x, S* sums, index from, index to,
                        index first, index last) noexcept {
    constexpr index tile = (index{32768} / static_cast<index>(sizeof(S)) / Rows::line + C - 1) / C;
    index next[together];
    for (index b = from; b != to; ++b) next[b - from] = static_cast<index>(offsets[b]);
    for (index limit = tile;; limit += tile) {
      for (index b = from; b != to; ++b) {
        index const begin = next[b - from];
        index& end = next[b - from];
        while (end != static_cast<index>(offsets[b + 1]) && static_cast<index>(blocks.columns[end]) < limit) ++end;
        auto* const line = sums + b * R * Rows::line;
        if (limit == tile)
          Rows::template run<true>(blocks, begin, end, x, line, first - b * R, last - b * R);
        else
          Rows::template run<false>(blocks, begin, end, x, line, first - b * R, last - b * R);
      }
      if (limit * C >= blocks.cols) break;
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
