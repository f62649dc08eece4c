// SPDX-License-Identifier: MIT
//
// Products of lines of queries with panels of keys, for scorers that need many: the keys of a panel side by side.
//
// Bound: 6 x 4 registers of sums (6 x 2 with 16 registers): 10 loads for 24 multiply-adds, so the fma ports bound it. A
// panel is packed for each 66 lines, a quarter of a cycle a number against 2 for its products. Reached on AVX-512,
// 256 lines of 1024 or 2048 numbers with as many keys: 105 GFLOP/s of some 200, packing and a softmax included.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/select/query_lines.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/copy_transposed.hpp>
#include <lacuna/simd/tile_rows.hpp>
#include <lacuna/simd/unroll.hpp>

#include <concepts>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Packs panels of keys, and multiplies lines of queries by them.
template <class Arch>
struct panel_product {
  static constexpr int rows = 6;                                              ///< lines of a register tile
  static constexpr int registers = simd::register_count<Arch> >= 32 ? 4 : 2;  ///< of a line of it
  using tile = simd::tile_rows<Arch, float, rows, registers>;
  static constexpr index width = tile::width;    ///< keys of a panel
  static constexpr index depth = 64;             ///< numbers of a line that a panel holds, at most
  static constexpr index lines = 66;             ///< of queries packed at a time
  static constexpr index panel = width * depth;  ///< floats

  /// panel[d * width + j] = keys[j * stride + d] for d < deep, j < count; zeros up to width.
  template <class K>
  static void pack_keys(K const* keys, index stride, index count, index deep, float* to) noexcept {
    if (count < width)
      for (index d = 0; d != deep; ++d)
        for (index j = count; j != width; ++j) to[d * width + j] = 0;
    if constexpr (std::same_as<K, float>) {
      simd::copy_transposed<Arch>(keys, stride, to, width, count, deep);
    } else {
      alignas(64) float wide[static_cast<std::size_t>(panel)];
      for (index j = 0; j != count; ++j) copy_line<Arch>(keys + j * stride, deep, wide + j * depth);
      simd::copy_transposed<Arch>(static_cast<float const*>(wide), depth, to, width, count, deep);
    }
  }

  /// sums[r * stride + j] (+)= the product of line r, at a + r * depth, with key j of the panel, `deep` numbers of
  /// each: whole tiles, so `count` lines are rounded up to 6, all of which are read and written. Everything aligned to
  /// 64 bytes, stride too. The order of a sum depends on its line and key alone.
  static void multiply(float const* a, index count, float const* keys, index deep, float* sums, index stride,
                       bool add) noexcept {
    for (index r = 0; r < count; r += rows) {
      tile sum;
      float* const to = sums + r * stride;
      if (add) simd::unroll<rows>([&](auto i) LACUNA_INLINE_LAMBDA { sum.template load_row<i>(to + i * stride); });
      float const* const line = a + r * depth;
      for (index d = 0; d != deep; ++d) sum.template multiply_add<static_cast<int>(depth)>(line + d, keys + d * width);
      simd::unroll<rows>([&](auto i) LACUNA_INLINE_LAMBDA { sum.template store_row<i>(to + i * stride); });
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
