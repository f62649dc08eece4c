// SPDX-License-Identifier: MIT
//
// The product of one row of int8 whose columns are any: quads made of four of its slots after the other.
//
// X stands in lines of one register of bytes or two (kernel/pack_quads.hpp), four registers of which become four
// registers of quads by eight shuffles (simd::interleave_lines). The weights of four neighbouring slots are a quad as
// they stand. Bound: nobody else uses the quads, so it is the shuffles where they have one port (Intel: 8 cycles for 4
// dots, 25 % of what dots alone do); Zen 5 shuffles beside its dots: 4 loads of X, 5 of columns and weights, 8 shuffles
// and 4 dots take 4.6 cycles in L1, 43 %, and from L2, where the lines of more than 600 inputs are, 7 for 256 bytes.
//
// Without vpdpbusd a dot is 4 instructions (simd/biased_dot4.hpp), so that 4 slots times 32 bytes (AVX2) take 8
// shuffles and 16 others, a broadcast, 3 for the weights and 6 or 8 loads: 9 cycles on three ports, 6.75 on four, of
// which pairs of 16 bits alone, which have their bytes widened and side by side, take 5.3 and 4; row_tile takes 10.7
// and 8, and reads four times as many bytes of X, mostly from L2.
//
// What lost, in loops with AVX2 of 1024x1024 at 80 % from Zen 5, where this one does 134 G operations/s: two slots by
// lines of 16 bits, 102 to 114; the pair of neighbouring rows that a slot is one of, by one multiplication and one
// addition, 67; each line beside its complement, which the sign of a weight picks, 151, but that takes a copy of all
// columns and twice the memory for X.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Slots first .. last of a matrix, each a column and a value.
template <class I>
struct slot_list {
  I const* columns;
  std::int8_t const* values;
  index first;
  index last;
};
template <class I>
slot_list(I const*, std::int8_t const*, index, index) -> slot_list<I>;

/// Sums of N registers for the slots of one row: 4, or 2 where lines are half a register, or 8 where they are two.
template <class Arch, int N>
struct slot_quads {
  using sum_type = simd::batch<std::int32_t, Arch>;
  static constexpr index lanes = static_cast<index>(sum_type::size);
  static constexpr index line = N * lanes;  // bytes of a line, and sums
  using sums = sum_type[std::size_t{N}];

  /// to[c] = start + the dots of the slots with byte c of the lines that their columns name, for c < line; less the
  /// bias of their weights (simd::biased_dot4).
  template <class I>
  LACUNA_INLINE static void run(slot_list<I> const& list, std::int32_t const* x, std::int32_t start,
                                std::int32_t* to) noexcept {
    sum_type sum[std::size_t{sets}][std::size_t{N}];
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[sets - 1][n] = sum_type(0), sum[0][n] = sum_type(start); });
    auto const* columns = list.columns + list.first;
    auto const* values = list.values + list.first;
    auto const count = list.last - list.first;
    auto const step = [&](sums& some) LACUNA_INLINE_LAMBDA {
      add(columns, four(values), x, some);
      columns += 4, values += 4;
    };
    if constexpr (sets == 2) {
      for (auto n = count / 8; n != 0; --n) {
        ask(columns, values);
        step(sum[0]), step(sum[1]);
      }
      if ((count & 4) != 0) step(sum[0]);
    } else {
      auto n = count / 4;
      if constexpr (N == 8)
        for (; n > lines_ahead / 4; --n) {
          simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA { ask_line(columns[lines_ahead + b], x); });
          step(sum[0]);
        }
      for (; n != 0; --n) step(sum[0]);
    }
    add_rest(columns, values, static_cast<int>(count % 4), list.last >= 4, x, sum[sets - 1]);
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
      auto const all = sets == 2 ? sum[0][n] + sum[1][n] : sum[0][n];
      all.store_unaligned(to + n * lanes);
    });
  }

  /// Four weights, as add takes them.
  [[nodiscard]] LACUNA_INLINE static std::int32_t four(std::int8_t const* values) noexcept {
    std::int32_t w;
    std::memcpy(&w, values, sizeof w);
    return w;
  }
  /// Adds the products of four columns and weights.
  template <class I>
  LACUNA_INLINE static void add(I const* columns, std::int32_t weights, std::int32_t const* x, sums& sum) noexcept {
    auto const* const lines = reinterpret_cast<std::uint8_t const*>(x);
    std::uint8_t const* at[4];
    simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA { at[b] = lines + static_cast<index>(columns[b]) * line; });
    auto const w = dots::split(simd::bits_as<std::int8_t>(sum_type(weights)));
    constexpr int some = N == 2 ? 2 : 4;  // registers that are made at once
    simd::unroll<N / some>([&](auto part) LACUNA_INLINE_LAMBDA {
      bytes quad[std::size_t{some}];
      if constexpr (N == 2) {
        simd::interleave_half_lines<Arch>::run(at, quad);
      } else {
        constexpr auto offset = part * static_cast<index>(bytes::size);
        simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA { quad[b] = bytes::load_unaligned(at[b] + offset); });
        simd::interleave_lines<Arch>::run(quad);
      }
      simd::unroll<some>([&](auto n) LACUNA_INLINE_LAMBDA {
        auto& to = sum[part * some + n];
        to = dots::add(to, simd::bits_as<typename dots::byte>(quad[n]), w);
      });
    });
  }

 private:
  using dots = simd::biased_dot4<Arch>;
  using bytes = simd::batch<std::uint8_t, Arch>;
  /// Two where registers suffice: the latency of a dot is that of all of a quad.
  static constexpr int sets = simd::register_count<Arch> >= 32 ? 2 : 1;

  /// Asks for columns and weights ahead of those at hand, where a tile takes less time than they take to arrive: Zen 5,
  /// 4096x4096 at 80 %, eight columns, 22 to 44 G operations/s, but 1024x1024 in L2 58 to 51.
  template <class I>
  LACUNA_INLINE static void ask(I const* columns, std::int8_t const* values) noexcept {
    if constexpr (N == 2) {
      simd::prefetch_ahead<1>(columns, 4096);
      simd::prefetch_ahead<1>(values, 1024);
    }
  }
  /// Lines of two registers are asked for so many slots ahead, as X leaves L1: Zen 3, loop alone, 205 slots a row, G
  /// operations/s with none, 4, 8 and 16: 1024 inputs 93, 98, 100, 105, 4096 74, 82, 93, 104; lines of one register
  /// gain nothing, 87 and 80 with none and 8.
  static constexpr index lines_ahead = 16;
  template <class I>
  LACUNA_INLINE static void ask_line(I column, std::int32_t const* x) noexcept {
    simd::prefetch_ahead<1>(reinterpret_cast<std::uint8_t const*>(x), static_cast<index>(column) * line);
  }
  /// `add` for `count` slots, up to three. With slots before them, of whatever rows, these are multiplied too, by 0:
  /// how many there are would be a surprise for each row.
  template <class I>
  LACUNA_INLINE static void add_rest(I const* columns, std::int8_t const* values, int count, bool has_four,
                                     std::int32_t const* x, sums& sum) noexcept {
    if (has_four) {
      static constexpr std::int8_t counts[8] = {0, 0, 0, 0, -1, -1, -1, -1};
      add(columns + count - 4, four(values + count - 4) & four(counts + count), x, sum);
    } else if (count != 0) {
      I some[4] = {columns[0], columns[0], columns[0], columns[0]};
      std::int8_t weights[4] = {};
      for (int e = 0; e != count; ++e) some[e] = columns[e], weights[e] = values[e];
      add(some, four(weights), x, sum);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
