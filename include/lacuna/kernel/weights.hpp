// SPDX-License-Identifier: MIT
//
// Stored weights in the type of the sums.
//
// 16-bit weights are widened some hundred at a time, a register with each step, into memory that stays in L1. Widening
// each as it is broadcast would take three instructions on the ports of the multiply-adds, for a weight of 4x1 as many
// again as its four multiply-adds.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/masked.hpp>

#include <concepts>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Weights of W can be brought into the type S of sums: they are of it, or narrower and widened without loss.
template <class Arch, class W, class S>
concept widenable = std::floating_point<S> && simd::has_batch<Arch, S> &&
                    (std::same_as<W, S> || (std::same_as<S, float> && (std::same_as<W, bf16> || std::same_as<W, f16>)));

/// to[0 .. count) = from[0 .. count). `to` is aligned to a register and has room for whole ones.
template <class Arch, class W>
LACUNA_INLINE void widen_weights(W const* from, float* to, index count) noexcept {
  using wide = simd::widen<Arch, W>;
  constexpr index lanes = simd::batch<float, Arch>::size;
  index k = 0;
  for (; count - k >= lanes; k += lanes) wide::load(from + k).store_aligned(to + k);
  if (k != count) wide::load(from + k, simd::first_lanes(count - k)).store_aligned(to + k);
}

/// Calls f(e, weights) for e = first .. last, where weights points to the Size values of S that stand, as W, at
/// values + e * Size.
template <class Arch, class S, int Size, class W, class F>
LACUNA_INLINE void for_each_weights(W const* values, index first, index last, F&& f) noexcept {
  if constexpr (std::same_as<W, S>) {
    for (index e = first; e != last; ++e) f(e, values + e * Size);
  } else {
    constexpr index together = Size < 256 ? 256 / Size : 1;
    constexpr index lanes = simd::batch<S, Arch>::size;
    alignas(simd::batch<S, Arch>) S wide[(together * Size + lanes - 1) / lanes * lanes];
    for (index e = first; e < last; e += together) {
      index const count = last - e < together ? last - e : together;
      widen_weights<Arch>(values + e * Size, wide, count * Size);
      for (index k = 0; k != count; ++k) f(e + k, wide + k * Size);
    }
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
