// SPDX-License-Identifier: MIT
//
// A X with A in tiled_sell as it is: cell by cell, so that a tile of X stays in L1, rows in the order of their places,
// so that rows with as many slots come together and ends of loops are no surprise.
//
// Bound, per slot and 8 registers, two rows in step: 8 fma, 8 loads of X, one of the value, one of the column, half of
// one that says where the diagonal starts: ten loads at two a cycle, 80 % of the fma peak; and per row and cell 8 loads
// and 8 stores of sums, in L2. In one or two registers sums are in L1, and each visit to them takes a slot of up to
// eight diagonals: per slot N fma and N + 2 loads, and N / 4 more for sums.
//
// Reached on Zen 5, 128 columns, of the peak of float at .5 / .8 / .9 / .95 / .98 sparsity: 512x512 53 / 48 / 40 / 31 /
// 21 %, 2048x512 51 / 41 / 35 / 30 / 21, where row_tile has 20 to 26 and, at .98, 22 and 12. The machine gives less
// than two loads a cycle: a loop of nothing but fma with lines of random rows of X takes 5.4, 8.2 and 9.0 cycles for 8
// with 4, 16 and 32 KB of X; columns that ascend, as here, do with 7.4. AVX2, 2048x512: 29 / 28 / 25 / 22 / 15 %.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/kernel/x_rows.hpp>
#include <lacuna/simd/tile.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int Tile, int Lanes, class Arch>
struct spmm<tiled_sell_layout<Tile, Lanes>, Arch> {
  using layout = tiled_sell_layout<Tile, Lanes>;
  static constexpr std::string_view name = "tiled_sell/places";
  static constexpr int registers = 8;
  static constexpr bool finishes_rows = true;
  static constexpr bool spreads = true;
  /// As csr's: a multiplication for each column is free beside loads.
  static constexpr bool takes_pitch = simd::register_count<Arch> >= 32;

  template <class View, class S>
  static constexpr bool accepts = widenable<Arch, typename View::value_type, S>;

  template <class View>
  [[nodiscard]] static constexpr int widest(View const&) noexcept {
    return registers;
  }
  template <class View>
  [[nodiscard]] static constexpr index block(View const&) noexcept {
    return layout::window;
  }

  /// As row_tile's, for one window. Sums of tiles before the last are kept in `sums`; final ones go to `done`.
  template <int N, class View, class S, class Done>
    requires(!takes_pitch)
  static void run(View a, S const* x, S* sums, index first, index last, Done done) noexcept {
    run_window<N>(a, x_rows<S, std::integral_constant<index, index{N} * lanes<S>>>{x, {}}, sums, first, last, done);
  }
  template <int N, class View, class S, class Done>
    requires takes_pitch
  static void run(View a, S const* x, index pitch, S* sums, index first, index last, Done done) noexcept {
    run_window<N>(a, x_rows<S, index>{x, pitch}, sums, first, last, done);
  }

 private:
  template <class S>
  static constexpr auto lanes = static_cast<index>(simd::batch<S, Arch>::size);
  /// Whether some diagonals are added at a time, each row of sums being visited more than once: where the sums of a
  /// window stay in L1, beside the tile of X, and where there are no registers for rows in step. Else each row is
  /// visited once.
  template <int N, class S>
  static constexpr bool by_diagonals =
      simd::register_count<Arch> < 32 || layout::window * N * sizeof(simd::batch<S, Arch>) <= 32768;
  /// Diagonals that are added at a visit.
  static constexpr int together = std::min(8, Tile);
  /// Rows in step: together they hold sixteen registers of sums.
  template <int N>
  static constexpr int in_step = 16 / N;

  /// The slots of a window in a tile of columns.
  template <class View>
  struct cell {
    View const& a;
    index height;
    index diagonals;
    std::uint16_t const* length;                // of each diagonal
    index begin[std::size_t{Tile} + 1];         // the first slot of each diagonal, and the end
    std::uint8_t row[std::size_t{16 * Lanes}];  // at each place

