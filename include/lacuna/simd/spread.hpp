// SPDX-License-Identifier: MIT
//
// One of four neighbouring lanes in place of all four.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: lane l is lane l / 4 * 4 + K of the value, in registers of four lanes and
/// more. After `repeat` of four numbers, number K of them in all lanes, without a load for each; where the processor
/// can, one instruction on a single port.
template <class Arch, class T, int K>
struct spread {
  using batch_type = batch<T, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  static_assert(0 <= K && K < 4 && lanes >= 4);

  [[nodiscard]] LACUNA_INLINE static batch_type run(batch_type value) noexcept {
    alignas(batch_type) T lane[batch_type::size];
    value.store_aligned(lane);
    T to[batch_type::size];
    for (int l = 0; l != lanes; ++l) to[l] = lane[l / 4 * 4 + K];
    return batch_type::load_unaligned(to);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
