// SPDX-License-Identifier: MIT
//
// A X with A in CSR as it is.
//
// Dense enough, X is cut into tiles of columns whose slice stays in L1, and a block of rows is taken tile by tile, each
// row from where it stopped. Bound, per slot and 8 registers: 8 fma, 8 loads of X, one of the value, one of the column:
// ten loads at two a cycle, 80 % of the fma peak; the sums, in L2, are read and written once a tile, and the exit of
// each visit is a surprise. Reached, 2048x512, 128 columns, AVX-512: 53 / 47 / 42 / 32 % at .5 / .7 / .8 / .9 sparsity.
//
// With AVX-512 the ends of visits are found beforehand (kernel/tile_ends.hpp), so that the surprise costs less and
// slots of visits to come are asked for, and four slots share a load of weights and two of columns: 8.75 loads for 8
// fma, 91 %, 4.4 cycles in L1 on Zen 5 instead of 5.7. A visit of 12 slots takes 65 cycles with all in L1 and no
// surprise; with sums and slots from L2 95, with surprises 105. Of that kind, on Zen 5: 55 / 47 / 42 % at .5 / .8 / .9
// instead of 52 / 42 / 36.
//
// Thinner, or in two registers, the whole row is taken at once if the slice of X fits the cache whole: rows of a block
// sorted by count, four in step, two slots of each at a time. Bound, for two registers: 8 fma, 8 loads of X, 4 of
// values, 2 of pairs of columns: 14 loads, 57 %. Reached: 29 / 21 % at .95 / .98. On Zen rows are taken in their order,
// four slots in as many sets of sums: 11 loads for 8 fma, 73 %, and the thinnest in eight registers with all of X in
// L2. DLMC's 23 matrices, 128 columns, at .5 / .7 / .8 / .9 / .95 / .98: 55 / 52 / 46 / 40 / 34 / 32 % instead of 50 /
// 46 / 43 / 35 / 31 / 24, panel in the same minutes 75 / 67 / 60 / 52 / 44 / 39.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/kernel/tile_ends.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/tile.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct spmm<csr_layout, Arch> {
  static constexpr std::string_view name = "csr/sorted";
  static constexpr int registers = 8;
  static constexpr bool finishes_rows = true;
  static constexpr bool spreads = true;
  /// A multiplication for each column is free beside loads, as in panel's; AVX2 would pay up to 7 % for it. Reading a
  /// thin matrix's few rows of X where they stand, 128 columns at 99 %, 256x8192 takes 0.55 of the time of packing them
  /// all, 100x3000 0.5, 16x4096 0.2 (Zen 5).
  static constexpr bool takes_pitch = simd::register_count<Arch> >= 32;

  template <class View, class S>
  static constexpr bool accepts = widenable<Arch, typename View::value_type, S>;

  /// As many registers as keep the slice of X, cols x width, in the cache; where even two do not, tiles are cut, and
  /// four registers leave each visit to a row of sums more slots than eight.
  template <class View>
  [[nodiscard]] static int widest(View const& a) noexcept {
    using S = accumulator_t<typename View::value_type>;
    if (density(a) >= 0.07 || takes_all_from_far<registers, S>(a)) return registers;
    for (int n = registers; n > 1; n /= 2)
      if (whole<S>(a, n)) return n;
    return registers / 2;
  }
  template <class View>
  [[nodiscard]] static index block(View const& a) noexcept {
    return a.rows() < 1024 ? most_rows / 2 : most_rows;
  }

  /// As row_tile's, for one block. Sums of tiles before the last are kept in `sums`; final ones go to `done`.
  template <int N, class View, class S, class Done>
    requires(!takes_pitch)
  static void run(View a, S const* x, S* sums, index first, index last, Done done) noexcept {
    constexpr index width = index{N} * static_cast<index>(simd::batch<S, Arch>::size);
    run_block<N>(a, x_rows<S, std::integral_constant<index, width>>{x, {}}, sums, first, last, done);
  }
  template <int N, class View, class S, class Done>
    requires takes_pitch
  static void run(View a, S const* x, index pitch, S* sums, index first, index last, Done done) noexcept {
    run_block<N>(a, x_rows<S, index>{x, pitch}, sums, first, last, done);
  }

 private:
  /// Rows of X, `pitch` elements apart: an index, or one that is known when this is compiled.
  template <class S, class Pitch>
  struct x_rows {
    S const* data;
    Pitch pitch;
    [[nodiscard]] LACUNA_INLINE S const* operator[](index k) const noexcept { return data + k * pitch; }
  };

  /// Columns, and slots of a block, are counted in 32 bits where the ends of tiles are found before.
  template <class View>
  [[nodiscard]] static bool counts_fit(View const& a, index first, index last) noexcept {
    constexpr auto most = (index{1} << 32) - 64;
    return a.cols() <= most &&
           static_cast<index>(a.offsets().data()[last]) - static_cast<index>(a.offsets().data()[first]) <= most;
  }

  template <int N, class View, class X, class S, class Done>
  static void run_block(View a, X x, S* sums, index first, index last, Done done) noexcept {
    auto const rows = last - first;
    // In eight registers tiles win at 7 % and more; two registers leave too few multiply-adds beside the other loads.
    bool const all = (whole<S>(a, N) && (N <= 2 || density(a) < 0.07)) || takes_all_from_far<N, S>(a);
    if constexpr (finds_ends || takes_rows_in_order<N>)
      if ((all ? takes_rows_in_order<N> : finds_ends) && counts_fit(a, first, last))
        return run_found_tiles<N>(a, x, all, sums, first, rows, done);
    if (!all) return run_tiles<N>(a, x, sums, first, rows, done);
    block_rows at;
    for (index r = 0; r != rows; ++r) {
      at.begin[r] = static_cast<index>(a.offsets().data()[first + r]);
      at.end[r] = static_cast<index>(a.offsets().data()[first + r + 1]);
    }
    at.sort(rows);
    constexpr index height = in_step<N>;
    constexpr bool spread = requires { done.some(); };
    if constexpr (spread) done.spread(rows / height + rows % height);
    index k = 0;
    if constexpr (height > 1)
      for (; rows - k >= height; k += height) {
        run_rows<N, height, S>(a, at, at.order + k, x, done);
        if constexpr (spread) done.some();
      }
    for (; k < rows; ++k) {
      run_rows<N, 1, S>(a, at, at.order + k, x, done);
      if constexpr (spread) done.some();
    }
  }

  static constexpr index most_rows = 256;
  static constexpr index most_counted = 1022;  // rows with more slots are sorted as if they had so many
  static constexpr int sums_held = simd::register_count<Arch> >= 32 ? 8 : 4;
  /// Rows in step, or sets of sums of one row: together they hold so many sums that the latency of an fma is hidden.
  template <int N>
  static constexpr int in_step = sums_held / N > 1 ? (sums_held / N < 4 ? sums_held / N : 4) : 1;

  /// The slots of each row of a block in the tile at hand, and the rows in increasing order of their number.
  struct block_rows {
    index begin[most_rows];
    index end[most_rows];
    std::uint16_t order[most_rows];

    [[nodiscard]] LACUNA_INLINE index key(index r) const noexcept {
      return end[r] - begin[r] < most_counted ? end[r] - begin[r] : most_counted;
    }
    void sort(index rows) noexcept {
      index largest = 0;
      for (index r = 0; r != rows; ++r) largest = key(r) > largest ? key(r) : largest;
      std::uint16_t head[most_counted + 2];
      for (index k = 0; k != largest + 2; ++k) head[k] = 0;
      for (index r = 0; r != rows; ++r) ++head[key(r) + 1];
      for (index k = 1; k != largest + 2; ++k) head[k] = static_cast<std::uint16_t>(head[k] + head[k - 1]);
      for (index r = 0; r != rows; ++r) order[head[key(r)]++] = static_cast<std::uint16_t>(r);
    }
  };

  template <class View>
  [[nodiscard]] static double density(View const& a) noexcept {
    auto const places = static_cast<double>(a.rows()) * static_cast<double>(a.cols());
    return places > 0 ? static_cast<double>(a.stored()) / places : 0.0;
  }

  template <class S>
  static constexpr auto register_bytes = static_cast<index>(sizeof(simd::batch<S, Arch>));

  /// The slice of X that N registers make is small enough to stay in the cache: one and a half times L1.
  template <class S, class View>
  [[nodiscard]] static bool whole(View const& a, int n) noexcept {
    return a.cols() * n * register_bytes<S> <= 73728;
  }

  /// So few slots that rows taken at once are worth more than a slice of X that stays in L1: it comes from L2. Zen 5,
  /// 128 columns at 98 %, against slices of 72 KB: 512x512 34 instead of 28 % of the peak, 512x2048 31 instead of 22.
  template <int N, class S, class View>
  [[nodiscard]] static bool takes_all_from_far(View const& a) noexcept {
    return takes_rows_in_order<N> && density(a) < 0.035 && a.cols() * N * register_bytes<S> <= 1048576;
  }

  /// H rows in step: two slots of each at a time, then what is left of each.
  template <int N, int H, class S, class View, class X, class Done>
  LACUNA_INLINE static void run_rows(View a, block_rows const& at, std::uint16_t const* row, X const& x,
                                     Done const& done) noexcept {
    using tile = simd::tile<Arch, S, N>;
    constexpr index width = index{N} * tile::lanes;
    tile sum[std::size_t{H}];
    typename View::value_type const* value[std::size_t{H}];
    decltype(a.columns().data()) column[std::size_t{H}];
    for (int h = 0; h != H; ++h) {
      value[h] = a.values().data() + at.begin[row[h]];
      column[h] = a.columns().data() + at.begin[row[h]];
    }
    index const common = at.end[row[0]] - at.begin[row[0]];  // the first has the fewest
    index const pairs = common / 2 * 2;
    for_each_piece<Arch, S>(value, pairs, [&](index from, index size, auto const& weight) LACUNA_INLINE_LAMBDA {
      for (index e = 0; e != size; e += 2)
        simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
          auto const [first, second] = two(column[h] + from + e);
          sum[h].multiply_add(weight[h][e], x[first]);
          sum[h].multiply_add(weight[h][e + 1], x[second]);
        });
    });
    simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
      auto const count = at.end[row[h]] - at.begin[row[h]];
      for_each_weights<Arch, S, 1>(value[h], pairs, count, [&](index k, S const* weight) LACUNA_INLINE_LAMBDA {
        sum[h].multiply_add(*weight, x[static_cast<index>(column[h][k])]);
      });
    });
    alignas(typename tile::batch_type) S finished[static_cast<std::size_t>(H * width)];
    simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
        sum[h].value[n].store_unaligned(finished + h * width + n * tile::lanes);
      });
    });
    simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA { done(finished + h * width, index{row[h]}); });
  }

  struct pair {
    index first;
    index second;
  };
  /// Two neighbouring columns; where they have four bytes, by one load.
  template <class I>
  [[nodiscard]] LACUNA_INLINE static pair two(I const* column) noexcept {
    if constexpr (sizeof(I) == 4 && std::endian::native == std::endian::little) {
      std::uint64_t both;
      std::memcpy(&both, column, sizeof both);
      return {static_cast<index>(both & 0xFFFFFFFFu), static_cast<index>(both >> 32)};
    } else {
      return {static_cast<index>(column[0]), static_cast<index>(column[1])};
    }
  }

  /// Whole rows one after the other, not sorted: where slots, sums and rows of Y come fastest in the order of
  /// addresses, that is worth more than exits of loops that are expected, but for one register, which has little beside
  /// them.
  template <int N>
  static constexpr bool takes_rows_in_order = simd::reads_in_order<Arch> && N > 1;

  /// Ends of tiles are found beforehand, for sixteen tiles of columns at a time.
  static constexpr bool finds_ends = simd::avx512<Arch>;
  static constexpr index in_a_go = 8;  // rows that are finished together, out of L1

  /// Neither this nor run_tiles is inlined into the same function: gcc 12 then keeps what both use in memory, which
  /// costs AVX2 up to 20 %.
  template <int N, class View, class X, class S, class Done>
  LACUNA_NOINLINE static void run_found_tiles(View a, X x, bool all, S* sums, index first, index rows,
                                              Done done) noexcept {
    auto const* const offsets = a.offsets().data() + first;
    auto const begin = static_cast<index>(offsets[0]);
    auto const* const columns = a.columns().data() + begin;
    tile_ends<Arch> ends(offsets, rows, a.stored() - begin);
    int const shift = all ? 0 : tile_bits(tile_width<N, S>(a));
    index const tiles = all ? 1 : ((a.cols() - 1) >> shift) + 1;
    constexpr bool spread = requires { done.some(); };
    if constexpr (spread) done.spread(tiles * rows);
    weights_ahead<typename View::value_type, S> ahead;
    constexpr index width = index{N} * static_cast<index>(simd::batch<S, Arch>::size);
    for (index found = 0; found < tiles; found += ends.most_tiles) {
      index const some = tiles - found < ends.most_tiles ? tiles - found : ends.most_tiles;
      if (tiles == 1)
        ends.take_all(offsets);
      else
        ends.find(offsets, columns, found, some, shift);
      for (index t = 0; t != some; ++t) {
        ahead.prepare(a, begin + *ends.begin(t, 0), 0);
        for (index r = 0; r != rows;) {
          auto const last = rows - r < in_a_go ? rows : r + in_a_go;
          visit_rows<N>(a, begin, ends, t, r, last, ahead, x, sums, found + t == 0);
          for (; r != last; ++r) {
            if (found + t + 1 == tiles) done(sums + r * width, r);
            if constexpr (spread) done.some();
          }
        }
      }
    }
  }

  /// Rows first .. last of a block, whose slots begin at `slot`, in tile t of those found. Not inlined: among more
  /// variables gcc 12 keeps some in registers of multiply-adds, and a count that comes back from there waits for those
  /// before it.
  template <int N, class View, class Ahead, class X, class S>
  LACUNA_NOINLINE static void visit_rows(View const& a, index slot, tile_ends<Arch> const& ends, index t, index first,
                                         index last, Ahead& ahead, X const& from, S* sums, bool fresh) noexcept {
    using tile = simd::tile<Arch, S, N>;
    auto const* const columns = a.columns().data() + slot;
    auto const* const values = a.values().data() + slot;
    auto const x = from;
    auto const* at = ends.begin(t, first);
    auto* line = sums + first * N * tile::lanes;
    for (index r = first; r != last; ++r, ++at, line += N * tile::lanes) {
      ask_for(columns, values, at[4]);
      tile sum[in_step<N>];
      if (!fresh)
        simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
          sum[0].value[n] = tile::batch_type::load_unaligned(line + n * tile::lanes);
        });
      index k = at[0];
      index const end = at[ends.to_end];
      if constexpr (std::same_as<typename View::value_type, S>) {
        add_slots(columns, values, k, end, x, sum);
      } else {
        constexpr index together = Ahead::together;
        ahead.prepare(a, slot + at[1], r + 1);
        for (; end - k > together; k += together, ahead.prepare(a, slot + k, r))
          add_slots(columns + k, ahead.wide[r % 2], 0, together, x, sum);
        add_slots(columns + k, ahead.wide[r % 2], 0, end - k, x, sum);
      }
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
        auto total = sum[0].value[n];
        if constexpr (in_step<N> == 2) total += sum[1].value[n];
        if constexpr (in_step<N> == 4) total = (total + sum[1].value[n]) + (sum[2].value[n] + sum[3].value[n]);
        total.store_unaligned(line + n * tile::lanes);
      });
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
  template <class I, class S, class X, class Tile, std::size_t Sets>
  LACUNA_INLINE static void add_slots(I const* columns, S const* weights, index k, index end, X const& x,
                                      Tile (&sum)[Sets]) noexcept {
    for (; end - k >= 4; k += 4) {
      auto const [first, second] = two(columns + k);
      auto const [third, fourth] = two(columns + k + 2);
      auto const four = simd::repeat<Arch, S, 4>::load(weights + k);
      sum[0].multiply_add(simd::spread<Arch, S, 0>::run(four), x[first]);
      sum[1 % Sets].multiply_add(simd::spread<Arch, S, 1>::run(four), x[second]);
      sum[2 % Sets].multiply_add(simd::spread<Arch, S, 2>::run(four), x[third]);
      sum[3 % Sets].multiply_add(simd::spread<Arch, S, 3>::run(four), x[fourth]);
    }
    for (; k < end; ++k) sum[0].multiply_add(weights[k], x[static_cast<index>(columns[k])]);
  }

  template <int N, class View, class X, class S, class Done>
  LACUNA_NOINLINE static void run_tiles(View a, X x, S* sums, index first, index rows, Done done) noexcept {
    auto const width = tile_width<N, S>(a);
    auto const* const offsets = a.offsets().data() + first;
    index slot[most_rows];
    for (index r = 0; r != rows; ++r) slot[r] = static_cast<index>(offsets[r]);
    weights_ahead<typename View::value_type, S> ahead;
    constexpr bool spread = requires { done.some(); };
    if constexpr (spread) done.spread(detail::ceil_div(a.cols(), width) * rows);
    for (index begin = 0; begin < a.cols(); begin += width) {
      bool const final = a.cols() - begin <= width;
      ahead.prepare(a, slot[0], 0);
      for (index r = 0; r != rows; ++r) {
        if (r + 1 != rows) ahead.prepare(a, slot[r + 1], r + 1);
        slot[r] = run_row<N>(a, slot[r], static_cast<index>(offsets[r + 1]), begin + width, ahead, x, sums, r,
                             begin == 0, final, done);
        if constexpr (spread) done.some();
      }
    }
  }

  /// The first weights of two visits, in the type S of sums: widened a visit ahead, because a visit begins where the
  /// exit of the last one was a surprise, with nothing else to do while it waits for them.
  template <class T, class S>
  struct weights_ahead {
    static constexpr int together = 32;
    alignas(simd::batch<S, Arch>) S wide[2][together];

    template <class View>
    LACUNA_INLINE void prepare(View const& a, index slot, index r) noexcept {
      widen_next<Arch, together>(a.values().data() + slot, a.stored() - slot, wide[r % 2]);
    }
  };
  template <class S>
  struct weights_ahead<S, S> {
    template <class View>
    LACUNA_INLINE void prepare(View const&, index, index) noexcept {}
  };

  /// The power of two that is `width`, at least 1, or more.
  [[nodiscard]] static int tile_bits(index width) noexcept {
    return width > 1 ? static_cast<int>(std::bit_width(static_cast<std::size_t>(width - 1))) : 0;
  }

  /// Columns of a tile: a slice of X of 32 KB, or as many as have eight slots a row, so that the visits to the sums do
  /// not cost more than the products.
  template <int N, class S, class View>
  [[nodiscard]] static index tile_width(View const& a) noexcept {
    auto const fits = 32768 / (N * register_bytes<S>);
    auto const filled = static_cast<index>(8 / (density(a) + 1e-9));
    auto const width = filled < fits ? fits : filled;
    return width < a.cols() ? width : a.cols();
  }

  /// The slots of a row whose column is below `limit`. Returns the first that is not.
  template <int N, class View, class Ahead, class X, class S, class Done>
  LACUNA_INLINE static index run_row(View a, index slot, index end, index limit, Ahead& ahead, X const& x, S* sums,
                                     index r, bool fresh, bool final, Done const& done) noexcept {
    using tile = simd::tile<Arch, S, N>;
    constexpr index width = index{N} * tile::lanes;
    auto* const line = sums + r * width;
    tile sum;
    if (!fresh)
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
        sum.value[n] = tile::batch_type::load_unaligned(line + n * tile::lanes);
      });
    slot = add_below<S>(a, slot, end, limit, ahead, r, x, sum);
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum.value[n].store_unaligned(line + n * tile::lanes); });
    if (final) done(line, r);
    return slot;
  }

  /// Adds the products of slots whose column is below `limit`. Returns the first that is not.
  template <class S, class View, class Ahead, class X, class Tile>
  LACUNA_INLINE static index add_below(View a, index slot, index end, index limit, Ahead& ahead, index r, X const& x,
                                       Tile& sum) noexcept {
    auto const* const columns = a.columns().data();
    auto const add = [&](auto const* weight, index last) LACUNA_INLINE_LAMBDA {
      for (; slot != last; ++slot, ++weight) {
        auto const column = static_cast<index>(columns[slot]);
        if (column >= limit) return false;
        sum.multiply_add(*weight, x[column]);
      }
      return slot != end;
    };
    if constexpr (std::same_as<typename View::value_type, S>) {
      static_cast<void>(add(a.values().data() + slot, end));
    } else {
      constexpr index together = Ahead::together;
      while (add(ahead.wide[r % 2], end - slot < together ? end : slot + together)) ahead.prepare(a, slot, r);
    }
    return slot;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
