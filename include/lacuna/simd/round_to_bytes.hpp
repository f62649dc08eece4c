// SPDX-License-Identifier: MIT
//
// From registers of floats to one register of bytes: the last step of an integer layer.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>
#include <lacuna/simd/math.hpp>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: round(v) + zero, saturated to Int, for all lanes of four registers, one
/// behind the other; ties round to even, NaN counts as 0. `zero` is an Int.
///
/// On x86 13 instructions for the four: rounding, and narrowing that saturates. What int32 can't hold becomes its least
/// number, and stays the least of 16 bits: then, and below -32767.5, numbers are held back first, 16 more.
template <class Arch, byte Int>
struct round_to_bytes {
  [[nodiscard]] LACUNA_INLINE static batch<Int, Arch> run(batch<float, Arch> const (&v)[4],
                                                          std::int32_t zero) noexcept {
    constexpr int lanes = static_cast<int>(batch<float, Arch>::size);
    alignas(batch<Int, Arch>) Int bytes[batch<Int, Arch>::size];
    alignas(batch<float, Arch>) std::int32_t whole[batch<float, Arch>::size];
    for (int k = 0; k != 4; ++k) {
      (simd::nearbyint_as_int(held_for<Int>(v[k], zero)) + batch<std::int32_t, Arch>(zero)).store_aligned(whole);
      for (int l = 0; l != lanes; ++l) bytes[k * lanes + l] = static_cast<Int>(whole[l]);
    }
    return batch<Int, Arch>::load_aligned(bytes);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
