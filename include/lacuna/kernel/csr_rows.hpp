// SPDX-License-Identifier: MIT
//
// Whole rows of CSR, those of a block sorted by count and some in step, two slots of each at a time: for few registers,
// and for a slice of X that fits the cache whole.
//
// Bound, for two registers and four rows: 8 fma, 8 loads of X, 4 of values, 2 of pairs of columns: 14 loads, 57 %.
// Reached, 2048x512, 128 columns, AVX-512: 29 / 21 % at .95 / .98 sparsity.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/column_pair.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/kernel/x_rows.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/tile.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Sums of a block of rows of csr, whole rows, those with as many slots together.
template <class Arch>
struct csr_rows {
  static constexpr index most_rows = 256;

  /// Hands the products of rows first .. first + rows, at most most_rows, with N registers of X to done(sums, r), r <
  /// rows in any order.
  template <int N, class S, class View, class X, class Done>
  LACUNA_INLINE static void run(View a, X const& x, index first, index rows, Done const& done) noexcept {
    LACUNA_ASSERT(rows <= most_rows);
    block_rows at;
    for (index r = 0; r != rows; ++r) {
      at.begin[r] = static_cast<index>(a.offsets().data()[first + r]);
      at.end[r] = static_cast<index>(a.offsets().data()[first + r + 1]);
    }
    at.sort(rows);
    constexpr index height = simd::tiles_in_turn<Arch, N>;
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

 private:
  static constexpr index most_counted = 1022;  // rows with more slots are sorted as if they had so many

  /// The slots of each row of a block and the rows in increasing order of their number.
  struct block_rows {
    index begin[most_rows];
    index end[most_rows];
    std::uint16_t order[most_rows];

    [[nodiscard]] LACUNA_INLINE index key(index r) const noexcept {
      return end[r] - begin[r] < most_counted ? end[r] - begin[r] : most_counted;
    }
    /// By counting: O(rows + the largest count).
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
    // The first row has the fewest, but where rows have more than the sort tells apart.
    index common = at.end[row[0]] - at.begin[row[0]];
    if (common > most_counted)
      for (int h = 1; h < H; ++h) common = std::min(common, at.end[row[h]] - at.begin[row[h]]);
    index const pairs = common / 2 * 2;
    for_each_piece<Arch, S>(value, pairs, [&](index from, index size, auto const& weight) LACUNA_INLINE_LAMBDA {
      for (index e = 0; e != size; e += 2)
        simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA {
          auto const [first, second] = load_pair(column[h] + from + e);
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
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[h].store(finished + h * width, sum[h].value[n], n); });
    });
    simd::unroll<H>([&](auto h) LACUNA_INLINE_LAMBDA { done(finished + h * width, index{row[h]}); });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
