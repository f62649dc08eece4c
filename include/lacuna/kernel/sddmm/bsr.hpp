// SPDX-License-Identifier: MIT
//
// Sampled products of blocks: four rows of U with four columns of V at a time, two with eight where blocks have two
// rows; half as many columns where there are 16 registers and not 32.
//
// The columns of a block row are taken in the order of its blocks, whatever their width, so that narrow blocks share
// registers as wide ones do. Blocks of one row have nothing to share over rows and go to row_dots. With 16 registers a
// hundred rows take one block of columns after the other, so that V comes from L1, as in kernel/sddmm/csr.hpp: two
// loads of V for eight multiply-adds are 16 bytes a cycle, half of what Zen 3 reads from L2 at best. With 32 registers
// V comes from where it lies; blocks of columns have not been measured there.
//
// Bound: see dot_tile: 0.5 loads for each fma of a 4 x 4 tile, 0.75 of a 4 x 2 one, so the fma ports, and 3 + 2
// operations for each slot to reduce and store it, which is as much as 16 fma. Reached, 2048x512 with blocks of 4x1 to
// 16x16 at 80 % sparsity, one core with AVX-512, U and V contiguous: 64 % of the fma peak of the same minute at t =
// 512, 39 at 128, 28 at 64.
//
// Zen 5, AVX-512, 2048x512, U and V contiguous, 50 to 95 % sparsity, GFLOP/s of a peak of 245 at t = 16, 32, 64, 128,
// 512: 4x1 30 to 27, 51 to 45, 76 to 68, 108 to 95, 137 to 118; 16x1 the same, but 148 to 128 at 512; 8x8 41 to 39, 66
// to 62, 90, 118, 152 to 137. As long as whole tiles were stored slot by slot, by loops over counts: 17 to 20, 29 to
// 34, 50, 70 to 80, 100 to 130.
//
// Zen 3, AVX2, 2048x512 at 50 %, GFLOP/s of a peak of 102 at t = 32, 128: 4x1 40 and 60, 16x1 42 and 62, 8x8 34 and 59;
// 24 and 42, 24 and 43, 25 and 46 with V from L2 and shared loads folded into the multiply-adds.
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
  static constexpr index row_step = R;                              // ranges of rows had better be whole block rows
  static constexpr bool blocked = simd::register_count<Arch> < 32;  // whether V is taken by blocks of columns
  static constexpr index strip = std::max<index>((blocked ? 128 : 16) / R, 1) * R;  // rows that share such a block
  static constexpr int tile_rows = R == 2 ? 2 : 4;
  static constexpr int tile_cols = (simd::avx512<Arch> || simd::neon64<Arch> ? 16 : 8) / tile_rows;
  static constexpr bool by_columns = C == 1;  // whether the sums of a tile lie column by column, as its slots do

  template <class View>
  static constexpr bool accepts = R > 1 && simd::has_batch<Arch, accumulator_t<typename View::value_type>>;

  /// See sddmm_fallback::run; rows of u and columns of v are contiguous.
  template <class View, class Sum>
  static void run(View s, dense_view<Sum const> u, dense_view<Sum const, order::col_major> v,
                  sampled_sums<typename View::value_type> sums, index first, index last) noexcept {
    for (index i = first; i < last;) {
      auto const end = std::min((i / strip + 1) * strip, last);
      run_strip(s, dense_view<Sum const>(u.data() + (i - first) * u.stride(), end - i, u.cols(), u.stride()), v, sums,
                i);
      i = end;
    }
  }

 private:
  /// The rows of u, from row i of S on, all in one strip.
  template <class View, class Sum>
  static void run_strip(View s, dense_view<Sum const> u, dense_view<Sum const, order::col_major> v,
                        sampled_sums<typename View::value_type> sums, index i) noexcept {
    auto const block =
        blocked ? columns_in_l1(s, u.cols() * static_cast<index>(sizeof(Sum))) : std::max<index>(s.cols(), 1);
    auto const end = i + u.rows();
    index next[static_cast<std::size_t>(strip / R)] = {};  // columns of each row of blocks
    for (index g = i / R; g * R < end; ++g) next[g - i / R] = static_cast<index>(s.offsets().data()[g]) * C;
    for (index column = 0; column < s.cols(); column += block) {
      auto const limit = s.cols() - column <= block ? s.cols() : column + block;
      for (index r = i; r != end;) {
        auto& at = next[r / R - i / R];
        auto const from = at;
        for (auto const group = std::min(end, (r / R + 1) * R); r != group;) {
          auto const rows = std::min<index>(tile_rows, group - r);
          at = run_rows(s, dense_view<Sum const>(u.data() + (r - i) * u.stride(), rows, u.cols(), u.stride()), v, sums,
                        r, from, limit);
          r += rows;
        }
      }
    }
  }

  /// Adds a whole tile: to neighbours along rows, along columns, or slot by slot, as blocks have them. Loops that know
  /// no count take longer than the dots of 32 t.
  template <class T, class Sum>
  LACUNA_INLINE static void add_tile(sampled_sums<T> to, index const (&slots)[std::size_t{tile_cols}],
                                     Sum const* sum) noexcept {
    if constexpr (by_columns) {
      simd::unroll<tile_cols>(
          [&](auto c) LACUNA_INLINE_LAMBDA { add_neighbours<tile_rows>(to, slots[c], sum + c * tile_rows); });
    } else if constexpr (C % tile_cols == 0) {
      simd::unroll<tile_rows>(
          [&](auto r) LACUNA_INLINE_LAMBDA { add_neighbours<tile_cols>(to, slots[0] + r * C, sum + r * tile_cols); });
    } else {
      simd::unroll<tile_rows * tile_cols>(
          [&](auto n) LACUNA_INLINE_LAMBDA { to.add(slots[n % tile_cols] + n / tile_cols * C, sum[n]); });
    }
  }

  /// Columns of one row of blocks, counted through its blocks, from `at` on as long as the first of a tile lies before
  /// column `limit`, for the rows of u, at most tile_rows, from row i of S on. Missing rows and columns of a tile
  /// repeat its first one. Returns the next.
  template <class View, class Sum>
  static index run_rows(View s, dense_view<Sum const> u, dense_view<Sum const, order::col_major> v,
                        sampled_sums<typename View::value_type> sums, index i, index at, index limit) noexcept {
    auto const* const columns = s.columns().data();
    auto const column_of = [&](index q) LACUNA_INLINE_LAMBDA { return static_cast<index>(columns[q / C]) * C + q % C; };
    auto end = static_cast<index>(s.offsets().data()[i / R + 1]) * C;
    if (at == end) return at;
    end -= std::max<index>(column_of(end - 1) + 1 - s.cols(), 0);
    Sum const* left[std::size_t{tile_rows}];
    for (int r = 0; r != tile_rows; ++r) left[r] = u.data() + (r < u.rows() ? r : 0) * u.stride();
    for (; at < end && column_of(at) < limit; at += tile_cols) {
      auto const count = std::min<index>(end - at, tile_cols);
      Sum const* right[std::size_t{tile_cols}];
      index slots[std::size_t{tile_cols}];  // of row i
      simd::unroll<tile_cols>([&](auto c) LACUNA_INLINE_LAMBDA {
        auto const q = c < count ? at + c : at;
        right[c] = v.data() + column_of(q) * v.stride();
        slots[c] = (q / C * R + i % R) * C + q % C;
      });
      alignas(64) Sum sum[std::size_t{tile_rows} * tile_cols];
      if constexpr (by_columns)
        dot_tile<Arch, 1>(right, left, v.rows(), sum);
      else
        dot_tile<Arch, 1>(left, right, v.rows(), sum);
      if (count == tile_cols && u.rows() == tile_rows)
        add_tile(sums, slots, sum);
      else
        for (index r = 0; r != u.rows(); ++r)
          for (index c = 0; c != count; ++c)
            sums.add(slots[c] + r * C, sum[by_columns ? c * tile_rows + r : r * tile_cols + c]);
    }
    return at;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
