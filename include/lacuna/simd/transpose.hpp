// SPDX-License-Identifier: MIT
//
// Transposes a square block of registers.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstddef>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation on `lanes` registers of T (float, double, int32), with its portable body. xsimd's transpose is
/// written for registers of 128 and 256 bits (SSE2, AVX, NEON: log2(lanes) shuffles a register); on AVX-512 and under
/// emulation it swaps single elements in memory, so AVX-512 has a body of its own.
template <class Arch, class T>
struct transpose {
  using batch_type = batch<T, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);

  /// Lane c of register r and lane r of register c change places.
  LACUNA_INLINE static void run(batch_type (&block)[batch_type::size]) noexcept {
    xsimd::transpose(block, block + batch_type::size);
  }
  /// Lane r of register c is p[r * stride + c]: reads whole rows of a lanes x lanes block, and nothing else. Where
  /// parts of a register can be loaded, half of the shuffles or more become loads.
  LACUNA_INLINE static void load(T const* p, index stride, batch_type (&block)[batch_type::size]) noexcept {
    for (int r = 0; r != lanes; ++r) block[r] = batch_type::load_unaligned(p + r * stride);
    run(block);
  }
  /// Columns that can be loaded by themselves, without a shuffle that the others would have used: 16 bytes of each row.
  static constexpr int columns = lanes;
  /// The first `columns` registers of that block: reads so much of each of `lanes` rows, and nothing else.
  LACUNA_INLINE static void load_columns(T const* p, index stride, batch_type (&block)[std::size_t{columns}]) noexcept {
    load(p, stride, block);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
