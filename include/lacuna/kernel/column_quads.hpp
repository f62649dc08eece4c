// SPDX-License-Identifier: MIT
//
// Rows of int8 that share columns, whichever those are: quads made of any four of them. What blocks of one column and
// bands of N:M share.
//
// X stands in lines of one register of bytes (kernel/pack_quads.hpp), four of which become four registers of quads
// by eight shuffles (simd::interleave_lines), made once for all R rows, or for four rows with AVX2 half by half
// (kernel/halved_quads.hpp); the weights of some hundred columns are turned into fours, in the L1 cache, just before
// they are used. Bound, per quad and tile, on the two ports that dots and shuffles share: 4 R + 8 instructions, so
// that the dots are at 67, 80 and 89 % of their peak with R = 4, 8, 16; quads of the last are stored and loaded
// again. Zen 5 shuffles beside its dots (16 dots and 8 unpackings 8.0 cycles, with 4 stores instead 11), so there
// each tile, of up to 6 rows, makes its quads again: 16 rows 1.06 to 1.09, 8 rows 1.07 to 1.11 times as fast.
//
// With AVX-512 lines of half a register make two registers of quads (simd::interleave_half_lines), for products with
// few columns and for what is left of others: 4 shuffles for 2 R dots, in tiles of eight rows. Reached on Zen 5,
// 1024x1024, 32 tokens, X and Y by rows, of the dots, with whole lines and with halves: 16x1 at 50 % sparsity 36 and
// 72, at 80 % 32 and 67, 8x1 32 and 69, 29 and 62, 4x1, whose eight chains of dots wait for each other, 32 and 49, 27
// and 43; bands of 16 rows 1:4 29 and 51, 2:8 27 and 46.
//
// Source of the layout of blocks: "Intel Extension for Transformers", SpMM VNNI, whose kernel needs 4 shuffles and
// merges for each 4 dots, 50 %.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/halved_quads.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Columns first .. last of those that a matrix of blocks stores: block n of R rows and C columns has its column at
/// columns[n], in units of C, and its values at values + n * R * C.
template <class I>
struct column_list {
  I const* columns;
  std::int8_t const* values;
  index first;
  index last;
  index cols;  // of the matrix
};
template <class I>
column_list(I const*, std::int8_t const*, index, index, index) -> column_list<I>;

/// Quads of a list from column `from` on, made of lines of X, with their weights of R rows turned. The last one repeats
/// columns; so do columns that the matrix does not have. Their weights are 0. A quad has N registers, 4 or 2, and a
/// line of X N fourths of one.
template <class Arch, int R, int C, int N, class I>
struct column_quads {
  using byte = simd::dot4_byte<Arch>;
  static constexpr index line = N * static_cast<index>(simd::batch<std::int32_t, Arch>::size);  // bytes
  column_list<I> list;
  index from;
  std::int8_t const* weights;

  [[nodiscard]] LACUNA_INLINE quad_place operator()(index q) const noexcept { return {weights + q * (R * 4), q}; }
  [[nodiscard]] LACUNA_INLINE index column(index e) const noexcept {
    auto const at = e < list.last ? e : list.last - 1;
    if constexpr (C == 1)
      return static_cast<index>(list.columns[at]);
    else
      return std::min(static_cast<index>(list.columns[at / C]) * C + at % C, list.cols - 1);
  }
  LACUNA_INLINE void load(index q, std::int32_t const* x,
                          simd::batch<byte, Arch> (&quad)[std::size_t{N}]) const noexcept {
    using batch_type = simd::batch<std::uint8_t, Arch>;
    auto const* const lines = reinterpret_cast<std::uint8_t const*>(x);
    batch_type made[static_cast<std::size_t>(N)];
    std::uint8_t const* at[4];
    simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA { at[b] = lines + column(from + 4 * q + b) * line; });
    if constexpr (N == 2) {
      simd::interleave_half_lines<Arch>::run(at, made);
    } else {
      simd::unroll<4>([&](auto b) LACUNA_INLINE_LAMBDA { made[b] = batch_type::load_unaligned(at[b]); });
      simd::interleave_lines<Arch>::run(made);
    }
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { quad[n] = simd::bits_as<byte>(made[n]); });
  }
};

/// Keeps the quads that it makes.
template <class Source, class Register>
struct kept_quads {
  Source source;
  std::int32_t* made;  // aligned to registers

  [[nodiscard]] LACUNA_INLINE quad_place operator()(index q) const noexcept { return source(q); }
  template <std::size_t N>
  LACUNA_INLINE void load(index q, std::int32_t const* x, Register (&quad)[N]) const noexcept {
    constexpr auto lanes = static_cast<index>(Register::size) / 4;
    source.load(q, x, quad);
    simd::unroll<static_cast<int>(N)>([&](auto n) LACUNA_INLINE_LAMBDA {
      simd::bits_as<std::int32_t>(quad[n]).store_aligned(made + (q * static_cast<index>(N) + n) * lanes);
    });
  }
};

/// Quads that stand one after the other.
template <int R>
struct stored_quads {
  std::int8_t const* weights;
  [[nodiscard]] LACUNA_INLINE quad_place operator()(index q) const noexcept { return {weights + q * (R * 4), q}; }
};

/// Whether each tile makes its quads again, rather than the first one for all: where dots hardly notice shuffles, and a
/// store of 64 bytes takes as long as one and a half of them.
template <class Arch>
inline constexpr bool makes_quads_again = simd::vnni512<Arch> && lacuna::detail::tuned_for_zen;

