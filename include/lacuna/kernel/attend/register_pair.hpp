// SPDX-License-Identifier: MIT
//
// Two registers of neighbours, in whatever order costs least to load.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/stored.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Loads 2 * lanes values of V, or those whose bits are set, as two registers of sums. Sums over dimensions do not mind
/// their order, and rows of the output are put in order once: so bf16 comes apart by even and odd number where that
/// costs a shift and a mask instead of a shuffle and a shift each. put_in_order makes of the two those that would stand
/// in memory; split is its inverse, number by number, for what meets them.
template <class Arch, class V>
struct register_pair {
  using number = accumulator_t<V>;
  using batch = simd::batch<number, Arch>;
  static constexpr index lanes = static_cast<index>(batch::size);
  static constexpr index width = 2 * lanes;
  static constexpr bool apart = simd::even_odd<Arch, V>::available;

  LACUNA_INLINE static void load(V const* p, batch& a, batch& b) noexcept {
    if constexpr (apart) {
      simd::even_odd<Arch, V>::load(p, a, b);
    } else {
      a = simd::stored<Arch, V>::load(p);
      b = simd::stored<Arch, V>::load(p + lanes);
    }
  }
  /// The first `count` of them, 0 < count < width; 0 behind.
  LACUNA_INLINE static void load(V const* p, index count, batch& a, batch& b) noexcept {
    if constexpr (apart) {
      simd::even_odd<Arch, V>::load(p, simd::first_lanes(count), a, b);
    } else if (count <= lanes) {
      a = simd::stored<Arch, V>::load(p, simd::first_lanes(count));
      b = batch(number{0});
    } else {
      a = simd::stored<Arch, V>::load(p);
      b = simd::stored<Arch, V>::load(p + lanes, simd::first_lanes(count - lanes));
    }
  }
  LACUNA_INLINE static void put_in_order(batch& a, batch& b) noexcept {
    if constexpr (apart) simd::even_odd<Arch, V>::in_order(a, b);
  }
  /// Where number n of a row stands in a row of such pairs.
  [[nodiscard]] LACUNA_INLINE static constexpr index place(index n) noexcept {
    if constexpr (apart) return n / width * width + n % 2 * lanes + n % width / 2;
    return n;
  }
  /// Numbers in a row that holds `count` of them in whole pairs.
  [[nodiscard]] LACUNA_INLINE static constexpr index padded(index count) noexcept {
    return (count + width - 1) / width * width;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
