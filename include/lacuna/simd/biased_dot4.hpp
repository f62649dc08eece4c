// SPDX-License-Identifier: MIT
//
// Dot products of four bytes, less a number that the weights alone decide.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/dot4.hpp>

#include <cstdint>

namespace lacuna::simd::inline LACUNA_ISA {

/// A seam operation, with its portable body: dot4 of registers that are multiplied once only, as quads of single rows
/// are.
///   split(w): weights as add takes them;
///   add(sum, x, weights): lane l is sum[l] + the dot of the four bytes of x there with those of w, less `bias` of each
///     of these; exact but that sums wrap around at 2^31.
/// `biased`: bias is not 0. Then a dot takes 4 instructions, where one without bias, of pairs of 16 bits, takes 6
/// (simd/wide_dot4.hpp).
template <class Arch>
struct biased_dot4 {
  using byte = dot4_byte<Arch>;
  using sum_type = batch<std::int32_t, Arch>;
  using weights = batch<std::int8_t, Arch>;
  static constexpr bool biased = false;

  [[nodiscard]] static constexpr std::int32_t bias(std::int8_t) noexcept { return 0; }
  [[nodiscard]] LACUNA_INLINE static weights split(batch<std::int8_t, Arch> w) noexcept { return w; }
  [[nodiscard]] LACUNA_INLINE static sum_type add(sum_type sum, batch<byte, Arch> x, weights const& w) noexcept {
    return dot4<Arch, byte>::add(sum, x, w);
  }
};

/// Whether dots are biased and registers narrow: AVX2 without vpdpbusd, where few registers share what else a slot
/// takes.
template <class Arch>
inline constexpr bool narrow_biased_dots = biased_dot4<Arch>::biased && !avx512<Arch>;

}  // namespace lacuna::simd::inline LACUNA_ISA
