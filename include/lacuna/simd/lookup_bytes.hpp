// SPDX-License-Identifier: MIT
//
// A table of bytes in registers, and a register of them at the positions that another one names.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>

#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body, which keeps the table in memory: N bytes, 1 <= N <= 256; from[0 .. size)
/// is read, N filled up to whole registers. table[at]: lane l is the byte at position at[l], each less than N. One
/// permutation for 128 bytes on AVX-512 (VBMI), two table look-ups on NEON; on AVX2, 37 operations for 256 bytes.
template <class Arch, byte X, int N>
struct lookup_bytes {
  static_assert(1 <= N && N <= 256);
  static constexpr int lanes = static_cast<int>(batch<X, Arch>::size);
  static constexpr int size = (N + lanes - 1) / lanes * lanes;

  X const* from;

  LACUNA_INLINE explicit lookup_bytes(X const* table) noexcept : from(table) {}
  [[nodiscard]] LACUNA_INLINE batch<X, Arch> operator[](batch<std::uint8_t, Arch> at) const noexcept {
    alignas(batch<X, Arch>) std::uint8_t position[std::size_t{lanes}];
    alignas(batch<X, Arch>) X found[std::size_t{lanes}];
    at.store_aligned(position);
    for (int l = 0; l != lanes; ++l) found[l] = from[position[l]];
    return batch<X, Arch>::load_aligned(found);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
