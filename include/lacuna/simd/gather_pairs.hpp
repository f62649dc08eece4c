// SPDX-License-Identifier: MIT
//
// Pairs of floats that stand apart in memory: two columns of X for one gather.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/masked.hpp>

#include <concepts>
#include <cstddef>
#include <utility>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body, for registers of float, half as many pairs each as lanes.
/// load(from, at): lanes 2 p and 2 p + 1 are the two floats at from + 2 * at[p]. With bits, one for each pair: 0 where
/// the bit is not set, and neither at[p] nor the pair is read. Indices are not negative and below 2^31.
/// twice(values, to): each lane of a register in two neighbours, those of the lower half in to[0].
/// sum(values, to): to[0] is the sum of the even lanes, to[1] that of the odd ones.
template <class Arch>
struct gather_pairs {
  using batch_type = batch<float, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);

  template <std::integral I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(float const* from, I const* at) noexcept {
    return load(from, at, first_lanes(lanes / 2));
  }
  template <std::integral I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(float const* from, I const* at, lane_bits bits) noexcept {
    return [&]<std::size_t... l>(std::index_sequence<l...>) LACUNA_INLINE_LAMBDA {
      return batch_type((((bits >> l / 2) & 1u) != 0 ? from[2 * static_cast<index>(at[l / 2]) + l % 2] : 0.0f)...);
    }(std::make_index_sequence<batch_type::size>{});
  }
  LACUNA_INLINE static void twice(batch_type values, batch_type (&to)[2]) noexcept {
    alignas(batch_type) float lane[batch_type::size];
    values.store_aligned(lane);
    float all[2 * batch_type::size];
    for (int l = 0; l != 2 * lanes; ++l) all[l] = lane[l / 2];
    to[0] = batch_type::load_unaligned(all);
    to[1] = batch_type::load_unaligned(all + lanes);
  }
  LACUNA_INLINE static void sum(batch_type values, float* to) noexcept {
    alignas(batch_type) float lane[batch_type::size];
    values.store_aligned(lane);
    to[0] = to[1] = 0;
    for (int l = 0; l != lanes; ++l) to[l % 2] += lane[l];
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
