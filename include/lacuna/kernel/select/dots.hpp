// SPDX-License-Identifier: MIT
//
// All dot products of some lines with some others: queries with what an index keeps of keys.
//
// Bound: the index is read once, in eight lines at a time that stay in L1 for all queries: with one query of a head
// 0.25 multiply-adds a byte, so memory bounds it; with many (prefill) 4 x 4 sums need 0.5 loads for each fma.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/dot_tile.hpp>
#include <lacuna/simd/arch.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Calls f(r, c, dot) for lines r < rows of a and c < cols of b, for each r in increasing order of c and for each c in
/// increasing order of r. Lines stand a_stride and b_stride apart and have `length` numbers; nothing else is read. The
/// bits of a product depend on its two lines alone.
template <class Arch, class F>
LACUNA_INLINE void for_each_dot(float const* a, index rows, index a_stride, float const* b, index cols, index b_stride,
                                index length, F&& f) noexcept {
  constexpr index wide = 8;
  for (index c0 = 0; c0 < cols; c0 += wide) {
    float const* line[wide];
    for (index c = 0; c != wide; ++c) line[c] = b + (c0 + c < cols ? c0 + c : c0) * b_stride;
    index const count = cols - c0 < wide ? cols - c0 : wide;
    index r = 0;
    alignas(64) float sum[16];
    if constexpr (simd::register_count<Arch> >= 32) {
      for (; rows - r >= 4; r += 4) {
        float const* const query[4] = {a + r * a_stride, a + (r + 1) * a_stride, a + (r + 2) * a_stride,
                                       a + (r + 3) * a_stride};
        for (index half = 0; half < count; half += 4) {
          float const* const four[4] = {line[half], line[half + 1], line[half + 2], line[half + 3]};
          dot_tile<Arch, 1>(query, four, length, sum);
          for (index i = 0; i != 4; ++i)
            for (index c = half; c < half + 4 && c < count; ++c) f(r + i, c0 + c, sum[i * 4 + c - half]);
        }
      }
    }
    for (; r != rows; ++r) {
      float const* const query[1] = {a + r * a_stride};
      dot_tile<Arch, 1>(query, line, length, sum);
      for (index c = 0; c != count; ++c) f(r, c0 + c, sum[c]);
    }
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
