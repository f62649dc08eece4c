// SPDX-License-Identifier: MIT
//
// The product of one row of blocks of int8 with some tokens, whose inputs are neighbours: a register of weights, four
// of each of as many rows as it has lanes, times four inputs of a token, broadcast.
//
// Bound: for tiles of two registers of rows and 12 tokens 14 loads for 24 dots, each two a cycle with vpdpbusd: the
// dots bind, and weights may come from L3, 128 bytes in 12 cycles. X needs no packing, and tokens x features of Y are
// whole registers. With a few tokens the bytes of the weights bind, each of which is read once: they are asked for
// ahead, and dots go to sums of two to four blocks by turns, as one would wait four cycles for the one before. Reached
// on Zen 5, of a loop that only reads the same bytes: one token of 2048x2048 from memory, 32x4 and 16x4, 50 and 80 %
// sparsity, 74 to 82 %, of 4096x4096 from L3 77 to 94; without sums by turns 16x4 from L3 62 GB/s instead of 88.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
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
  /// all Rows rows and `tokens` tokens, which stand `x_pitch` bytes apart. Few: the blocks may not be in any cache, and
  /// are asked for ahead by tiles that may have to wait for them, those of up to eight tokens.
  template <class I>
  LACUNA_INLINE static void run(I const* columns, std::int8_t const* values, index first, index last, byte const* x,
                                index x_pitch, index tokens, std::int32_t const* start, std::int32_t* to, index pitch,
                                bool few) noexcept {
    index t = 0;
    auto const tile = [&](auto count, auto asks) LACUNA_INLINE_LAMBDA {
      for (; tokens - t >= count; t += count)
        for (int part = 0; part != parts; ++part) {
          auto const top = part * registers * lanes;
          auto const* const weights = first == last ? values : values + top * 4;  // without blocks there is no array
          run_tile<count, asks>(columns, weights, first, last, x + t * x_pitch, x_pitch,
                                start == nullptr ? nullptr : start + top, to + t * pitch + top, pitch);
        }
    };
    if (widest > 8 || !few) tile(std::integral_constant<int, widest>{}, std::false_type{});
    if constexpr (widest > 4) tile(std::integral_constant<int, 8>{}, std::true_type{});
    tile(std::integral_constant<int, 4>{}, std::true_type{});
    tile(std::integral_constant<int, 2>{}, std::true_type{});
    tile(std::integral_constant<int, 1>{}, std::true_type{});
  }

 private:
  /// Blocks in step, each with sums of its own: few tokens would wait for the dots before.
  template <int Tokens>
  static constexpr int chains = std::max(1, std::min(4, 8 / (Tokens * registers)));

  // Not inlined: as kernel/block_rows.hpp has it.
  template <int Tokens, bool Asks, class I>
  static void run_tile(I const* columns, std::int8_t const* values, index first, index last, byte const* x,
                       index x_pitch, std::int32_t const* start, std::int32_t* to, index pitch) noexcept {
    batch_type sum[std::size_t{chains<Tokens>}][static_cast<std::size_t>(Tokens)][static_cast<std::size_t>(registers)];
    for_each<Tokens>([&](auto t, auto r) LACUNA_INLINE_LAMBDA {
      sum[0][t][r] = start == nullptr ? batch_type(0) : batch_type::load_unaligned(start + r * lanes);
      simd::unroll<chains<Tokens> - 1>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n + 1][t][r] = batch_type(0); });
    });
    auto const add = [&](index e, auto n) LACUNA_INLINE_LAMBDA {
      auto const* const input = x + static_cast<index>(columns[e]) * 4;
      auto const* const block = values + e * (Rows * 4);
      if constexpr (Asks) simd::prefetch_ahead<registers * lanes * 4>(block, simd::stream_ahead);
      simd::batch<std::int8_t, Arch> w[static_cast<std::size_t>(registers)];
      simd::unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA {
        w[r] = simd::batch<std::int8_t, Arch>::load_unaligned(block + r * (lanes * 4));
      });
      simd::unroll<Tokens>([&](auto t) LACUNA_INLINE_LAMBDA {
        auto const four = simd::repeat_four<Arch>(input + t * x_pitch);
        simd::unroll<registers>(
            [&](auto r) LACUNA_INLINE_LAMBDA { sum[n][t][r] = simd::dot4<Arch, byte>::add(sum[n][t][r], four, w[r]); });
      });
    };
    index e = first;
    for (; last - e >= chains<Tokens>; e += chains<Tokens>)
      simd::unroll<chains<Tokens>>([&](auto n) LACUNA_INLINE_LAMBDA { add(e + n, n); });
    if constexpr (chains<Tokens> > 1)
      for (; e != last; ++e) add(e, std::integral_constant<int, 0>{});
    for_each<Tokens>([&](auto t, auto r) LACUNA_INLINE_LAMBDA {
      simd::unroll<chains<Tokens> - 1>([&](auto n) LACUNA_INLINE_LAMBDA { sum[0][t][r] += sum[n + 1][t][r]; });
      sum[0][t][r].store_unaligned(to + t * pitch + r * lanes);
    });
  }

  template <int Tokens, class F>
  LACUNA_INLINE static void for_each(F&& f) noexcept {
    simd::unroll<Tokens>(
        [&](auto t) LACUNA_INLINE_LAMBDA { simd::unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA { f(t, r); }); });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
