// SPDX-License-Identifier: MIT
//
// The product of one row of blocks: what bsr and vnm share.
//
// Height rows share their columns, so that a load of X serves all rows of a register tile: of 4x4 or 8x3 registers, 4x3
// where there are 16, cut into parts of even height where Height is more than the registers allow. Bound, per column
// and tile: 16 (24, 12) fma and 10 (13, 9) loads, two of them of columns, each at two a cycle: the fma bind, and X may
// come from L2, 32 (16, 16) bytes a cycle of the 50 there are, if its lines are asked for in time: columns are known,
// so X is prefetched `ahead` of its use, which is worth 2 to 7
// %. Tiles of X in L1, with sums kept between them, lose more to their loop exits than they win (docs/dead_ends.md),
// but below four rows, where X takes 43 to 128 bytes a cycle, they win.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/tile_rows.hpp>
#include <lacuna/simd/unroll.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// How Height rows that share columns are cut into register tiles.
template <class Arch, int Height>
struct block_parts {
  static constexpr int tallest = simd::register_count<Arch> == 32 ? 8 : 6;
  static constexpr int count = (Height + tallest - 1) / tallest;
  static constexpr int height = (Height + count - 1) / count;  // of all but the last
  static constexpr int registers = simd::widest_tile<Arch>(height);
  static constexpr bool streams = Height >= 4;  // X from L2 keeps up, else it has to be in L1

  /// Whether columns are visited out of order (`scattered`): where so few rows share a line of X that its way from L2
  /// binds, and where its step is long. On Zen: it has not been measured elsewhere.
  [[nodiscard]] static constexpr bool scatters(int rows, int n) noexcept {
    return lacuna::detail::tuned_for_zen && streams && rows < 8 && rows * n >= 16;
  }

  [[nodiscard]] static constexpr int height_of(int part) noexcept {
    return Height - part * height < height ? Height - part * height : height;
  }
};

/// Eight places at a time in the order 0, 3, 6, 1, 4, 7, 2, 5. Lines of X that are read in rising order, at 50 %
/// sparsity most of the rows, make a processor fetch the rows between and the other half of each row, which takes from
/// L2 what the tile needs. Zen 5, 128 tokens, of the peak: 4x1 at 50 % 82 to 67 % in order, 91 to 90 % so; 4x2:4 80 to
/// 66 and 88 to 84 %; 4x1 at 80 % the same either way.
struct scattered {
  static constexpr int together = 8;
  [[nodiscard]] static constexpr int place(int i) noexcept { return 3 * i % 8; }
};

/// Blocks of Height rows and Width columns: block e row by row at values + e * Height * Width, its first column
/// columns[e] * Width; columns from `cols` on do not exist.
template <class I, class W>
struct block_list {
  I const* columns;
  W const* values;
  index stored;
  index cols;
};
template <class I, class W>
block_list(I const*, W const*, index, index) -> block_list<I, W>;

