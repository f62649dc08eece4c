// SPDX-License-Identifier: MIT
//
// Lanes in an order that is known when this is compiled.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// Lane l, of 32 bits, is lane Order::get(l, lanes) of v: one permutation on AVX2 and AVX-512.
template <class Order, class T, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> permute(batch<T, Arch> v) noexcept {
  static_assert(sizeof(T) == 4);
  return xsimd::swizzle(v, xsimd::make_batch_constant<std::uint32_t, Arch, Order>());
}

}  // namespace lacuna::simd::inline LACUNA_ISA
