// SPDX-License-Identifier: MIT
//
// Bands of R rows of int8 that keep four of every eight columns, in tiles of dots that make their quads themselves.
//
// X stands in quads (kernel/pack_quads.hpp). A mask of eight columns is eight bits of the codes of a band as they
// stand, and two registers of X give one register of the quads that it picks (simd::pick_quads): nothing is decoded or
// kept, and tiles may be as narrow as X is.
//
// Bound, tiles of 8x2 registers: 16 dots and 2 permutations, 14 loads, two a cycle: 8 cycles, as Zen 5 permutes beside
// its dots. In L1 it takes 8.6 there; a store of 64 bytes along with each permutation makes 11.
// 128 columns take tiles of three registers and one of two.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/column_quads.hpp>
#include <lacuna/kernel/quad_lines.hpp>
#include <lacuna/kernel/quad_rows.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/simd/bits_as.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Quads of X that masks of eight rows pick, of R rows with their weights turned; X has N registers a row.
template <class Arch, int R, int N>
struct picked_quads {
  using byte = simd::dot4_byte<Arch>;
  using batch_type = simd::batch<std::uint8_t, Arch>;
  using pick = simd::pick_quads<Arch>;
  static constexpr auto bytes = static_cast<index>(batch_type::size);
  /// All of X, twice the bytes that count, is read from L1 for all rows but the first: 256 inputs, 128 tokens, 86
  /// instead of 84 % of the dots.
  static constexpr bool columns_first = true;
  std::uint8_t const* masks;
  std::int8_t const* weights;

  [[nodiscard]] LACUNA_INLINE quad_place operator()(index q) const noexcept { return {weights + q * (R * 4), 2 * q}; }
  template <std::size_t Registers>
  LACUNA_INLINE void load(index q, std::int32_t const* x, simd::batch<byte, Arch> (&quad)[Registers]) const noexcept {
    auto const* const low = reinterpret_cast<std::uint8_t const*>(x) + 2 * q * (N * bytes);
    auto const places = pick::chosen(masks[q]);
    simd::unroll<static_cast<int>(Registers)>([&](auto n) LACUNA_INLINE_LAMBDA {
      auto const* const from = low + n * bytes;
      quad[n] = simd::bits_as<byte>(
          pick::run(batch_type::load_unaligned(from), batch_type::load_unaligned(from + N * bytes), places));
    });
  }
};

/// A kernel as quad_lines has it, for bands of R rows whose codes are such masks. Eight registers spare the turning of
/// weights; few rows read X, all of it, too often for more than what L1 holds: 4 rows, 1024 inputs, 60 instead of 46 %
/// of the dots with four.
template <class Arch, int R>
struct picked_lines : quad_lines<picked_lines<Arch, R>, Arch, R, (R < 8 ? 4 : 8)> {
  /// Quads whose weights are turned at a time: what they meet of X, 32 KB, stays in L1.
  template <int N>
  static constexpr index most = N > 4 ? 32 : 64;

  template <class View>
  [[nodiscard]] static index quads(View const& a) noexcept {
    return (a.cols() + 7) / 8 * 2;
  }
  template <class View>
  [[nodiscard]] static index lines(View const& a) noexcept {
    return a.bands();
  }
  /// See multiply_quads.
  template <class View>
  static void weight_sums(View const& a, std::int32_t factor, std::int32_t* sums, index first, index last) noexcept {
    auto const slots = a.columns_per_band();
    for (index b = first; b != last; ++b) dots::weight_sums(a.band_values(b), 0, slots, factor, sums + b * R);
  }
  template <int N, class View>
  LACUNA_INLINE static void multiply_line(quads_matrix<View> const& matrix, index b, std::int32_t const* x,
                                          quad_sums const& sums) noexcept {
    multiply<N>(matrix.a.band_codes(b), matrix.a.band_values(b), matrix.a.columns_per_band(), x, sums);
  }
  /// See quad_rows::run, for the slots of a band, with quads of X.
  template <int N>
  static void multiply(std::uint8_t const* masks, std::int8_t const* values, index slots, std::int32_t const* x,
                       quad_sums const& sums) noexcept {
    using rows = quad_rows<Arch, R, 4, N>;
    alignas(64) std::int8_t weights[static_cast<std::size_t>(most<N> * R * 4)];
    index from = 0;
    do {
      auto const last = std::min(slots, from + 4 * most<N>);
      dots::turn(values, from, last, weights);
      picked_quads<Arch, R, N> const source{masks + from / 4, weights};
      rows::run(source, 0, (last - from + 3) / 4, x + from / 2 * rows::line, sums, from != 0);
      from = last;
    } while (from < slots);
  }

 private:
  using dots = quads_of_columns<Arch, R, 1>;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
