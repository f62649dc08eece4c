// SPDX-License-Identifier: MIT
//
// The product of a row of bits and packed values with a vector.
//
// 64 columns a step: for each register of it, its bits, the next values expanded to them, x loaded under the same bits
// (so that an Inf or NaN of x opposite a gap never meets the zero there), one fma. Four sums in turn hide its latency.
//
// Bound: values, and one bit an element, once from memory; or 3 cycles a register on AVX-512 (a mask move and an expand
// of two uops share one port), whatever the sparsity, whichever is slower.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/unroll.hpp>

#include <bit>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The sum of value * x[column] over a row: bit j % 8 of byte j / 8 says that column j has a value, the values stand in
/// order at `packed`, which moves behind them. Reads `bytes` bytes, the values, and x at the ones only.
template <class Arch, class T>
[[nodiscard]] LACUNA_INLINE T expand_dot(std::uint8_t const* bits, index bytes, T const* x, T const*& packed) noexcept {
  using batch = simd::batch<T, Arch>;
  constexpr int lanes = static_cast<int>(batch::size);
  batch sum[4] = {batch(T{0}), batch(T{0}), batch(T{0}), batch(T{0})};
  for (index byte = 0; byte < bytes; byte += 8) {
    auto const word = detail::load_bits(bits + byte, bytes - byte);
    auto const* const column = x + 8 * byte;
    if (word == 0) continue;
    simd::unroll<64 / lanes>([&](auto step) LACUNA_INLINE_LAMBDA {
      auto const here = (word >> (step * lanes)) & simd::first_lanes(lanes);  // columns behind the last have no bits
      auto const w = simd::expand<Arch, T>::load(packed, here);
      auto const v = simd::masked<Arch, T>::load(column + step * lanes, here);
      sum[step % 4] = simd::fma(w, v, sum[step % 4]);
      packed += std::popcount(here);
    });
  }
  return simd::reduce_add((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
