// SPDX-License-Identifier: MIT
//
// The product of one row of int8 whose columns are any: quads made of four of its slots after the other.
//
// X stands in lines of one register of bytes (kernel/pack_quads.hpp), four of which become four registers of quads by
// eight shuffles (simd::interleave_lines). The weights of four neighbouring slots are a quad as they stand. Nobody else
// uses the quads, so the shuffles bind where they have one port (Intel: 8 cycles for 4 dots, 25 % of what dots alone
// do); Zen 5 shuffles beside its dots: 4 loads of X, 5 of columns and weights, 8 shuffles and 4 dots take 4.6 cycles in
// L1, 43 %, and from L2, where the lines of more than 600 inputs are, 7 for 256 bytes.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/isa.hpp>
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

/// Sums of four registers for the slots of one row.
template <class Arch>
struct slot_quads {
  static constexpr int registers = 4;  // quads are made of whole registers of bytes
  using sum_type = simd::batch<std::int32_t, Arch>;
  static constexpr index line = 4 * static_cast<index>(sum_type::size);  // bytes of a line, and sums

  /// to[c] = start + the dots of the slots with byte c of the lines that their columns name, for c < line.
  template <class I>
  LACUNA_INLINE static void run(slot_list<I> const& list, std::int32_t const* x, std::int32_t start,
                                std::int32_t* to) noexcept {
    sum_type sum[std::size_t{sets}][4];
    simd::unroll<4>([&](auto n) LACUNA_INLINE_LAMBDA { sum[sets - 1][n] = sum_type(0), sum[0][n] = sum_type(start); });
    auto const* columns = list.columns + list.first;
    auto const* values = list.values + list.first;
    auto const count = list.last - list.first;
    auto const step = [&](sum_type(&sums)[4]) LACUNA_INLINE_LAMBDA {
      add(columns, four(values), x, sums);
      columns += 4, values += 4;
    };
    if constexpr (sets == 2) {
      for (auto n = count / 8; n != 0; --n) step(sum[0]), step(sum[1]);
      if ((count & 4) != 0) step(sum[0]);
    } else {
      for (auto n = count / 4; n != 0; --n) step(sum[0]);
    }
    add_rest(columns, values, static_cast<int>(count % 4), list.last >= 4, x, sum[sets - 1]);
    simd::unroll<4>([&](auto n) LACUNA_INLINE_LAMBDA {
      auto const all = sets == 2 ? sum[0][n] + sum[1][n] : sum[0][n];
      all.store_unaligned(to + n * (line / 4));
    });
  }

 private:
  using byte = simd::dot4_byte<Arch>;
  using lines_type = simd::batch<std::uint8_t, Arch>;
  /// Two where registers suffice: the latency of a dot is that of all of a quad.
  static constexpr int sets = simd::register_count<Arch> >= 32 ? 2 : 1;

  [[nodiscard]] LACUNA_INLINE static std::int32_t four(std::int8_t const* values) noexcept {
    std::int32_t w;
    std::memcpy(&w, values, sizeof w);
    return w;
  }
  /// Adds the products of four columns and weights.
  template <class I>
  LACUNA_INLINE static void add(I const* columns, std::int32_t weights, std::int32_t const* x,
                                sum_type (&sum)[4]) noexcept {
    auto const* const lines = reinterpret_cast<std::uint8_t const*>(x);
    lines_type quad[4];
    simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA {
      quad[b] = lines_type::load_unaligned(lines + static_cast<index>(columns[b]) * line);
    });
    simd::interleave_lines<Arch>::run(quad);
    auto const w = simd::bits_as<std::int8_t>(sum_type(weights));
    simd::unroll<4>([&](auto n) LACUNA_INLINE_LAMBDA {
      sum[n] = simd::dot4<Arch, byte>::add(sum[n], simd::bits_as<byte>(quad[n]), w);
    });
  }
  /// The same for `count` slots, up to three. With slots before them, of whatever rows, these are multiplied too, by 0:
  /// how many there are would be a surprise for each row.
  template <class I>
  LACUNA_INLINE static void add_rest(I const* columns, std::int8_t const* values, int count, bool has_four,
                                     std::int32_t const* x, sum_type (&sum)[4]) noexcept {
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
