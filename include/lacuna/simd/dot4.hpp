// SPDX-License-Identifier: MIT
//
// Dot products of four neighbours: bytes times bytes, added up in lanes of 32 bits.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/bits_as.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lacuna::simd::inline LACUNA_ISA {

/// What int8 weights multiply: signed or unsigned bytes.
template <class X>
concept byte = std::same_as<X, std::uint8_t> || std::same_as<X, std::int8_t>;

/// A seam operation, with its portable body, for X = uint8_t or int8_t. add(sum, x, w): lane l is sum[l] plus the
/// sum of x[4l + b] w[4l + b], b < 4, exact for all bytes, 255 times -128 included: no instruction that saturates takes
/// part. Sums wrap around at 2^31.
///
/// Instructions of one add: 1 for vpdpbusd (uint8_t) and sdot (int8_t, and uint8_t with i8mm); 4 for the other type of
/// vpdpbusd and 4 for that of sdot, whose correction by 128 times the sum of w is made here, each time; 4 where bytes
/// are widened for pmaddwd, and 2 or 3 to widen each of x and w. So who multiplies many x by one w turns x into bytes
/// of `dot4_byte<Arch>` first and corrects the sums of a row once: `flip_byte`.
template <class Arch, byte X>
struct dot4 {
  using sum_type = batch<std::int32_t, Arch>;

  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, batch<X, Arch> x, batch<std::int8_t, Arch> w) noexcept {
    constexpr int bytes = static_cast<int>(batch<X, Arch>::size);
    alignas(batch<X, Arch>) X left[std::size_t{bytes}];
    alignas(batch<X, Arch>) std::int8_t right[std::size_t{bytes}];
    alignas(batch<X, Arch>) std::int32_t sums[std::size_t{bytes / 4}];
    x.store_aligned(left);
    w.store_aligned(right);
    sum.store_aligned(sums);
    for (int l = 0; l != bytes / 4; ++l) {
      std::int32_t dot = 0;
      for (int b = 4 * l; b != 4 * l + 4; ++b) dot += std::int32_t{left[b]} * std::int32_t{right[b]};
      sums[l] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[l]) + static_cast<std::uint32_t>(dot));
    }
    return sum_type::load_aligned(sums);
  }
};

/// The bytes x for which dot4 takes the fewest instructions on Arch: int8_t on 64-bit Arm, uint8_t elsewhere.
template <class Arch>
using dot4_byte = std::conditional_t<neon64<Arch>, std::int8_t, std::uint8_t>;

/// x as a byte of the other signedness: x - 128 for uint8_t, x + 128 for int8_t; always exact. Dots with flipped bytes
/// lack 128 times the sum of w, or have it too much: `flip_correction<X>` times the sum of w is what is to be added
/// where bytes of X were flipped.
template <byte X>
[[nodiscard]] LACUNA_INLINE constexpr auto flip_byte(X x) noexcept {
  using other = std::conditional_t<std::is_signed_v<X>, std::uint8_t, std::int8_t>;
  return static_cast<other>(static_cast<std::uint8_t>(x) ^ 0x80u);
}
template <byte X>
inline constexpr std::int32_t flip_correction = std::is_signed_v<X> ? -128 : 128;

/// The four bytes at p in every lane of 32 bits.
template <class Arch, byte X>
[[nodiscard]] LACUNA_INLINE batch<X, Arch> repeat_four(X const* p) noexcept {
  std::int32_t four;
  std::memcpy(&four, p, sizeof four);
  return bits_as<X>(batch<std::int32_t, Arch>(four));
}

}  // namespace lacuna::simd::inline LACUNA_ISA
