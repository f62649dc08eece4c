// SPDX-License-Identifier: MIT
//
// The product of one row of blocks of int8 whose columns come in fours: register tiles of dots.
//
// X is packed in quads (kernel/pack_quads.hpp): the bytes of four rows of a column are neighbours, so that a register
// holds a quad of as many columns as it has lanes of 32 bits, and four weights of a row of the block, broadcast,
// multiply it in one instruction. Bound: tiles of 8x3 or 4x4 registers (4x2 where there are 16) take 11 loads for 24
// dots, or 8 for 16, each two a cycle with vpdpbusd: the dots bind, and X may come from L2, 16 or 32 bytes a cycle of
// the 50 that there are.
//
// Without it weights are widened to 16 bits some hundred quads at a time, once for all registers of the rows
// (simd/wide_dot4.hpp), and X once for the rows of a tile. Bound, AVX2, on three ports: 4.5 instructions a dot where
// widening both in every tile took 6; a loop of nothing but exact dots takes 4, one of vpmaddubsw, which saturates, 3
// on two of the ports.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// How Height rows that share columns are cut into register tiles of dots.
template <class Arch, int Height>
struct quad_parts {
  static constexpr int tallest = simd::register_count<Arch> == 32 ? 8 : 4;
  static constexpr int count = (Height + tallest - 1) / tallest;
  static constexpr int height = (Height + count - 1) / count;  // of all but the last
  /// Registers of a row: sums, X and one of weights fit, twice for both where they are widened.
  static constexpr int registers = simd::register_count<Arch> == 16 ? 2
                                   : simd::wide_dot4<Arch>::pays    ? (height > 4 ? 2 : 4)
                                   : height > 4                     ? 3
                                   : height > 2                     ? 4
                                                                    : 8;

  [[nodiscard]] static constexpr int height_of(int part) noexcept {
    return Height - part * height < height ? Height - part * height : height;
  }
};

/// The same for tiles that make quads, all four registers of one at once.
template <int Height>
struct whole_quad_parts {
  static constexpr int tallest = 6;
  static constexpr int count = (Height + tallest - 1) / tallest;
  static constexpr int height = (Height + count - 1) / count;  // of all but the last
  static constexpr int registers = 4;

  [[nodiscard]] static constexpr int height_of(int part) noexcept {
    return Height - part * height < height ? Height - part * height : height;
  }
};

/// Where a quad stands: its weights of row r of the block at weights + r * Pitch, and its row of X. Source(e) gives it
/// for quad number e.
struct quad_place {
  std::int8_t const* weights;
  index row;  // of X, in quads
};

/// Where the sums of some rows go: row r, for low <= r < high, to to + r * pitch, and what it starts at: start[r], or 0
/// where start is null.
struct quad_sums {
  std::int32_t const* start;
  std::int32_t* to;
  index pitch;
  index low;
  index high;

  /// Those of row r and the following.
  [[nodiscard]] LACUNA_INLINE quad_sums from(index r) const noexcept {
    return {start == nullptr ? nullptr : start + r, to + r * pitch, pitch, low - r, high - r};
  }
};

/// Whether all rows are multiplied by some registers of a quad of X before the next: Source::columns_first.
template <class Source>
concept columns_first = requires { requires Source::columns_first; };

/// Whether a tile of two registers makes no more than its half of a quad of four: source.half<h>() makes registers 2 h
/// and 2 h + 1, and source.widen(first, last, to) widens weights as quad_rows does.
template <class Source>
concept makes_halves = requires(Source const& source) { source.template half<0>(); };

/// Register tiles for Height rows that share quads, whose weights stand Pitch bytes apart, from one row to the next. A
/// quad of X has N registers. Parts says how the rows are cut.
template <class Arch, int Height, int Pitch, int N, class Parts = quad_parts<Arch, Height>>
struct quad_rows {
  using parts = Parts;
  using byte = simd::dot4_byte<Arch>;
  using batch_type = simd::batch<std::int32_t, Arch>;
  static constexpr index lanes = static_cast<index>(batch_type::size);
  static constexpr index line = N * lanes;
  static constexpr int registers = parts::registers == 3 && N == 4 ? 2 : parts::registers < N ? parts::registers : N;

