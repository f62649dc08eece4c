// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A in bands of V rows that share their columns: blocks of V rows and one column (see
// block_dot), whose columns are decoded some hundred at a time.
//
// Bound: that of block_dot, and half a cycle to decode a column. Reached on Zen 5, AVX-512, float, 4x2:4: 512x512 14.6
// us, 37 GB/s, 2048x512 59 us; bsr 4x1, whose columns stand there as numbers, 11.4 and 50.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/nm_layout.hpp>
#include <lacuna/format/vnm.hpp>
#include <lacuna/kernel/block_dot.hpp>
#include <lacuna/kernel/nm_columns.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/stored.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Calls piece(blocks, 0, count, column) for band b of a V:N:M matrix, some hundred columns at a time: count blocks of
/// V rows and one column, whose columns count from `column` on. All counts but the last are multiples of 8.
template <int V, int Keep, int M, class View, class F>
LACUNA_INLINE void for_each_blocks_of_band(View a, index b, F&& piece) noexcept {
  constexpr index together = (1024 / Keep + 7) / 8 * 8;  // groups: whole bytes of codes
  std::uint16_t columns[std::size_t{together * Keep + 3}];
  for (index group = 0; group * M < a.cols(); group += together) {
    auto const column = group * M;
    auto const width = std::min(together * M, a.cols() - column);
    auto const count =
        nm_columns<Keep, M>(a.band_codes(b) + group / 8 * nm_layout<Keep, M>::group_bits, width, columns);
    auto const* const values = a.band_values(b) + group * Keep * V;
    auto const left = (a.values().data() + a.values().size() - values) / V;
    piece(block_list{static_cast<std::uint16_t const*>(columns), values, left, width}, index{0}, count, column);
  }
}

template <int V, int Keep, int M, class Arch>
struct spmv<vnm_layout<V, Keep, M>, Arch> {
  static constexpr std::string_view name = "vnm/values";

  template <class View, class X, class Y>
  static constexpr bool accepts =
      simd::loadable<typename View::value_type, Arch> && std::same_as<accumulator_t<typename View::value_type>, X>;

  /// Rows that are computed together. Any range is right; whole bands are fast.
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return V;
  }
  /// See spmv_fallback::run.
  template <class View, class X, class Y, class Epilogue>
  static void run(View a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep, index first,
                  index last) noexcept {
    for (index b = first / V; b * V < last; ++b)
      block_dot<Arch, X, V, 1, 1>::run(
          [&](auto&& piece) LACUNA_INLINE_LAMBDA {
            for_each_blocks_of_band<V, Keep, M>(
                a, b, [&](auto blocks, index from, index to, index column) LACUNA_INLINE_LAMBDA {
                  piece(blocks, from, to, x.data() + column);
                });
          },
          0,
          [&](index r, index, X sum) LACUNA_INLINE_LAMBDA {
            auto const i = b * V + r;
            if (i >= first && i < last) spmv_fallback::store<typename View::value_type>(sum, ep, y, i);
          });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
