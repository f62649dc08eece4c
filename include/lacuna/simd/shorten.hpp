// SPDX-License-Identifier: MIT
//
// From registers of 32-bit integers to shorter integers in memory.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/masked.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: p[l] = lane l, for every lane or for those whose bit is set; nothing else
/// is written. Int has 8 or 16 bits and every lane that is stored is in its range.
template <class Arch, std::integral Int>
struct shorten {
  static_assert(sizeof(Int) <= 2);
  using batch_type = batch<std::int32_t, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);

  LACUNA_INLINE static void store(Int* p, batch_type value) noexcept {
    alignas(batch_type) std::int32_t lane[batch_type::size];
    value.store_aligned(lane);
    for (int l = 0; l != lanes; ++l) p[l] = static_cast<Int>(lane[l]);
  }
  LACUNA_INLINE static void store(Int* p, batch_type value, lane_bits bits) noexcept {
    alignas(batch_type) std::int32_t lane[batch_type::size];
    value.store_aligned(lane);
    for (int l = 0; l != lanes; ++l)
      if (((bits >> l) & 1u) != 0) p[l] = static_cast<Int>(lane[l]);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
