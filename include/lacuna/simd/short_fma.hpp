// SPDX-License-Identifier: MIT
//
// Multiply-add of numbers of 16 bits that stand in lanes of 32.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: sum + w * x in every lane of 32 bits, modulo 2^32, for w and x between
/// -32768 and 32767. x86 multiplies pairs of 16 bits and adds them up in one operation, or in one together with the sum
/// (VNNI), where a product of 32 bits takes two on one port, and on SSE2 seven.
template <class Arch>
struct short_fma {
  using batch_type = batch<std::int32_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static batch_type run(batch_type w, batch_type x, batch_type sum) noexcept {
    return w * x + sum;
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
