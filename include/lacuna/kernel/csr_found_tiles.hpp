// SPDX-License-Identifier: MIT
//
// Rows of CSR by tiles of columns, or whole, the ends of whose visits are found beforehand (kernel/tile_ends.hpp): so
// the surprise at an end costs less, slots of visits to come are asked for, and four slots share a load of weights and
// two of columns.
//
// Bound, per slot and 8 registers: 8 fma and 8.75 loads at two a cycle, 91 % of the fma peak, 4.4 cycles in L1 on Zen
// 5, 5.7 where columns are compared (kernel/csr_tiles.hpp). A visit of 12 slots takes 65 cycles with all in L1 and no
// surprise; with sums and slots from L2 95, with surprises 105. Reached on Zen 5, 2048x512, 128 columns, AVX-512: 55 /
// 47 / 42 % at .5 / .8 / .9 sparsity instead of 52 / 42 / 36.
//
// Whole rows: four slots in as many sets of sums, 11 loads for 8 fma in two registers, 73 %.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/column_pair.hpp>
#include <lacuna/kernel/finish_row.hpp>
#include <lacuna/kernel/tile_ends.hpp>
#include <lacuna/kernel/weights_ahead.hpp>
#include <lacuna/kernel/x_rows.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Sums of a block of rows of csr, tile by tile of columns, or row by row; for sums of which a register has four or
/// more.
template <class Arch>
struct csr_found_tiles {
  static constexpr index most_rows = tile_ends<Arch>::most_rows;

  /// Whether 32 bits count its columns and the slots of rows first .. last, as tile_ends does.
  template <class View>
  [[nodiscard]] static bool accepts(View const& a, index first, index last) noexcept {
    constexpr auto most = (index{1} << 32) - 64;
    return a.cols() <= most &&
           static_cast<index>(a.offsets().data()[last]) - static_cast<index>(a.offsets().data()[first]) <= most;
  }

  /// The sums of rows first .. first + rows, at most most_rows, with N registers of X, in tiles of `width` columns or
  /// the next power of two, or of whole rows where it is 0. Those of row first + r grow at sums + r * line, a line
  /// being N registers, and are handed to done(sums, r) after the last tile, or written to its places.
  ///
  /// Neither this nor csr_tiles::run is inlined into the same function: gcc 12 then keeps what both use in memory,
  /// which costs AVX2 up to 20 %.
  template <int N, class View, class X, class S, class Done>
  LACUNA_NOINLINE static void run(View a, X x, index width, S* sums, index first, index rows, Done done) noexcept {
    auto const* const offsets = a.offsets().data() + first;
    auto const begin = static_cast<index>(offsets[0]);
    auto const* const columns = a.columns().data() + begin;
    tile_ends<Arch> ends(offsets, rows, a.stored() - begin);
    int const shift = width == 0 ? 0 : tile_bits(width);
    index const tiles = width == 0 ? 1 : ((a.cols() - 1) >> shift) + 1;
    constexpr bool spread = requires { done.some(); };
    if constexpr (spread) done.spread(tiles * rows);
    weights_ahead<Arch, typename View::value_type, S> ahead;
    constexpr index line = index{N} * static_cast<index>(simd::batch<S, Arch>::size);
    auto const places = places_of<S>(done, rows);
    for (index found = 0; found < tiles; found += ends.most_tiles) {
      index const some = tiles - found < ends.most_tiles ? tiles - found : ends.most_tiles;
      if (tiles == 1)
        ends.take_all(offsets);
      else
        ends.find(offsets, columns, found, some, shift);
      for (index t = 0; t != some; ++t) {
        bool const final = found + t + 1 == tiles;
        bool const straight = final && places.data != nullptr;
        auto const to = straight ? places : row_places<S>{sums, line};
        ahead.prepare(a, begin + *ends.begin(t, 0), 0);
        for (index r = 0; r != rows;) {
          auto const last = rows - r < in_a_go ? rows : r + in_a_go;
          visit_rows<N>(a, begin, ends, t, r, last, ahead, x, found + t == 0 ? nullptr : sums, to);
          for (; r != last; ++r) {
            if (final && !straight) done(sums + r * line, r);
            if constexpr (spread) done.some();
          }
        }
      }
    }
  }

 private:
  static constexpr index in_a_go = 8;  // rows that are finished together, out of L1
  /// Sets of sums that slots take in turn.
  template <int N>
  static constexpr int sets = std::clamp(8 / N, 1, 4);

