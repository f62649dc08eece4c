// SPDX-License-Identifier: MIT
//
// A X with A in blocks of f16 and sums of f16: a register tile of R rows shares each load of X.
//
// Bound, 8 rows and 2 registers: 16 fma, 10 loads, of 32 lanes, and a prefetch for each cache line of X; what is summed
// up, 64 products, is added to float with 8 instructions a register, 12 % of the fma. Reached with 128 tokens, 512x512
// to 1024x4096, 50 and 80 %, f16 X and Y: 8x1 263 to 287 GFLOP/s, 1.7 to 2.1 times the rate of sums of float; 4x1 242
// to 304, 1.9 to 2.9 times.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/bsr.hpp>
#include <lacuna/kernel/block_rows.hpp>
#include <lacuna/kernel/f16_sums.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/half_rows.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int R, int C, class Arch>
struct f16_sums_spmm<bsr_layout<R, C>, Arch> {
  static constexpr std::string_view name = "bsr/f16";
  static constexpr bool available = simd::avx512fp16<Arch> && C <= f16_terms;
  static constexpr int registers = 8;

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return (16 + R - 1) / R * R;
  }

  /// See f16_sums_spmm. Any range of rows is right; whole blocks are fast.
  template <int N, class View>
  static void run(View a, f16 const* x, float* sums, index first, index last) noexcept {
    constexpr index line = N * lanes;
    block_list const blocks{a.columns().data(), a.values().data(), static_cast<index>(a.columns().size()), a.cols()};
    auto const* const offsets = a.offsets().data();
    for (index b = first / R; b * R < last; ++b) {
      auto const begin = static_cast<index>(offsets[b]);
      auto const end = static_cast<index>(offsets[b + 1]);
      auto* const to = sums + (b * R - first) * line;
      add<N, false>(blocks, begin, std::min(begin + blocks_at_once, end), x, to, first - b * R, last - b * R);
      for (index e = begin + blocks_at_once; e < end; e += blocks_at_once)
        add<N, true>(blocks, e, std::min(e + blocks_at_once, end), x, to, first - b * R, last - b * R);
    }
  }

 private:
  using parts = block_parts<Arch, R>;
  static constexpr index lanes = static_cast<index>(simd::batch<float, Arch>::size);
  static constexpr index blocks_at_once = f16_terms / C;
  static constexpr index ahead = C < 8 ? 8 / C : 1;

  /// sums(r, :) += or (not Add) = sum over blocks first .. last, of those rows r of the blocks with low <= r < high.
  template <int N, bool Add, class I>
  LACUNA_INLINE static void add(block_list<I, f16> a, index first, index last, f16 const* x, float* sums, index low,
                                index high) noexcept {
    constexpr int floats = N == 1 ? 1 : 2;  // a register of f16 has the lanes of so many of float
    constexpr int all = N / floats;
    constexpr int wide = parts::registers == 3 && all == 4 ? 2 : std::min(parts::registers, all);
    simd::unroll<parts::count>([&](auto part) LACUNA_INLINE_LAMBDA {
      for (index n = 0; n != all / wide; ++n)
        add_tile<N, Add, part, wide>(a, first, last, x + n * wide * floats * lanes, sums + n * wide * floats * lanes,
                                     low, high);
      if constexpr (constexpr int rest = all % wide; rest != 0)
        add_tile<N, Add, part, rest>(a, first, last, x + (all - rest) * floats * lanes,
                                     sums + (all - rest) * floats * lanes, low, high);
    });
  }

  // Not inlined: see block_row::run_tile.
  template <int N, bool Add, int Part, int Registers, class I>
  static void add_tile(block_list<I, f16> a, index first, index last, f16 const* x, float* sums, index low,
                       index high) noexcept {
    constexpr index line = N * lanes;
    constexpr int start = Part * parts::height;
    using tile = simd::half_rows<Arch, parts::height_of(Part), Registers, N == 1 ? 1 : 2>;
    constexpr index together = R * C < 512 ? 512 / (R * C) : 1;  // 2 KB of weights
    alignas(64) std::uint32_t twice[static_cast<std::size_t>(together * R * C)];
    tile sum;
    for (index from = first; from < last; from += together) {
      index const count = std::min(together, last - from);
      tile::register_type::write_twice(a.values + from * R * C, count * R * C, twice);
      for (index e = 0; e != count; ++e) {
        index const next = std::min(from + e + ahead, a.stored - 1);
        for (index c = 0; c != C; ++c)
          simd::prefetch<2 * tile::width>(x + (static_cast<index>(a.columns[next]) * C + c) * line);
        index const column = static_cast<index>(a.columns[from + e]) * C;
        index const width = C == 1 || a.cols - column >= C ? C : a.cols - column;
        for (index c = 0; c != width; ++c)
          sum.template multiply_add<C>(twice + (e * R + start) * C + c, x + (column + c) * line);
      }
    }
    simd::unroll<tile::rows>([&](auto r) LACUNA_INLINE_LAMBDA {
      if (start + r >= low && start + r < high) sum.template put_row<r, Add>(sums + (start + r) * line);
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