    LACUNA_INLINE cell(View const& all, index w, index t) noexcept : a(all), height(all.grid().height(w)) {
      auto const* const at = a.cells().data() + a.grid().cell(w, t);
      diagonals = static_cast<index>(at[1].diagonal - at[0].diagonal);
      length = a.diagonals().data() + at->diagonal;
      begin[0] = at->slot;
      for (index d = 0; d != diagonals; ++d) begin[d + 1] = begin[d] + length[d];
      auto const* const place = a.places().data() + a.grid().places(w, t);
      index r = 0;
      for (; height - r >= 8; r += 8)
        simd::unroll<8>([&](auto e) LACUNA_INLINE_LAMBDA { row[place[r + e]] = static_cast<std::uint8_t>(r + e); });
      for (; r != height; ++r) row[place[r]] = static_cast<std::uint8_t>(r);
    }
  };

  /// Places whose weights are widened together.
  static constexpr index most_places = 16;

  /// Weights in the type S of sums: where they stand, or a copy of at most Size.
  template <class View, class S, index Size>
  struct widened_slots {
    static constexpr bool copies = !std::same_as<typename View::value_type, S>;
    alignas(simd::batch<S, Arch>) S wide[std::size_t{copies ? Size : 1}];

    /// Those of slots first .. last.
    [[nodiscard]] LACUNA_INLINE S const* between(View const& a, index first, index last) noexcept {
      if constexpr (copies) {
        widen_weights<Arch>(a.values().data() + first, wide, last - first);
        return wide;
      } else {
        return a.values().data() + first;
      }
    }
    /// value(d, p) is that of diagonal d < count and the row at place + p, p < most_places.
    [[nodiscard]] LACUNA_INLINE auto of_places(cell<View> const& c, index place, index count) noexcept {
      auto const* const values = c.a.values().data() + (count == 0 ? 0 : place);  // there may be none
      if constexpr (copies) {
        for (index d = 0; d != count; ++d)
          widen_next<Arch, most_places>(values + c.begin[d], c.a.stored() - place - c.begin[d], wide + d * most_places);
        return [to = wide](index d, index p) LACUNA_INLINE_LAMBDA { return to[d * most_places + p]; };
      } else {
        return [values, &c](index d, index p) LACUNA_INLINE_LAMBDA { return values[c.begin[d] + p]; };
      }
    }
  };

  /// Where the sums of a window stand, N registers a row.
  template <int N, class S, class Done>
  struct window_sums {
    using tile = simd::tile<Arch, S, N>;
    S* data;
    bool fresh;  // in the first tile
    bool final;  // in the last
    Done const& done;

