// SPDX-License-Identifier: MIT
//
// Two registers of neighbours in memory: those of even and those of odd number.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation without a portable body: where it is `available`, 16-bit values of V and positions of bytes come
/// apart by their number with shifts and masks, where in order they take shuffles. Of 2 * lanes neighbours, lane l of
/// `even` is the element 2 * l, lane l of `odd` the next. load(V const*, even, odd) and load(V const*, lane_bits, even,
/// odd) are for registers of float; elements whose bits are not set are not read and load as 0. load(uint8 const*,
/// even, odd) and load(uint8 const*, count, even, odd) are for positions, to look up with in tables of at most
/// `widest_table` elements and for nothing else; where that is 0 there are none. in_order(even, odd) makes them the
/// registers that would stand in memory.
template <class Arch, class V>
struct even_odd {
  static constexpr bool available = false;
};

}  // namespace lacuna::simd::inline LACUNA_ISA