  /// Each row of `sums` becomes what it starts at (what it was if `add`) + its dots with quads first .. last, which
  /// `source` places, or loads, all N registers.
  template <class Source>
  LACUNA_INLINE static void run(Source const& source, index first, index last, std::int32_t const* x,
                                quad_sums const& sums, bool add = false) noexcept {
    if constexpr (wide::pays) {
      index from = first;
      do {
        auto const to = std::min(last, from + most);
        run_some(source, from, to, x, sums, add || from != first);
        from = to;
      } while (from < last);
    } else {
      run_some(source, first, last, x, sums, add);
    }
  }

 private:
  using wide = simd::wide_dot4<Arch>;
  static constexpr index most = 256;  // quads whose weights are widened at a time: 8 or 16 KB
  /// Room for the weights of a part of the rows.
  static constexpr index widened = (parts::height + 3) / 4 * 16;

  /// Quads first .. last, whose widened weights fit.
  template <class Source>
  LACUNA_INLINE static void run_some(Source const& source, index first, index last, std::int32_t const* x,
                                     quad_sums const& sums, bool add) noexcept {
    std::int16_t const* four = nullptr;
    [[maybe_unused]] alignas(64) std::int16_t room[static_cast<std::size_t>(wide::pays ? most * widened : 1)];
    if constexpr (wide::pays) four = room;
    auto const tile_of = [&](auto part, auto width, index n, auto const& from, index skipped) LACUNA_INLINE_LAMBDA {
      auto const rows = sums.from(part * parts::height);
      run_tile<part, width>(from, first, last, four, x + skipped * lanes, rows.start, rows.to + n * lanes, rows.pitch,
                            rows.low, rows.high, add);
    };
    auto const tile = [&](auto part, auto width, index n) LACUNA_INLINE_LAMBDA { tile_of(part, width, n, source, n); };
    auto const each_width = [&](auto&& run) LACUNA_INLINE_LAMBDA {
      for (index n = 0; n != N / registers; ++n) run(std::integral_constant<int, registers>{}, n * registers);
      if constexpr (constexpr int rest = N % registers; rest != 0) run(std::integral_constant<int, rest>{}, N - rest);
    };
    if constexpr (columns_first<Source> && !wide::pays)
      each_width([&](auto width, index n) LACUNA_INLINE_LAMBDA {
        simd::unroll<parts::count>([&](auto part) LACUNA_INLINE_LAMBDA { tile(part, width, n); });
      });
    else
      simd::unroll<parts::count>([&](auto part) LACUNA_INLINE_LAMBDA {
        if constexpr (makes_halves<Source>) {
          static_assert(parts::count == 1 && N == 4 && registers == 2);
          source.widen(first, last, room);
          simd::unroll<2>([&](auto h) LACUNA_INLINE_LAMBDA {
            tile_of(part, std::integral_constant<int, 2>{}, 2 * h, source.template half<h>(), 0);
          });
        } else {
          if constexpr (wide::pays) widen<part>(source, first, last, room);
          each_width([&](auto width, index n) LACUNA_INLINE_LAMBDA { tile(part, width, n); });
        }
      });
  }

  /// Weights of the rows of a part: those of quad e at to + (e - first) * widened, four of a row after the other.
  template <int Part, class Source>
  static void widen(Source const& source, index first, index last, std::int16_t* to) noexcept {
    constexpr int from = Part * parts::height, rows = parts::height_of(Part);
    for (index e = first; e != last; ++e, to += widened) {
      auto const* const weights = source(e).weights + from * Pitch;
      simd::unroll<(rows + 3) / 4>([&](auto n) LACUNA_INLINE_LAMBDA {
        if constexpr (Pitch == 4 && 4 * n + 4 <= rows) {
          wide::widen(weights + 16 * n, to + 16 * n);
        } else {
          std::int8_t some[16] = {};
          simd::unroll<(rows - 4 * n < 4 ? rows - 4 * n : 4)>(
              [&](auto r) LACUNA_INLINE_LAMBDA { std::memcpy(some + 4 * r, weights + (4 * n + r) * Pitch, 4); });
          wide::widen(some, to + 16 * n);
        }
      });
    }
  }

