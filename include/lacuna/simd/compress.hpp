// SPDX-License-Identifier: MIT
//
// Packs the lanes that a bit mask names.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/masked.hpp>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: the lanes whose bits are set go to packed[0], packed[1], ... in order.
/// A whole register may be written: what stands behind the last of them, up to packed[lanes - 1], is overwritten with
/// anything. Bits behind the last lane are ignored. The opposite of expand; what turns the places where a comparison
/// holds into a list (vpcompressd on AVX-512, a table of permutations on AVX2 and NEON). Always into a register and
/// then a whole store: compressing into memory is microcode on some processors, 256 operations on Zen 4.
template <class Arch, class T>
struct compress {
  using batch_type = batch<T, Arch>;

  LACUNA_INLINE static void store(T* packed, batch_type value, lane_bits bits) noexcept {
    alignas(batch_type) T lane[batch_type::size];
    value.store_aligned(lane);
    for (int l = 0; l != static_cast<int>(batch_type::size); ++l)
      if (((bits >> l) & 1u) != 0) *packed++ = lane[l];
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