/// Register tiles for rows of such blocks. X(k, :) stands at x + k * N registers, and sums of row i at sums + i * N
/// registers, of which a tile takes `registers` at a time.
template <class Arch, class S, int Height, int Width, int N>
struct block_row {
  using parts = block_parts<Arch, Height>;
  /// Four registers are better cut into two and two than into three and one: 79 and 75 % of the peak, AVX2, 32 tokens.
  static constexpr int registers = parts::registers == 3 && N == 4 ? 2 : parts::registers < N ? parts::registers : N;
  static constexpr index lanes = static_cast<index>(simd::batch<S, Arch>::size);
  static constexpr index line = N * lanes;
  static constexpr index ahead = Width < 8 ? 8 / Width : 1;
  /// Sums that an output has in a tile of so many registers a row: columns of blocks, or blocks of one, take turns
  /// where rows make too few chains to hide an fma's 4 cycles on two ports. Zen 5, 512x512 at 50 %, 16 and 32 columns:
  /// 1x4 0.37 and 0.65 of the time, 2x4 0.48 and 0.72, 4x4 0.81 with 16; 4x1 0.85, 4x2:4 0.87, 8x1 the same.
  [[nodiscard]] static constexpr int chains(int rows, int n) noexcept {
    constexpr int most = Width == 1 ? 4 : Width;
    return 8 / (rows * n) < 1 ? 1 : 8 / (rows * n) < most ? 8 / (rows * n) : most;
  }
  /// Whether columns go two by two, which ask for X together: a step of 4x2 registers takes 24 instructions instead of
  /// 30, of which Zen 3 starts six in each of the 4 cycles that its multiply-adds take. AVX2 there, 512x512 and
  /// 2048x512 at 50 and 80 %, 16 and 32 tokens: 8x1 1.10 to 1.15 times as fast, 4x1 1.05 to 1.11, 16x1 1.02 to 1.11,
  /// 4x2:4 1.03 to 1.09. Not where the tile leaves no register: gcc 12 then keeps some sums of 4x3 in memory, 0.8 of
  /// the speed. Nor with SSE2, where it was not measured and costs 7 KB of code.
  [[nodiscard]] static constexpr bool in_pairs(int rows, int n) noexcept {
    return Width == 1 && parts::streams && simd::register_count<Arch> == 16 && sizeof(simd::batch<S, Arch>) == 32 &&
           rows * n + n + 1 < 16 && chains(rows, n) <= 2;
  }

  /// sums(r, :) += or = (Fresh) sum over blocks first .. last of block(r, :) X, for those rows r of the blocks with low
  /// <= r < high. Weights of 16 bits are widened once for all tiles of a row, not by each tile: Zen 3, AVX2, 2048x512
  /// at 50 and 80 %, 32 to 512 tokens, bf16 8x1 at 0.93 to 0.96 of the rate of float instead of 0.75 to 0.90.
  template <bool Fresh, class I, class W>
  LACUNA_INLINE static void run(block_list<I, W> a, index first, index last, S const* x, S* sums, index low,
                                index high) noexcept {
    if constexpr (std::same_as<W, S>) {
      run_tiles<Fresh>(a, first, last, x, sums, low, high);
    } else {
      alignas(simd::batch<S, Arch>) S wide[static_cast<std::size_t>((widened * size + lanes - 1) / lanes * lanes)];
      auto const next = [&] {
        index const count = last - first < widened ? last - first : widened;
        widen(a.values + first * size, count * size, wide);
        return count;
      };
      auto count = next();
      run_tiles<Fresh>(block_list<I, S>{a.columns + first, wide, a.stored - first, a.cols}, 0, count, x, sums, low,
                       high);
      while ((first += count) != last) {
        count = next();
        run_tiles<false>(block_list<I, S>{a.columns + first, wide, a.stored - first, a.cols}, 0, count, x, sums, low,
                         high);
      }
    }
  }

 private:
  static constexpr index size = index{Height} * Width;
  static constexpr index widened = size < 2048 ? 2048 / size : 1;  // blocks

  /// As widen_weights; asks for as many weights behind them, which are what follows.
  template <class W>
  static void widen(W const* from, index count, S* to) noexcept {
    constexpr index some = 4 * lanes;
    index k = 0;
    for (; count - k >= some; k += some) {
      simd::prefetch_ahead<static_cast<int>(some * index{sizeof(W)})>(from, (k + count) * index{sizeof(W)});
      simd::unroll<4>([&](auto r) LACUNA_INLINE_LAMBDA {
        simd::widen<Arch, W>::load(from + k + r * lanes).store_aligned(to + k + r * lanes);
      });
    }
    widen_weights<Arch>(from + k, to + k, count - k);
  }