  /// Whether the lines that a tile goes to are asked for one by one, along with its first quads: all at once, at the
  /// end, they hold the buffers that X comes through from L2, which is 2 to 7 % of bsr 4x4 with 2048 columns and more.
  template <int Rows, int Registers>
  static constexpr bool asks_ahead = Rows == 4 && Registers == 4 && N == 8;

  // Not inlined: as kernel/block_rows.hpp has it. Numbers one by one and the source by reference, for a structure that
  // is copied to the stack is read again by wider loads, which wait until all stores before have left for the caches:
  // as much as 10 % of bsr 16x1.
  template <int Part, int Registers, class Source>
  LACUNA_NOINLINE static void run_tile(Source const& placed, index first, index last,
                                       [[maybe_unused]] std::int16_t const* four, std::int32_t const* x,
                                       std::int32_t const* start, std::int32_t* to, index pitch, index low, index high,
                                       bool add) noexcept {
    constexpr int from = Part * parts::height, rows = parts::height_of(Part);
    auto const source = placed;
    auto const counts = [&](int r) LACUNA_INLINE_LAMBDA { return r >= low && r < high; };
    batch_type sum[static_cast<std::size_t>(rows)][static_cast<std::size_t>(Registers)];
    simd::unroll<rows>([&](auto r) LACUNA_INLINE_LAMBDA {
      auto const value = batch_type(start == nullptr ? 0 : start[r]);
      simd::unroll<Registers>([&](auto n) LACUNA_INLINE_LAMBDA { sum[r][n] = value; });
      if (add && counts(r))
        simd::unroll<Registers>(
            [&](auto n) LACUNA_INLINE_LAMBDA { sum[r][n] = batch_type::load_unaligned(to + r * pitch + n * lanes); });
    });
    for (index e = first; e != last; ++e) {
      quad_place const at = source(e);
      if constexpr (asks_ahead<rows, Registers>)
        if (auto const n = e - first; n < rows * Registers)
          simd::prefetch_to_write(to, (n / Registers * pitch + n % Registers * lanes) * 4);
      simd::batch<byte, Arch> quad[static_cast<std::size_t>(Registers)];
      if constexpr (requires { source.load(e, x, quad); }) {
        source.load(e, x, quad);
      } else {
        auto const* const row = reinterpret_cast<byte const*>(x + at.row * line);
        simd::unroll<Registers>([&](auto n) LACUNA_INLINE_LAMBDA {
          quad[n] = simd::batch<byte, Arch>::load_unaligned(row + n * lanes * 4);
        });
      }
      if constexpr (wide::pays) {
        typename wide::halves half[static_cast<std::size_t>(Registers)];
        simd::unroll<Registers>([&](auto n) LACUNA_INLINE_LAMBDA { half[n] = wide::split(quad[n]); });
        auto const* const w = four + (e - first) * widened;
        simd::unroll<rows>([&](auto r) LACUNA_INLINE_LAMBDA {
          simd::unroll<Registers>([&](auto n)
                                      LACUNA_INLINE_LAMBDA { sum[r][n] = wide::add(sum[r][n], half[n], w + 4 * r); });
        });
      } else {
        simd::unroll<rows>([&](auto r) LACUNA_INLINE_LAMBDA {
          auto const w = simd::repeat_four<Arch>(at.weights + (from + r) * Pitch);
          simd::unroll<Registers>(
              [&](auto n) LACUNA_INLINE_LAMBDA { sum[r][n] = simd::dot4<Arch, byte>::add(sum[r][n], quad[n], w); });
        });
      }
    }
    simd::unroll<rows>([&](auto r) LACUNA_INLINE_LAMBDA {
      if (counts(r))
        simd::unroll<Registers>([&](auto n)
                                    LACUNA_INLINE_LAMBDA { sum[r][n].store_unaligned(to + r * pitch + n * lanes); });
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
