// SPDX-License-Identifier: MIT
//
// Quads of four rows of int8 that share columns, made half by half: where a tile of dots has two registers, it takes
// half of the shuffles to make what it multiplies, and lines of X are read twice instead of quads written and read.
//
// Bound, AVX2 without vpdpbusd, per quad of 32 columns of X and 4 rows: 2 x (4 unpackings, 4 operations that widen, 16
// multiplications and 16 additions), 80 on four ports, so the dots are at 80 % of their peak; the processor starts some
// 120 instructions, as loads of columns, lines and weights come to 36. Weights are widened from where they stand, by
// two instructions for 16 of them.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Whether R rows that share columns in blocks C wide are made of quads by halves.
template <class Arch, int R, int C>
inline constexpr bool makes_quads_by_halves = simd::wide_dot4<Arch>::turns && R == 4 && C == 1;

/// Registers 2 H and 2 H + 1 of quads that are made of the lines of four columns each.
template <class Arch, int H, class I>
struct half_quads {
  I const* columns;

  [[nodiscard]] LACUNA_INLINE quad_place operator()(index q) const noexcept { return {nullptr, q}; }
  template <class Byte>
  LACUNA_INLINE void load(index q, std::int32_t const* x, simd::batch<Byte, Arch> (&quad)[2]) const noexcept {
    using batch_type = simd::batch<std::uint8_t, Arch>;
    auto const* const lines = reinterpret_cast<std::uint8_t const*>(x);
    batch_type made[4];
    simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA {
      auto const column = static_cast<index>(columns[4 * q + b]);
      made[b] = batch_type::load_unaligned(lines + column * static_cast<index>(batch_type::size));
    });
    simd::interleave_lines<Arch>::run(made);
    simd::unroll<2>([&](auto n) LACUNA_INLINE_LAMBDA { quad[n] = simd::bits_as<Byte>(made[2 * H + n]); });
  }
};

/// A source of quads (see quad_rows) for the first `count` columns of a list, of which there are whole quads, with four
/// weights of each.
template <class Arch, class I>
struct halved_quads {
  I const* columns;
  std::int8_t const* values;
  index count;

  template <int H>
  [[nodiscard]] LACUNA_INLINE half_quads<Arch, H, I> half() const noexcept {
    return {columns};
  }
  /// Weights of quads first .. last, 16 each; 0 behind the last column.
  LACUNA_INLINE void widen(index first, index last, std::int16_t* to) const noexcept {
    using wide = simd::wide_dot4<Arch>;
    auto const whole = std::min(last, count / 4);
    for (index q = first; q < whole; ++q, to += 16) wide::widen_turned(values + 16 * q, to);
    if (whole == last) return;
    std::int8_t rest[16] = {};
    std::copy_n(values + 16 * whole, 4 * (count % 4), rest);
    wide::widen_turned(rest, to);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
