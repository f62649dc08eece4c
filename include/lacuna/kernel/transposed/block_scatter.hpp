// SPDX-License-Identifier: MIT
//
// A^T X for A in blocks of two rows and more: the rows of X that a row of blocks meets stay in registers while its
// blocks add to the sums of their outputs. Nothing is sorted, no weight moves.
//
// Bound, for H rows and N registers held, of which half of all registers are: H N multiply-adds for N loads and N
// stores of sums and H broadcasts. 4x4 (AVX-512) 8 loads and 4 stores for 16, 8x2 10 and 2, 4x2 (AVX2) 6 and 2 for 8:
// the multiply-adds bind, 512-bit stores being one a cycle, while sums come from L1; from L2 a line in and one out for
// every H. Blocks of two rows store half a line for each multiply-add, single rows a whole one: with 16 registers only.
// Sums of one register wait for each other's multiply-adds, H in a row, and the processor has to find eight blocks to
// do at a time.
//
// Reached, Zen 5: docs/limits_floats.md, "Gradients"; kernel alone, X packed, 2048x512 at 50, 80, 95 % sparsity, of the
// peak: AVX-512, 128 columns 4x1 87, 88, 80 %, 16x1 92, 90, 86, 4x4 92, 92, 83, 8x8 94, 96, 84; 32 columns 4x1 82, 81,
// 73, 16x1 and 8x8 91 to 96, 92 to 94, 86; 16 columns 4x1, 8x1, 16x1 at 50 % 62, 75, 72. 2x2 at 50 % 59, 3x5 84. AVX2,
// 128 columns, 4x1 97, 94, 85, 16x1 94, 95, 92, 8x8 98, 100, 94.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Rows of blocks of R rows and C columns, in tiles of 1, 2, ... `widest` registers of columns of X.
template <class Arch, class S, int R, int C>
struct block_scatter {
  using batch = simd::batch<S, Arch>;
  static constexpr auto lanes = static_cast<index>(batch::size);
  static constexpr int held = simd::register_count<Arch> / 2;
  static constexpr int widest = R == 1 ? held / 2 : held / 4;  // rows 4 at a time, or one that has no other

  /// How R rows are cut where N registers of each are held: into parts of even height.
  template <int N>
  struct parts {
    static constexpr int tallest = std::min(8, held / N);
    static constexpr int count = (R + tallest - 1) / tallest;
    static constexpr int height = (R + count - 1) / count;  // of all but the last
    [[nodiscard]] static constexpr int height_of(int part) noexcept { return std::min(height, R - part * height); }
  };

  /// Adds blocks first .. last of a row of blocks, whose columns and values stand at columns and values, to the sums
  /// of their outputs: N registers each, those of block column `origin` and what follows at `sums`. N registers of X
  /// of row r of these blocks stand at x + r * pitch, any elements apart, for r < rows <= R; others are not read.
  template <int N, class I, class W>
  LACUNA_INLINE static void run(I const* columns, W const* values, index first, index last, S const* x, index pitch,
                                index rows, S* sums, index origin) noexcept {
    simd::unroll<parts<N>::count>([&](auto part) LACUNA_INLINE_LAMBDA {
      run_part<N, part>(columns, values, first, last, x, pitch, rows, sums, origin);
    });
  }

 private:
  // Not inlined: the loop has the registers to itself.
  template <int N, int Part, class I, class W>
  LACUNA_NOINLINE static void run_part(I const* columns, W const* values, index first, index last, S const* x,
                                       index pitch, index rows, S* sums, index origin) noexcept {
    constexpr int start = Part * parts<N>::height;
    constexpr int height = parts<N>::height_of(Part);
    constexpr index line = N * lanes;
    batch rows_of_x[std::size_t{height}][std::size_t{N}];
    simd::unroll<height>([&](auto r) LACUNA_INLINE_LAMBDA {
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
        auto& value = rows_of_x[r][n];
        value = batch(S{0});
        if (start + r < rows) value = batch::load_unaligned(x + (start + r) * pitch + n * lanes);
        simd::pin(value);
      });
    });
    for_each_weights<Arch, S, R * C>(values, first, last, [&](index e, S const* block) LACUNA_INLINE_LAMBDA {
      auto* const to = sums + (static_cast<index>(columns[e]) - origin) * C * line;
      for (index c = 0; c != C; ++c) {
        batch sum[std::size_t{N}];
        simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = batch::load_aligned(to + c * line + n * lanes); });
        simd::unroll<height>([&](auto r) LACUNA_INLINE_LAMBDA {
          batch const weight(block[(start + r) * C + c]);
          simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = simd::fma(weight, rows_of_x[r][n], sum[n]); });
        });
        simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n].store_aligned(to + c * line + n * lanes); });
      }
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
