// SPDX-License-Identifier: MIT
//
// Packed int8 weights whose places bits name, spread over lanes and multiplied by inputs of 16 bits.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation where it is `available`: for processors that have to look up how bytes are spread, and have no
/// dots of bytes. A register has 32 weights. Whoever calls it sees to it that `before` and `behind` bytes of memory
/// can be read before the values and behind them.
///   spread(values, previous, word, f): f(0, w), f(1, w) with the weights of 64 columns, the first of which is the
///     eighth before those of `word`: whose bits are the byte `previous`, of columns that have been walked past;
///     `values` is what comes first in `word`, and moves behind its last one. The last eight are left to the next call;
///   spread_twos(values, bits): the weights of 32 columns of which two in four are ones: 16 values and no more are
///   read; widen(w): the weights by pairs of 16 bits; add(sum, w, x): lane l is sum[l] + the products of four columns;
///   x are 32 inputs, number c at place(c). Exact but
///     that sums wrap around at 2^31.
template <class Arch>
struct bit_weights {
  static constexpr bool available = false;
};

}  // namespace lacuna::simd::inline LACUNA_ISA
