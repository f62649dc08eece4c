// SPDX-License-Identifier: MIT
//
// The rows of a window of an int8 tiled_sell matrix times four or eight vectors, where there are no dots of bytes: the
// four slots of a row that stand together as two pairs, whose bytes of X stand column by column.
//
// Bound on AVX2: for two slots five loads and nine operations (kernel/paired_slots.hpp), and for four a load and a
// store of sums, which stand in L1 in the order of places until the cell ends. Looking x up in registers, as sell_bytes
// does, takes three operations for each 16 columns of a tile, for each vector. Reached on Zen 3, 2048x2048 from L3 at
// 50, 80, 90, 95 % sparsity, of the time of sell_bytes with two vectors and of tiles with eight, in two rounds: two
// 0.53 to 0.74, 0.57 to 0.74, 0.49 to 0.76, 0.45 to 0.82; eight 0.46 to 0.53, 0.51 to 0.53, 0.52 to 0.55, 0.52 to 0.53.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/kernel/sell_groups.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The sums of one window for `Vectors` vectors of X.
template <class Arch, class View, class X, int Vectors>
class sell_pairs {
 public:
  using layout = typename View::layout;
  using pairs = simd::slot_pairs<Arch, Vectors>;
  static constexpr index group = View::group;
  static_assert(group == 4);
  /// How far ahead of their use slots are asked for, in bytes.
  static constexpr index ahead = 2048;

  /// Multiplies window w. x has `Vectors` bytes of each column.
  void multiply(View const& a, index w, X const* x) noexcept {
    auto const& grid = a.grid();
    auto const height = grid.height(w);
    std::fill(total_, total_ + height * Vectors, 0);
    std::fill(sum_, sum_ + height * Vectors, 0);
    for (index t = 0; t != grid.tiles(); ++t) {
      auto const* const cell = a.cells().data() + grid.cell(w, t);
      if (cell[0].slot == cell[1].slot) continue;
      add_diagonals(a, cell, x + t * layout::tile * Vectors);
      add_in_order(a.places().data() + grid.places(w, t), height);
    }
  }
  /// The sums of a row of the window.
  [[nodiscard]] LACUNA_INLINE std::int32_t const* sums(index row) const noexcept { return total_ + row * Vectors; }

 private:
  /// sum_ += the slots of a cell, in the order of places.
  LACUNA_INLINE void add_diagonals(View const& a, tiled_sell_cell const* cell, X const* x) noexcept {
    auto const* column = a.columns().data() + cell->slot;
    auto const* value = a.values().data() + cell->slot;
    visit_sell_groups(a, cell, [&](index const(&length)[std::size_t{group}]) LACUNA_INLINE_LAMBDA {
      index p = 0;
      for (; p + 4 <= length[group - 1]; p += 4) {
        simd::prefetch_ahead<1>(value, ahead);
        simd::prefetch_ahead<1>(column, ahead);
        std::int16_t pair[16];
        simd::wide_dot4<Arch>::widen(value, pair);
        simd::unroll<4>([&](auto n) LACUNA_INLINE_LAMBDA { add(p + n, x, column + 4 * n, pair + 4 * n); });
        column += 16;
        value += 16;
      }
      simd::unroll<static_cast<int>(group)>([&](auto fewer) LACUNA_INLINE_LAMBDA {
        constexpr int count = static_cast<int>(group) - fewer;
        for (; p < length[count - 1]; ++p, column += count, value += count) add_some<count>(p, x, column, value);
      });
    });
  }
  /// Adds the products of the four slots of the row at a place.
  LACUNA_INLINE void add(index place, X const* x, std::uint8_t const* column, std::int16_t const* pair) noexcept {
    auto const at = [&](int e) LACUNA_INLINE_LAMBDA { return x + index{column[e]} * Vectors; };
    auto* const to = sum_ + place * Vectors;
    auto const some = pairs::add(pairs::load(to), at(0), at(2), pair);
    pairs::store(pairs::add(some, at(1), at(3), pair + 2), to);
  }
  /// The same for Count of them.
  template <int Count>
  LACUNA_INLINE void add_some(index place, X const* x, std::uint8_t const* column, std::int8_t const* value) noexcept {
    std::uint8_t some[4];
    simd::unroll<4>([&](auto e) LACUNA_INLINE_LAMBDA { some[e] = column[e < Count ? e : 0]; });
    // In the order of wide_dot4, and each pair written by one store, for it is read by one load.
    auto const weight = [&](int e) LACUNA_INLINE_LAMBDA {
      return e < Count ? static_cast<std::uint32_t>(static_cast<std::uint16_t>(value[e])) : 0u;
    };
    std::uint32_t const pairs_of_two[2] = {weight(0) | weight(2) << 16, weight(1) | weight(3) << 16};
    std::int16_t pair[4];
    std::memcpy(pair, pairs_of_two, sizeof pair);
    add(place, x, some, pair);
  }
  /// total_[r] += sum_[place[r]], and these are 0 again.
  LACUNA_INLINE void add_in_order(std::uint8_t const* place, index height) noexcept {
    for (index r = 0; r != height; ++r)
      for (index v = 0; v != Vectors; ++v)
        total_[r * Vectors + v] = wrapping_sum(total_[r * Vectors + v], sum_[index{place[r]} * Vectors + v]);
    std::fill(sum_, sum_ + height * Vectors, 0);
  }

  static constexpr auto size = static_cast<std::size_t>(layout::window * Vectors);
  alignas(64) std::int32_t sum_[size];
  alignas(64) std::int32_t total_[size];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
