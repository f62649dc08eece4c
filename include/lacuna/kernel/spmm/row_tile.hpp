// SPDX-License-Identifier: MIT
//
// A X for every format whose rows can be visited.
//
// Each stored a(i, k) scales the contiguous row X(k, :), so every load has unit stride and nothing is gathered. A
// register tile of sums is kept for the whole row of A and stored once.
//
// Bound, per slot and tile of 8 registers: 8 fma, 8 loads of X, a broadcast load of the value, and what the format
// needs to find the column; for CSR one load: ten loads at two a cycle, 5 cycles for 8 fma, at most 80 % of the fma
// peak while the strip of X is in L1; the strip streams from L2 once it exceeds it (cols > 96 at 32 KB). Eight sums
// hide a latency of 4 cycles on two fma ports exactly.
//
// Bytes are multiplied as int32, exactly, in as many lanes as floats: with VNNI one operation for sixteen, a quarter of
// what it does for weights that stand four in a row; else two (simd/short_fma.hpp).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/concepts.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/simd/tile.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// One row of A at a time, a tile of sums in registers.
template <class Arch>
struct row_tile {
  static constexpr std::string_view name = "row-tile";
  static constexpr int registers = 8;  // fma latency 4 x 2 ports

  template <class View, class S>
  static constexpr bool accepts = simd::has_batch<Arch, S> && (std::floating_point<S> || std::same_as<S, std::int32_t>);

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return 16;
  }

  /// Writes the sums of rows first .. last: N registers each, side by side, row `first` at `sums`. X(k, :) stands at x
  /// + k * N registers. All are aligned to a register.
  template <int N, row_visitable View, class S>
  static void run(View a, S const* x, S* sums, index first, index last) noexcept {
    using tile = simd::tile<Arch, S, N>;
    constexpr index width = index{N} * tile::lanes;
    for (index i = first; i != last; ++i, sums += width) {
      tile sum;
      a.visit_row(i, [&](index k, typename View::value_type w)
                         LACUNA_INLINE_LAMBDA { sum.multiply_add(widened<S>(w), x + k * width); });
      simd::unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA { sum.value[r].store_unaligned(sums + r * tile::lanes); });
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