    [[nodiscard]] LACUNA_INLINE S* operator[](index r) const noexcept { return data + r * N * tile::lanes; }
    [[nodiscard]] LACUNA_INLINE tile load(index r) const noexcept {
      tile sum;
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum.value[n] = sum.load((*this)[r], n); });
      return sum;
    }
    LACUNA_INLINE static void store(S* to, tile const& sum) noexcept {
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum.store(to, sum.value[n], n); });
    }
    LACUNA_INLINE void store(index r, tile const& sum) const noexcept { store((*this)[r], sum); }
    /// To where they are wanted after the last tile.
    LACUNA_INLINE void finish(index r, tile const& sum) const noexcept {
      if (auto* const to = done.place(r); to != nullptr) return store(to, sum);
      store(r, sum);
      done((*this)[r], r);
    }
  };

  template <int N, class View, class X, class S, class Done>
  static void run_window(View const& a, X const& x, S* sums, index first, index last, Done const& done) noexcept {
    LACUNA_ASSERT(first % layout::window == 0 && last - first == a.grid().height(first / layout::window));
    auto const tiles = a.grid().tiles();
    constexpr bool spread = requires { done.some(); };
    if constexpr (spread) done.spread(tiles);
    for (index t = 0; t != tiles; ++t) {
      cell<View> const c(a, first / layout::window, t);
      window_sums<N, S, Done> const to{sums, t == 0, t + 1 == tiles, done};
      if constexpr (by_diagonals<N, S>)
        add_diagonals<N>(c, x.from(t * Tile), to);
      else
        add_rows<N>(c, x.from(t * Tile), to);
      if constexpr (spread) done.some();
    }
  }

  /// Some diagonals at a time: rows that have a slot in all of them, then those that have one less, ...
  template <int N, class View, class X, class To>
  LACUNA_INLINE static void add_diagonals(cell<View> const& c, X const& x, To const& to) noexcept {
    using S = typename To::tile::lane_type;
    widened_slots<View, S, together * layout::window> weights;
    if (to.fresh)
      for (index r = 0; r != c.height; ++r) to.store(r, typename To::tile());
    for (index d = 0; d < c.diagonals; d += together) {
      auto const some = std::min<index>(together, c.diagonals - d);
      auto const* const value = weights.between(c.a, c.begin[d], c.begin[d + some]);
      index place = 0;
      simd::unroll<together>([&](auto fewer) LACUNA_INLINE_LAMBDA {
        constexpr int count = together - fewer;
        if (count <= some) place = add_slots<count>(c, d, place, value, x, to);
      });
    }
    if (to.final)
      for (index r = 0; r != c.height; ++r) to.done(to[r], r);
  }

  /// Count slots of each row from `place` on that has so many, those of diagonals d, d + 1, ..., whose values start at
  /// `values`. Returns the place behind.
  template <int Count, class View, class X, class S, class To>
  LACUNA_INLINE static index add_slots(cell<View> const& c, index d, index place, S const* values, X const& x,
                                       To const& to) noexcept {
    S const* value[std::size_t{Count}];
    std::uint8_t const* column[std::size_t{Count}];
    for (int e = 0; e != Count; ++e) {
      value[e] = values + (c.begin[d + e] - c.begin[d]);
      column[e] = c.a.columns().data() + c.begin[d + e];
    }
    for (index const end = c.length[d + Count - 1]; place < end; ++place) {
      auto const r = index{c.row[place]};
      auto sum = to.load(r);
      simd::unroll<Count>([&](auto e)
                              LACUNA_INLINE_LAMBDA { sum.multiply_add(value[e][place], x[index{column[e][place]}]); });
      to.store(r, sum);
    }
    return place;
  }

  /// Rows with the same number of slots together, those with the most first.
  template <int N, class View, class X, class To>
  LACUNA_INLINE static void add_rows(cell<View> const& c, X const& x, To const& to) noexcept {
    using S = typename To::tile::lane_type;
    widened_slots<View, S, Tile * most_places> weights;
    index place = 0;
    for (auto count = c.diagonals; count != 0; --count)
      for (index const end = c.length[count - 1]; place < end;) {
        auto const some = std::min(most_places, end - place);
        auto const value = weights.of_places(c, place, count);
        index p = 0;
        for (; some - p >= in_step<N>; p += in_step<N>) add_in_step<in_step<N>>(c, place, p, count, value, x, to);
        if constexpr (in_step<N> > 1)
          for (; p != some; ++p) add_in_step<1>(c, place, p, count, value, x, to);
        place += some;
      }
    if (to.fresh || to.final)
      for (; place < c.height; ++place) add_in_step<1>(c, place, 0, 0, weights.of_places(c, place, 0), x, to);
  }

  /// The rows at H places from place + p on, `count` slots of each.
  template <int H, class View, class Weights, class X, class To>
  LACUNA_INLINE static void add_in_step(cell<View> const& c, index place, index p, index count, Weights const& value,
                                        X const& x, To const& to) noexcept {
    typename To::tile sum[std::size_t{H}];
    auto const* const row = c.row + place + p;
    if (!to.fresh) simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA { sum[h] = to.load(row[h]); });
    auto const* const column = c.a.columns().data() + (count == 0 ? 0 : place + p);  // there may be none
    for (index d = 0; d != count; ++d)
      simd::unroll<H>(
          [&](auto h) LACUNA_INLINE_LAMBDA { sum[h].multiply_add(value(d, p + h), x[index{column[c.begin[d] + h]}]); });
    simd::unroll<H>([&](auto h)
                        LACUNA_INLINE_LAMBDA { to.final ? to.finish(row[h], sum[h]) : to.store(row[h], sum[h]); });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