  /// Rows first .. last of a block, whose slots begin at `slot`, in tile t of those found; what they are added to
  /// stands at `old`, if anything. Not inlined: among more variables gcc 12 keeps some in registers of
  /// multiply-adds, and a count that comes back from there waits for those before it.
  template <int N, class View, class Ahead, class X, class S>
  LACUNA_NOINLINE static void visit_rows(View const& a, index slot, tile_ends<Arch> const& ends, index t, index first,
                                         index last, Ahead& ahead, X const& from, S const* old,
                                         row_places<S> to) noexcept {
    using tile = simd::tile<Arch, S, N>;
    auto const* const columns = a.columns().data() + slot;
    auto const* const values = a.values().data() + slot;
    auto const x = from;
    auto const* at = ends.begin(t, first);
    auto* line = to.data + first * to.pitch;
    for (index r = first; r != last; ++r, ++at, line += to.pitch) {
      ask_for(columns, values, at[4]);
      tile sum[sets<N>];
      if (old != nullptr)
        simd::unroll<N>([&](auto n)
                            LACUNA_INLINE_LAMBDA { sum[0].value[n] = sum[0].load(old + r * N * tile::lanes, n); });
      index k = at[0];
      index const end = at[ends.to_end];
      if constexpr (simd::broadcast<Arch, S, typename View::value_type>::at_once) {
        add_slots(columns, values, k, end, x, sum);
      } else {
        constexpr index together = Ahead::together;
        ahead.prepare(a, slot + at[1], r + 1);
        for (; end - k > together; k += together, ahead.prepare(a, slot + k, r))
          add_slots(columns + k, ahead.wide[r % 2], 0, together, x, sum);
        add_slots(columns + k, ahead.wide[r % 2], 0, end - k, x, sum);
      }
      store_total(sum, line);
    }
  }

  /// Asks for the first slots of a visit to come, a line or two of columns and of values.
  template <class I, class W>
  LACUNA_INLINE static void ask_for(I const* columns, W const* values, index slot) noexcept {
    for (index const k : {slot, slot + 15}) {
      simd::prefetch_ahead<64>(columns, k * static_cast<index>(sizeof(I)));
      simd::prefetch_ahead<64>(values, k * static_cast<index>(sizeof(W)));
    }
  }

  /// Adds the products of slots k .. end: four at a time by one load of weights and two of columns, to sets of sums in
  /// turn.
  template <class I, class W, class X, class Tile, std::size_t Sets>
  LACUNA_INLINE static void add_slots(I const* columns, W const* weights, index k, index end, X const& x,
                                      Tile (&sum)[Sets]) noexcept {
    using S = typename Tile::lane_type;
    using weight = simd::broadcast<Arch, S, W>;
    for (; end - k >= 4; k += 4) {
      auto const [first, second] = load_pair(columns + k);
      auto const [third, fourth] = load_pair(columns + k + 2);
      auto const four = weight::four(weights + k);
      sum[0].multiply_add(simd::spread<Arch, S, 0>::run(four), x[first]);
      sum[1 % Sets].multiply_add(simd::spread<Arch, S, 1>::run(four), x[second]);
      sum[2 % Sets].multiply_add(simd::spread<Arch, S, 2>::run(four), x[third]);
      sum[3 % Sets].multiply_add(simd::spread<Arch, S, 3>::run(four), x[fourth]);
    }
    for (; k < end; ++k) sum[0].multiply_add(weight::one(weights + k), x[static_cast<index>(columns[k])]);
  }

  template <class Tile, std::size_t Sets, class S>
  LACUNA_INLINE static void store_total(Tile const (&sum)[Sets], S* line) noexcept {
    simd::unroll<Tile::registers>([&](auto n) LACUNA_INLINE_LAMBDA {
      auto total = sum[0].value[n];
      if constexpr (Sets == 2) total += sum[1].value[n];
      if constexpr (Sets == 4) total = (total + sum[1].value[n]) + (sum[2].value[n] + sum[3].value[n]);
      sum[0].store(line, total, n);
    });
  }

  /// The power of two that is `width`, at least 1, or more.
  [[nodiscard]] static int tile_bits(index width) noexcept {
    return width > 1 ? static_cast<int>(std::bit_width(static_cast<std::size_t>(width - 1))) : 0;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
