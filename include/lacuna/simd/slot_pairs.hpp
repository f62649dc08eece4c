// SPDX-License-Identifier: MIT
//
// Products of two slots with the bytes of a few vectors.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation where it is `available`: on processors without dots of bytes. A register has a sum of each of 4 or
/// 8 vectors.
///   add<X>(sum, a, b, pair): lane v is sum[v] + a[v] * pair[0] + b[v] * pair[1], where a and b are bytes of each
///     vector, unsigned or of X; exact but that sums wrap around at 2^31. Reads no other bytes.
///   zero(), load(from), store(sum, to): sums.
template <class Arch, int Vectors>
struct slot_pairs {
  static constexpr bool available = false;
};

}  // namespace lacuna::simd::inline LACUNA_ISA
