// SPDX-License-Identifier: MIT
//
// Rows of CSR by tiles of columns whose slice of X stays in L1, each row from where it stopped: columns say where a
// tile ends, while it is multiplied.
//
// Bound, per slot and 8 registers: 8 fma, 8 loads of X, one of the value, one of the column: ten loads at two a cycle,
// 80 % of the fma peak; the sums, in L2, are read and written once a tile, and the exit of each visit is a surprise.
// Reached, 2048x512, 128 columns, AVX-512: 53 / 47 / 42 / 32 % at .5 / .7 / .8 / .9 sparsity.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/finish_row.hpp>
#include <lacuna/kernel/weights_ahead.hpp>
#include <lacuna/kernel/x_rows.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Sums of a block of rows of csr, tile by tile of columns.
template <class Arch>
struct csr_tiles {
  static constexpr index most_rows = 256;

  /// The sums of rows first .. first + rows, at most most_rows, with N registers of X, in tiles of `width` columns.
  /// Those of row first + r grow at sums + r * line, a line being N registers, and are handed to done(sums, r) in the
  /// last tile, or written to its places. Nothing is done for a matrix without columns. Not inlined: see
  /// csr_found_tiles::run.
  template <int N, class View, class X, class S, class Done>
  LACUNA_NOINLINE static void run(View a, X x, index width, S* sums, index first, index rows, Done done) noexcept {
    auto const* const offsets = a.offsets().data() + first;
    index slot[most_rows];
    for (index r = 0; r != rows; ++r) slot[r] = static_cast<index>(offsets[r]);
    weights_ahead<Arch, typename View::value_type, S> ahead;
    auto const places = places_of<S>(done, rows);
    constexpr index line = index{N} * static_cast<index>(simd::batch<S, Arch>::size);
    constexpr bool spread = requires { done.some(); };
    if constexpr (spread) done.spread(detail::ceil_div(a.cols(), width) * rows);
    for (index begin = 0; begin < a.cols(); begin += width) {
      bool const final = a.cols() - begin <= width;
      bool const straight = final && places.data != nullptr;
      auto const to = straight ? places : row_places<S>{sums, line};
      ahead.prepare(a, slot[0], 0);
      for (index r = 0; r != rows; ++r) {
        if (r + 1 != rows) ahead.prepare(a, slot[r + 1], r + 1);
        slot[r] = run_row<N>(a, slot[r], static_cast<index>(offsets[r + 1]), begin + width, ahead, x, r,
                             begin == 0 ? nullptr : sums + r * line, to.data + r * to.pitch);
        if (final && !straight) done(sums + r * line, r);
        if constexpr (spread) done.some();
      }
    }
  }

 private:
  /// The slots of a row whose column is below `limit`, added to what stands at `old`, if anything, and written to `to`.
  /// Returns the first that is not below.
  template <int N, class View, class Ahead, class X, class S>
  LACUNA_INLINE static index run_row(View a, index slot, index end, index limit, Ahead& ahead, X const& x, index r,
                                     S const* old, S* to) noexcept {
    using tile = simd::tile<Arch, S, N>;
    tile sum;
    if (old != nullptr) simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum.value[n] = sum.load(old, n); });
    slot = add_below<S>(a, slot, end, limit, ahead, r, x, sum);
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum.store(to, sum.value[n], n); });
    return slot;
  }

  /// Adds the products of slots whose column is below `limit`. Returns the first that is not.
  template <class S, class View, class Ahead, class X, class Tile>
  LACUNA_INLINE static index add_below(View a, index slot, index end, index limit, Ahead& ahead, index r, X const& x,
                                       Tile& sum) noexcept {
    auto const* const columns = a.columns().data();
    auto const add = [&]<class W>(W const* weight, index last) LACUNA_INLINE_LAMBDA {
      for (; slot != last; ++slot, ++weight) {
        auto const column = static_cast<index>(columns[slot]);
        if (column >= limit) return false;
        sum.multiply_add(simd::broadcast<Arch, S, W>::one(weight), x[column]);
      }
      return slot != end;
    };
    if constexpr (simd::broadcast<Arch, S, typename View::value_type>::at_once) {
      static_cast<void>(add(a.values().data() + slot, end));
    } else {
      constexpr index together = Ahead::together;
      while (add(ahead.wide[r % 2], end - slot < together ? end : slot + together)) ahead.prepare(a, slot, r);
    }
    return slot;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
