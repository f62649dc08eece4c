// SPDX-License-Identifier: MIT
//
// The product of one row of blocks of int8 with some tokens, whose inputs are neighbours: a register of weights, four
// of each of as many rows as it has lanes, times four inputs of a token, broadcast.
//
// Bound: for tiles of two registers of rows and 12 tokens 14 loads for 24 dots, each two a cycle with vpdpbusd: the
// dots bind, and weights may come from L3, 128 bytes in 12 cycles. X needs no packing, and tokens x features of Y are
// whole registers. With a few tokens the bytes of the weights bind, each of which is read once.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Blocks of Rows rows, whole registers of them, and four columns. Block e stands at values + e * Rows * 4, and its
/// inputs from columns[e] * 4 on.
template <class Arch, int Rows>
struct token_dots {
  using byte = simd::dot4_byte<Arch>;
  using batch_type = simd::batch<std::int32_t, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  static_assert(Rows % lanes == 0);
  static constexpr int registers = Rows / lanes % 2 == 0 ? 2 : 1;  // of rows that are summed up together
  static constexpr int parts = Rows / lanes / registers;
  /// Tokens of the widest tile.
  static constexpr int widest = simd::register_count<Arch> == 16 ? 4 : registers == 2 ? 12 : 16;

  /// to[t * pitch + r] = start[r] (0 where start is null) + the dots of row r of blocks first .. last with token t, for
  /// all Rows rows and `tokens` tokens, which stand `x_pitch` bytes apart.
  template <class I>
  LACUNA_INLINE static void run(I const* columns, std::int8_t const* values, index first, index last, byte const* x,
                                index x_pitch, index tokens, std::int32_t const* start, std::int32_t* to,
                                index pitch) noexcept {
    index t = 0;
    auto const tile = [&](auto count) LACUNA_INLINE_LAMBDA {
      for (; tokens - t >= count; t += count)
        for (int part = 0; part != parts; ++part) {
          auto const top = part * registers * lanes;
          run_tile<count>(columns, values + top * 4, first, last, x + t * x_pitch, x_pitch,
                          start == nullptr ? nullptr : start + top, to + t * pitch + top, pitch);
        }
    };
    if constexpr (widest > 8) tile(std::integral_constant<int, widest>{});
    if constexpr (widest > 4) tile(std::integral_constant<int, 8>{});
    tile(std::integral_constant<int, 4>{});
    tile(std::integral_constant<int, 2>{});
    tile(std::integral_constant<int, 1>{});
  }

 private:
  // Not inlined: as kernel/block_rows.hpp has it.
  template <int Tokens, class I>
  static void run_tile(I const* columns, std::int8_t const* values, index first, index last, byte const* x,
                       index x_pitch, std::int32_t const* start, std::int32_t* to, index pitch) noexcept {
    batch_type sum[static_cast<std::size_t>(Tokens)][static_cast<std::size_t>(registers)];
    simd::unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA {
      auto const value = start == nullptr ? batch_type(0) : batch_type::load_unaligned(start + r * lanes);
      simd::unroll<Tokens>([&](auto t) LACUNA_INLINE_LAMBDA { sum[t][r] = value; });
    });
    for (index e = first; e != last; ++e) {
      auto const* const input = x + static_cast<index>(columns[e]) * 4;
      simd::batch<std::int8_t, Arch> w[static_cast<std::size_t>(registers)];
      simd::unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA {
        w[r] = simd::batch<std::int8_t, Arch>::load_unaligned(values + e * (Rows * 4) + r * (lanes * 4));
      });
      simd::unroll<Tokens>([&](auto t) LACUNA_INLINE_LAMBDA {
        auto const four = simd::repeat_four<Arch>(input + t * x_pitch);
        simd::unroll<registers>(
            [&](auto r) LACUNA_INLINE_LAMBDA { sum[t][r] = simd::dot4<Arch, byte>::add(sum[t][r], four, w[r]); });
      });
    }
    simd::unroll<Tokens>([&](auto t) LACUNA_INLINE_LAMBDA {
      simd::unroll<registers>([&](auto r)
                                  LACUNA_INLINE_LAMBDA { sum[t][r].store_unaligned(to + t * pitch + r * lanes); });
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
