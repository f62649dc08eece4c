// SPDX-License-Identifier: MIT
//
// A register's bits as lanes of another type.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

namespace lacuna::simd::inline LACUNA_ISA {

/// The same bits as lanes of T, without an instruction. For 64-bit Arm xsimd::bitwise_cast chooses one of a table of 81
/// functions, wherever it stands: with it gcc 12 takes five times as long for the tests of kernel/quad.hpp.
template <class T, class U, class Arch>
[[nodiscard]] LACUNA_INLINE batch<T, Arch> bits_as(batch<U, Arch> v) noexcept {
  using from = typename batch<U, Arch>::register_type;
  using to = typename batch<T, Arch>::register_type;
  return batch<T, Arch>(__builtin_bit_cast(to, static_cast<from>(v)));
}

}  // namespace lacuna::simd::inline LACUNA_ISA
