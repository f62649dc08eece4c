// SPDX-License-Identifier: MIT
//
// Sampled products of any format: the dot products of a row of U with eight columns of V at a time.
//
// Both lines of a dot product are contiguous, the row of U stays in L1 or registers, and eight sums hide the latency of
// fma (4 cycles x 2 ports). A row ends with eight or four columns of which some are taken twice.
//
// Bound: see dot_tile: 1.125 loads for each fma, and 3 + 2 operations for each slot to find, reduce and store it.
// Columns of V are as good as random, so what they come from bounds the rest: a load of 64 bytes for each fma, of the
// L2 cache (48 bytes a cycle) 37 % of the fma peak on AVX-512. Reached, 2048x512 at 80 % sparsity, slots of a CSR: 32 %
// of the peak of the same minute at t = 512, 28 at 128, 26 at 64; with copies of U and V from the other orders a tenth
// less.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/kernel/dot_tile.hpp>
#include <lacuna/kernel/sddmm.hpp>
#include <lacuna/simd/unroll.hpp>

#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The kernel of sddmm for formats that have none of their own.
template <class Arch>
struct row_dots {
  static constexpr std::string_view name = "row-dots";
  static constexpr index row_step = 1;  // ranges of rows may start anywhere

  template <class View>
  static constexpr bool accepts = simd::has_batch<Arch, accumulator_t<typename View::value_type>>;

  /// See sddmm_fallback::run; rows of u and columns of v are contiguous.
  template <class View, class Sum>
  static void run(View s, dense_view<Sum const> u, dense_view<Sum const, order::col_major> v,
                  sampled_sums<typename View::value_type> sums, index first, index last) noexcept {
    for (index i = first; i != last; ++i) {
      Sum const* const left[1] = {u.data() + (i - first) * u.stride()};
      Sum const* right[8] = {};
      index slots[8] = {};
      index count = 0;
      visit_slots(s, i, [&](index j, index slot) LACUNA_INLINE_LAMBDA {
        right[count] = v.data() + j * v.stride();
        slots[count] = slot;
        if (++count != 8) return;
        count = 0;
        alignas(64) Sum sum[8];
        dot_tile<Arch, 1>(left, right, u.cols(), sum);
        simd::unroll<8>([&](auto g) LACUNA_INLINE_LAMBDA { sums.add(slots[g], sum[g]); });
      });
      if (count != 0) finish(left, right, slots, count, u.cols(), sums);
    }
  }

  /// The last 1 to 7 columns of a row. Four take two sums each, so that there are still eight.
  template <class Sum, class Sums>
  static void finish(Sum const* const (&left)[1], Sum const* const (&right)[8], index const (&slots)[8], index count,
                     index length, Sums sums) noexcept {
    alignas(64) Sum sum[8];
    if (count > 4) {
      Sum const* some[8];
      for (index g = 0; g != 8; ++g) some[g] = right[g < count ? g : 0];
      dot_tile<Arch, 1>(left, some, length, sum);
    } else {
      Sum const* some[4];
      for (index g = 0; g != 4; ++g) some[g] = right[g < count ? g : 0];
      dot_tile<Arch, 2>(left, some, length, sum);
      for (index g = 0; g != 4; ++g) sum[g] += sum[g + 4];
    }
    for (index g = 0; g != count; ++g) sums.add(slots[g], sum[g]);
  }
};

/// The kernel that sddmm runs: the layout's own if it takes the type of the sums, else row_dots if that does.
template <class View, class Arch>
struct sddmm_choice {
  using own = sddmm<typename View::layout, Arch>;
  using type =
      std::conditional_t<own::template accepts<View>, own,
                         std::conditional_t<row_dots<Arch>::template accepts<View>, row_dots<Arch>, sddmm_fallback>>;
};
template <class View, class Arch>
using chosen_sddmm = typename sddmm_choice<View, Arch>::type;

}  // namespace lacuna::kernel::inline LACUNA_ISA
