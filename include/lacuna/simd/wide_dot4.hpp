// SPDX-License-Identifier: MIT
//
// Dot products of four bytes that are widened to 16 bits before, once for many products.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>

#include <cstddef>
#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: dot4 of unsigned bytes in three parts, for processors without an
/// instruction that multiplies bytes exactly, where `pays` says that it is worth it. There a dot of registers is 4
/// instructions, two to multiply pairs of 16 bits and two to add; dot4 needs 2 more to widen x, each time, and 3 for
/// the weights.
///   widen(from, to): 16 weights, to[4 r + {0, 1, 2, 3}] = from[4 r + {0, 2, 1, 3}], r < 4;
///   widen_turned(from, to), where `turns`: the same of 16 weights that stand by columns, those of four rows of each:
///   to[4 r + {0, 1, 2, 3}] = from[r + {0, 8, 4, 12}];
///   split(x): the bytes of even and of odd number of each lane of 32 bits;
///   add(sum, x, four): lane l is sum[l] plus the dot of the four bytes of x there with the four weights that widen
///     wrote to `four`, exact but that sums wrap around at 2^31.
template <class Arch>
struct wide_dot4 {
  using sum_type = batch<std::int32_t, Arch>;
  static constexpr bool pays = false;
  static constexpr bool turns = false;
  struct halves {
    sum_type even;
    sum_type odd;
  };

  LACUNA_INLINE static void widen(std::int8_t const* from, std::int16_t* to) noexcept {
    for (int n = 0; n != 16; ++n) to[n] = from[n / 4 * 4 + (n % 4 == 1 ? 2 : n % 4 == 2 ? 1 : n % 4)];
  }
  [[nodiscard]] LACUNA_INLINE static halves split(batch<std::uint8_t, Arch> x) noexcept {
    constexpr int lanes = static_cast<int>(sum_type::size);
    alignas(sum_type) std::uint8_t byte[std::size_t{4 * lanes}];
    alignas(sum_type) std::int32_t pair[2][std::size_t{lanes}];
    x.store_aligned(byte);
    for (int l = 0; l != lanes; ++l)
      for (int odd = 0; odd != 2; ++odd) pair[odd][l] = byte[4 * l + odd] + byte[4 * l + 2 + odd] * 65536;
    return {sum_type::load_aligned(pair[0]), sum_type::load_aligned(pair[1])};
  }
  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, halves x, std::int16_t const* four) noexcept {
    constexpr int lanes = static_cast<int>(sum_type::size);
    alignas(sum_type) std::int32_t even[std::size_t{lanes}], odd[std::size_t{lanes}], sums[std::size_t{lanes}];
    x.even.store_aligned(even);
    x.odd.store_aligned(odd);
    sum.store_aligned(sums);
    for (int l = 0; l != lanes; ++l) {
      auto const dot =
          even[l] % 65536 * four[0] + even[l] / 65536 * four[1] + odd[l] % 65536 * four[2] + odd[l] / 65536 * four[3];
      sums[l] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[l]) + static_cast<std::uint32_t>(dot));
    }
    return sum_type::load_aligned(sums);
  }
};

}  // namespace lacuna::simd::inline LACUNA_ISA