/// Tiles of dots for R rows that share columns, blocks of them C wide.
template <class Arch, int R, int C, bool Again = makes_quads_again<Arch>>
struct quads_of_columns {
  static constexpr int registers = 4;  // of the widest tile: quads are made of whole registers of bytes
  static constexpr int narrowest = simd::interleave_half_lines<Arch>::pays ? 2 : registers;  // or of halves
  /// Tiles of N registers, either of both.
  template <int N>
  using rows_of = std::conditional_t<Again && N == registers, quad_rows<Arch, R, 4, N, whole_quad_parts<R>>,
                                     quad_rows<Arch, R, 4, N>>;
  using rows = rows_of<registers>;
  /// Whether all rows are in one tile.
  template <int N>
  static constexpr bool at_once = rows_of<N>::parts::count == 1 && rows_of<N>::registers == N;
  /// Quads whose weights are turned, and which are made where several tiles want them, before they are used: some KB;
  /// if they are made again, the lines of X that they are made of stay in L1.
  template <int N>
  static constexpr index most = at_once<N> ? 256 : 64 * registers / N;

  /// The weights of columns first .. last, four at a time: row r of quad q at to + (q * R + r) * 4;
  /// 0 behind the last.
  static void turn(std::int8_t const* values, index first, index last, std::int8_t* to) noexcept {
    if constexpr (C == 1) {
      using turned = simd::turn_columns<Arch, R>;
      for (index e = first; e < last; e += turned::columns, to += turned::columns * R)
        if (last - e >= turned::columns)
          turned::run(values + e * R, to);
        else
          turned::run(values + e * R, to, static_cast<int>(last - e));
    } else {
      std::memset(to, 0, static_cast<std::size_t>((last - first + 3) / 4 * (R * 4)));
      index c = first % C;
      auto const* from = values + first / C * (R * C);  // of the block
      for (index e = 0; e != last - first; ++e) {
        auto* const quad = to + e / 4 * (R * 4) + e % 4;
        for (index r = 0; r != R; ++r) quad[r * 4] = from[r * C + c];
        if (++c == C) c = 0, from += R * C;
      }
    }
  }
  /// sums[r] = factor times the sum of row r of columns begin .. end, whole blocks; wraps around, as dot4 does.
  static void weight_sums(std::int8_t const* values, index begin, index end, std::int32_t factor,
                          std::int32_t* sums) noexcept {
    std::uint32_t sum[std::size_t{R}] = {};
    for (index e = begin / C; e != end / C; ++e)
      for (int r = 0; r != R; ++r)
        for (int c = 0; c != C; ++c) sum[r] += static_cast<std::uint32_t>(values[(e * R + r) * C + c]);
    for (int r = 0; r != R; ++r) sums[r] = static_cast<std::int32_t>(static_cast<std::uint32_t>(factor) * sum[r]);
  }

  /// See quad_rows::run, for the columns of the list, with lines of X.
  template <int N = registers, class I>
  static void run(column_list<I> const& list, std::int32_t const* x, quad_sums const& sums) noexcept {
    static_assert(N == registers || N == narrowest);
    if constexpr (makes_quads_by_halves<Arch, R, C> && N == registers && !Again)
      return run_halves<rows_of<N>>(list, x, sums);
    alignas(64) std::int8_t weights[static_cast<std::size_t>(most<N> * R * 4)];
    auto from = list.first;
    do {
      auto const last = std::min(list.last, from + 4 * most<N>);
      turn(list.values, from, last, weights);
      column_quads<Arch, R, C, N, I> const source{list, from, weights};
      auto const count = (last - from + 3) / 4;
      if constexpr (at_once<N> || Again)
        rows_of<N>::run(source, 0, count, x, sums, from != list.first);
      else
        run_stored<N>(source, count, x, sums, from != list.first);
      from = last;
    } while (from < list.last);
  }

 private:
  /// See halved_quads.
  template <class Rows, class I>
  static void run_halves(column_list<I> const& list, std::int32_t const* x, quad_sums const& sums) noexcept {
    constexpr index some = 1024;
    auto from = list.first;
    do {
      auto const count = std::min(list.last - from, some);
      I columns[static_cast<std::size_t>(some)];
      std::copy_n(list.columns + from, count, columns);
      for (auto e = count; e % 4 != 0; ++e) columns[e] = columns[count - 1];
      Rows::run(halved_quads<Arch, I>{columns, list.values + from * R, count}, 0, (count + 3) / 4, x, sums,
                from != list.first);
      from += count;
    } while (from < list.last);
  }
  /// Quads are made once for all tiles of the rows, and stay in the L1 cache.
  template <int N, class Source>
  LACUNA_INLINE static void run_stored(Source const& source, index count, std::int32_t const* x, quad_sums const& sums,
                                       bool add) noexcept {
    using byte = simd::dot4_byte<Arch>;
    constexpr int some = N == registers ? 4 : 8;  // rows of a tile
    alignas(64) std::int32_t made[static_cast<std::size_t>(most<N> * rows_of<N>::line)];
    kept_quads<Source, simd::batch<byte, Arch>> const keeps{source, made};
    if constexpr (R % some == 0 && quad_rows<Arch, some, 4, N>::registers == N) {
      using tile = quad_rows<Arch, some, 4, N>;
      tile::run(keeps, 0, count, x, sums, add);
      for (index r = some; r != R; r += some)
        tile::run(stored_quads<R>{source.weights + r * 4}, 0, count, made, sums.from(r), add);
    } else {
      simd::batch<byte, Arch> quad[static_cast<std::size_t>(N)];
      for (index q = 0; q != count; ++q) keeps.load(q, x, quad);
      rows_of<N>::run(stored_quads<R>{source.weights}, 0, count, made, sums, add);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
