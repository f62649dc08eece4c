// SPDX-License-Identifier: MIT
//
// Sampled products of blocks: four rows of U with four columns of V at a time, two with eight where blocks have two
// rows; half as many columns where there are 16 registers and not 32.
//
// The columns of a block row are taken in the order of its blocks, whatever their width, so that narrow blocks share
// registers as wide ones do. Blocks of one row have nothing to share over rows and go to row_dots.
//
// Bound: see dot_tile: 0.5 loads for each fma of a 4 x 4 tile, so the fma ports, and 3 + 2 operations for each slot to
// reduce and store it, which is as much as 16 fma. Reached, 2048x512 with blocks of 4x1 to 16x16 at 80 % sparsity, one
// core with AVX-512, U and V contiguous: 64 % of the fma peak of the same minute at t = 512, 39 at 128, 28 at 64.
//
// Zen 5, AVX-512, 2048x512, U and V contiguous, 50 to 95 % sparsity, GFLOP/s of a peak of 245 at t = 16, 32, 64, 128,
// 512: 4x1 30 to 27, 51 to 45, 76 to 68, 108 to 95, 137 to 118; 16x1 the same, but 148 to 128 at 512; 8x8 41 to 39, 66
// to 62, 90, 118, 152 to 137. As long as whole tiles were stored slot by slot, by loops over counts: 17 to 20, 29 to
// 34, 50, 70 to 80, 100 to 130.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/dot_tile.hpp>
#include <lacuna/kernel/sddmm.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int R, int C, class Arch>
struct sddmm<bsr_layout<R, C>, Arch> {
  static constexpr std::string_view name = "bsr/dots";
  static constexpr index row_step = R;  // ranges of rows had better be whole block rows
  static constexpr int tile_rows = R == 2 ? 2 : 4;
  static constexpr int tile_cols = (simd::avx512<Arch> || simd::neon64<Arch> ? 16 : 8) / tile_rows;

  template <class View>
  static constexpr bool accepts = R > 1 && simd::has_batch<Arch, accumulator_t<typename View::value_type>>;

  /// See sddmm_fallback::run; rows of u and columns of v are contiguous.
  template <class View, class Sum>
  static void run(View s, dense_view<Sum const> u, dense_view<Sum const, order::col_major> v,
                  sampled_sums<typename View::value_type> sums, index first, index last) noexcept {
    for (index i = first; i != last;) {
      auto const end = std::min({last, i + tile_rows, (i / R + 1) * R});
      run_rows(s, u, v, sums, first, i, end);
      i = end;
    }
  }

 private:
  /// Adds a whole tile: to neighbours along rows, along columns, or slot by slot, as blocks have them. Loops that know
  /// no count take longer than the dots of 32 t.
  template <class T, class Sum>
  LACUNA_INLINE static void add_tile(sampled_sums<T> to, index const (&slots)[std::size_t{tile_cols}],
                                     Sum const* sum) noexcept {
    if constexpr (C % tile_cols == 0) {
      simd::unroll<tile_rows>(
          [&](auto r) LACUNA_INLINE_LAMBDA { add_neighbours<tile_cols>(to, slots[0] + r * C, sum + r * tile_cols); });
    } else if constexpr (C == 1) {
      simd::unroll<tile_cols>([&](auto c) LACUNA_INLINE_LAMBDA {
        Sum column[std::size_t{tile_rows}];
        simd::unroll<tile_rows>([&](auto r) LACUNA_INLINE_LAMBDA { column[r] = sum[r * tile_cols + c]; });
        add_neighbours<tile_rows>(to, slots[c], column);
      });
    } else {
      simd::unroll<tile_rows * tile_cols>(
          [&](auto n) LACUNA_INLINE_LAMBDA { to.add(slots[n % tile_cols] + n / tile_cols * C, sum[n]); });
    }
  }

  /// Rows i .. end of one block row, at most tile_rows. Missing rows and columns of a tile repeat its first one.
  template <class View, class Sum>
  LACUNA_INLINE static void run_rows(View s, dense_view<Sum const> u, dense_view<Sum const, order::col_major> v,
                                     sampled_sums<typename View::value_type> sums, index first, index i,
                                     index end) noexcept {
    Sum const* left[std::size_t{tile_rows}];
    for (int r = 0; r != tile_rows; ++r) left[r] = u.data() + ((i + r < end ? i + r : i) - first) * u.stride();
    Sum const* right[std::size_t{tile_cols}] = {};
    index slots[std::size_t{tile_cols}] = {};  // of row i
    int count = 0;
    auto const take = [&] {
      alignas(64) Sum sum[std::size_t{tile_rows} * tile_cols];
      dot_tile<Arch, 1>(left, right, u.cols(), sum);
      if (end - i == tile_rows && count == tile_cols)
        add_tile(sums, slots, sum);
      else
        for (int r = 0; r != end - i; ++r)
          for (int c = 0; c != count; ++c) sums.add(slots[c] + r * C, sum[r * tile_cols + c]);
    };
    auto const block_end = static_cast<index>(s.offsets().data()[i / R + 1]);
    for (auto b = static_cast<index>(s.offsets().data()[i / R]); b != block_end; ++b) {
      auto const column = static_cast<index>(s.columns().data()[b]) * C;
      auto const width = std::min<index>(C, s.cols() - column);
      for (index c = 0; c != width; ++c) {
        right[count] = v.data() + (column + c) * v.stride();
        slots[count] = (b * R + i % R) * C + c;
        if (++count != tile_cols) continue;
        take();
        count = 0;
      }
    }
    if (count == 0) return;
    for (int c = count; c != tile_cols; ++c) right[c] = right[0];
    take();
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