  template <bool Fresh, class I>
  LACUNA_INLINE static void run_tiles(block_list<I, S> a, index first, index last, S const* x, S* sums, index low,
                                      index high) noexcept {
    simd::unroll<parts::count>([&](auto part) LACUNA_INLINE_LAMBDA {
      for (index n = 0; n != N / registers; ++n)
        run_tile<Fresh, part, registers>(a, first, last, x + n * registers * lanes, sums + n * registers * lanes, low,
                                         high);
      if constexpr (constexpr int rest = N % registers; rest != 0)
        run_tile<Fresh, part, rest>(a, first, last, x + (N - rest) * lanes, sums + (N - rest) * lanes, low, high);
    });
  }

  // Not inlined: beside the loops around it, gcc 12 keeps what the inner one counts in memory, with 3 to 11
  // instructions of the 31 to 43 of a step, and 8x1 with AVX-512 stays at 73 instead of 91 to 97 % of the peak.
  template <bool Fresh, int Part, int Registers, class I>
  static void run_tile(block_list<I, S> a, index first, index last, S const* x, S* sums, index low,
                       index high) noexcept {
    constexpr int start = Part * parts::height;
    using tile = simd::tile_rows<Arch, S, parts::height_of(Part), Registers>;
    constexpr int turns = chains(tile::rows, Registers);
    tile sum;
    tile more[std::size_t{turns > 1 ? turns - 1 : 1}];
    if constexpr (!Fresh)
      simd::unroll<tile::rows>([&](auto r) LACUNA_INLINE_LAMBDA {
        if (start + r >= low && start + r < high) sum.template load_row<r>(sums + (start + r) * line);
      });
    constexpr bool by_pairs = in_pairs(tile::rows, Registers);
    constexpr int each_time = by_pairs ? 2 : turns;
    using visits =
        std::conditional_t<Width != 1, in_order,
                           std::conditional_t<parts::scatters(tile::rows, Registers), scattered, in_turns<each_time>>>;
    auto const* const others = a.columns + (a.stored > 1 ? 1 : 0);
    index const last_pair = a.stored > 1 ? a.stored - 2 : 0;
    for_each_place<visits>(last - first, [&](index i, auto turn) LACUNA_INLINE_LAMBDA {
      index const e = first + i;
      S const* const block = a.values + e * (Height * Width) + start * Width;
      auto const ask_for = [&](I next) LACUNA_INLINE_LAMBDA {
        for (index c = 0; c != Width; ++c)
          simd::prefetch<static_cast<int>(sizeof(S)) * tile::width>(x + (static_cast<index>(next) * Width + c) * line);
      };
      if constexpr (by_pairs) {
        if constexpr (turn == 0) {
          index const next = e + ahead < last_pair ? e + ahead : last_pair;
          ask_for(a.columns[next]);
          ask_for(others[next]);
        }
      } else if constexpr (parts::streams) {
        ask_for(a.columns[e + ahead < a.stored ? e + ahead : a.stored - 1]);
      }
      index const column = static_cast<index>(a.columns[e]) * Width;
      index const width = Width == 1 || a.cols - column >= Width ? Width : a.cols - column;
      if constexpr (turns == 1) {
        for (index c = 0; c != width; ++c) sum.template multiply_add<Width>(block + c, x + (column + c) * line);
      } else {
        auto const add = [&](auto number, index c) LACUNA_INLINE_LAMBDA {
          constexpr int n = number % turns;
          if constexpr (n == 0)
            sum.template multiply_add<Width>(block + c, x + (column + c) * line);
          else
            more[n - 1].template multiply_add<Width>(block + c, x + (column + c) * line);
        };
        if constexpr (Width > 1)
          if (width == Width) return simd::unroll<Width>([&](auto c) LACUNA_INLINE_LAMBDA { add(c, c); });
        for (index c = 0; c != width; ++c) add(turn, c);
      }
    });
    simd::unroll<turns - 1>([&](auto t) LACUNA_INLINE_LAMBDA { sum += more[t]; });
    simd::unroll<tile::rows>([&](auto r) LACUNA_INLINE_LAMBDA {
      if (start + r >= low && start + r < high) sum.template store_row<r>(sums + (start + r) * line);
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
