// SPDX-License-Identifier: MIT
//
// Copies a matrix to its transpose, block by block through registers.
//
// Bound: AVX-512 floats, a 16x16 block: 64 loads of 128 bits at two a cycle, 48 of them inserts that share two ports
// with 32 shuffles that have one: 40 cycles for 1024 bytes read and as many written, 25 bytes copied a cycle.
// Reached (gcc 12): 16 bytes copied a cycle in L1 (64 cycles a block: the sixteen row pointers spill), 9 in L2, where
// 48 bytes a nanosecond can be stored.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>

namespace lacuna::simd::inline LACUNA_ISA {

/// to[c * to_stride + r] = from[r * from_stride + c] for 0 <= r < rows, 0 <= c < cols: reads and writes these elements
/// and nothing else. The two do not overlap. Strides at least cols and rows; any alignment. O(rows * cols).
template <class Arch, class T>
LACUNA_INLINE void copy_transposed(T const* from, index from_stride, T* to, index to_stride, index rows,
                                   index cols) noexcept {
  using block_type = transpose<Arch, T>;
  using batch_type = batch<T, Arch>;
  constexpr index lanes = block_type::lanes;
  for (index r = 0; r < rows; r += lanes) {
    auto const high = std::min(lanes, rows - r);
    for (index c = 0; c < cols; c += lanes) {
      auto const wide = std::min(lanes, cols - c);
      auto const* const p = from + r * from_stride + c;
      auto* const q = to + c * to_stride + r;
      batch_type block[batch_type::size];
      if (high == lanes && wide == lanes) {
        block_type::load(p, from_stride, block);
        unroll<lanes>([&](auto l) LACUNA_INLINE_LAMBDA { block[l].store_unaligned(q + l * to_stride); });
      } else {
        unroll<lanes>([&](auto l) LACUNA_INLINE_LAMBDA {
          block[l] = l < high ? masked<Arch, T>::load(p + l * from_stride, first_lanes(wide)) : batch_type(T{0});
        });
        block_type::run(block);
        unroll<lanes>([&](auto l) LACUNA_INLINE_LAMBDA {
          if (l < wide) masked<Arch, T>::store(q + l * to_stride, block[l], first_lanes(high));
        });
      }
    }
  }
}

}  // namespace lacuna::simd::inline LACUNA_ISA
