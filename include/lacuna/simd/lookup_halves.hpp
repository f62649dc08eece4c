// SPDX-License-Identifier: MIT
//
// A table in registers whose elements are looked up by halves, for twice as many positions at once.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation without a portable body: where it is `available`, a table of N elements, of which the first `count`
/// come from memory and the others are 0, as `lookup` has it; the processor permutes lanes of half an element among
/// twice as many. load(p, a, b) takes 2 * lanes positions, each less than N: a has the elements of the first `lanes`, b
/// those of the others. load(p, count, a, b) reads `count` positions, and lanes behind them have the first element.
template <class Arch, class T, int N>
struct lookup_halves {
  static constexpr bool available = false;
};

}  // namespace lacuna::simd::inline LACUNA_ISA
