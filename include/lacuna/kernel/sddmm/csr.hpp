// SPDX-License-Identifier: MIT
//
// Sampled products of single slots: the dot products of a row of U with eight columns of V at a time, as row_dots, but
// for a hundred rows one block of columns after the other, so that V comes from L1.
//
// A row takes eight slots at a time from the first that lies in the block of columns on, whatever block the others lie
// in: so groups are the same as without blocks, none is filled in part but the last of the row, and what is added up
// in which order depends on the row alone.
//
// Bound: see dot_tile: 1.125 loads for each fma, now from L1, 1.64 fma a cycle as in `nm`, 82 % of the peak; at t = 128
// eight fma a slot beside 3 + 2 operations to reduce and to store it, so 65 %. V comes to L1 once for a strip of rows,
// and a row of U once for a block, which costs a mispredicted exit. Reached, 2048x512 on AVX-512, U and V contiguous,
// of the fma peak of the same run, and what row_dots reaches: t = 128 at 50 % sparsity 46 (29), at 80 % 38 (30), at 90
// % 32 (30); t = 64: 41 (25), 33 (26), 28 (25); t = 512: 44 (33), 37 (32), 34 (32).
//
// Zen 5, AVX-512, the same at 50, 80, 90, 95 %, GFLOP/s of a peak of 245: t = 32 75, 65, 57, 49, t = 128 128, 95, 77,
// 65, t = 512 100, 66, 57, 56.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/dot_tile.hpp>
#include <lacuna/kernel/sddmm.hpp>
#include <lacuna/kernel/sddmm/row_dots.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct sddmm<csr_layout, Arch> {
  static constexpr std::string_view name = "csr/dots";
  static constexpr index row_step = 1;  // ranges of rows may start anywhere
  static constexpr index strip = 128;   // rows that share a block of columns

  template <class View>
  static constexpr bool accepts = simd::has_batch<Arch, accumulator_t<typename View::value_type>>;

  /// At most how many t to take at once, if not all that L2 holds: where rows have an eighth of the columns or more,
  /// few enough for a row to have 8 slots among the columns in L1.
  template <class View>
  [[nodiscard]] static index most_length(View s, index otherwise) noexcept {
    return s.stored() / 4 >= s.rows() * (s.cols() / 16) ? 128 : otherwise;
  }

  /// See sddmm_fallback::run; rows of u and columns of v are contiguous.
  template <class View, class Sum>
  static void run(View s, dense_view<Sum const> u, dense_view<Sum const, order::col_major> v,
                  sampled_sums<typename View::value_type> sums, index first, index last) noexcept {
    index const block = columns_in_l1(s, u.cols() * static_cast<index>(sizeof(Sum)));
    for (index i = first; i < last; i += strip) {
      auto const end = std::min(i + strip, last);
      index next[strip];  // slots of each row
      for (index r = i; r != end; ++r) next[r - i] = static_cast<index>(s.offsets().data()[r]);
      for (index column = 0; column < s.cols(); column += block) {
        auto const limit = s.cols() - column <= block ? s.cols() : column + block;
        for (index r = i; r != end; ++r)
          next[r - i] = run_row(s, u.data() + (r - first) * u.stride(), v, sums, next[r - i],
                                static_cast<index>(s.offsets().data()[r + 1]), limit);
      }
    }
  }

 private:
  /// Slots of a row from `slot` on, as long as the first of eight lies before column `limit`. Returns the next.
  template <class View, class Sum>
  LACUNA_INLINE static index run_row(View s, Sum const* line, dense_view<Sum const, order::col_major> v,
                                     sampled_sums<typename View::value_type> sums, index slot, index end,
                                     index limit) noexcept {
    Sum const* const left[1] = {line};
    auto const* const columns = s.columns().data();
    auto const column_of = [&](index at) LACUNA_INLINE_LAMBDA { return static_cast<index>(columns[at]); };
    for (; end - slot >= 8; slot += 8) {
      if (column_of(slot) >= limit) return slot;
      Sum const* right[8];
      simd::unroll<8>([&](auto g) LACUNA_INLINE_LAMBDA { right[g] = v.data() + column_of(slot + g) * v.stride(); });
      alignas(64) Sum sum[8];
      dot_tile<Arch, 1>(left, right, v.rows(), sum);
      add_neighbours<8>(sums, slot, sum);
    }
    if (slot == end || column_of(slot) >= limit) return slot;
    Sum const* right[8] = {};
    index slots[8] = {};
    for (index g = 0; g != end - slot; ++g) {
      right[g] = v.data() + column_of(slot + g) * v.stride();
      slots[g] = slot + g;
    }
    row_dots<Arch>::finish(left, right, slots, end - slot, v.rows(), sums);
    return end;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
