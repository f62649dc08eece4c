// SPDX-License-Identifier: MIT
//
// The sums of the lanes of eight registers.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/unroll.hpp>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: writes to[g] = the sum of the lanes of a[g], 0 <= g < 8. The order of the
/// additions is the same for each g, so that a sum has the same bits wherever it stands among the eight. One transposed
/// tree instead of eight reductions: on AVX-512 24 operations on floats, 3 for each sum, where reduce_add needs 8.
template <class Arch, class T>
struct sum_lanes {
  using batch_type = batch<T, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);

  LACUNA_INLINE static void store(batch_type const (&a)[8], T* to) noexcept {
    if constexpr (lanes <= 8)
      unroll<8 / lanes>([&](auto n) LACUNA_INLINE_LAMBDA {
        constexpr int first = decltype(n)::value * lanes;
        xsimd::haddp(a + first).store_unaligned(to + first);
      });
    else
      unroll<8>([&](auto g) LACUNA_INLINE_LAMBDA { to[g] = xsimd::reduce_add(a[g]); });
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
