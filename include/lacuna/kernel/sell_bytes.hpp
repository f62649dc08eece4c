// SPDX-License-Identifier: MIT
//
// The rows of a window of an int8 tiled_sell matrix times a vector of bytes.
//
// A cell is multiplied four diagonals at a time, which stand row by row: a register of values and one of positions are
// up to four slots of some rows, x is looked up in registers, and dot4 adds four products to each sum. Sums stand in
// L1 in the order of places until the cell ends. Where rows have fewer than four slots left, values and positions are
// spread to lanes of four by a mask, which the lengths of the diagonals give; a gap is a weight of 0.
//
// Bound: two bytes a slot and 1 / Tile a row from memory; or, on AVX-512 with VBMI, for 64 slots two permutations, a
// test and a dot; where rows end, two expands and a mask move more (5 cycles of the permuting port), and 16 gathers of
// 16 sums for a cell (some 150 cycles). Reached, 4096x4096 from L3, one thread, beside a dense product of bytes at 30
// GB/s in the same rounds, sparsity 80, 90, 95 %: tiles of 256 2.2, 4.2, 7.4 times dense (91, 87, 77 % of the byte
// limit); tiles of 128 2.1, 4.0, 5.6.
//
// On AVX2, for 32 slots of tiles of 256, 37 operations to look up (simd/lookup_bytes.hpp), and where rows end what
// spreads values and columns. Reached on Zen 3, 2048x2048 from L3 at 50, 80, 90, 95 %, one run: 11.5, 10.3, 9.0 and 7.5
// G operations/s.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/byte_vector.hpp>
#include <lacuna/kernel/sell_groups.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/prefetch.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The sums of one window.
template <class Arch, class View, class X>
class sell_bytes {
 public:
  using layout = typename View::layout;
  using ints = simd::batch<std::int32_t, Arch>;
  using weights = simd::batch<std::int8_t, Arch>;
  using columns = simd::batch<std::uint8_t, Arch>;
  using positions = simd::positions<Arch, std::int32_t>;
  using table = simd::lookup_bytes<Arch, X, static_cast<int>(layout::tile)>;
  using dot = simd::dot4<Arch, X>;
  static constexpr index rows = static_cast<index>(ints::size);  // of a register
  static constexpr index group = View::group;
  static_assert(group == 4 && table::size <= layout::tile + byte_margin);
  /// How far ahead of their use slots are asked for, in bytes. 2048x2048 from memory on Zen 5, 1, 2 and 4 KB ahead,
  /// GB/s: 21, 24, 26 at 50 % sparsity, 20, 22, 23 at 80, 17, 20, 25 at 90, 16, 22, 18 at 95.
  static constexpr index ahead = lacuna::detail::tuned_for_zen ? 4096 : 1024;

  /// Multiplies window w.
  void multiply(View const& a, index w, byte_vector<X> x) noexcept {
    auto const& grid = a.grid();
    auto const height = grid.height(w);
    for (index r = 0; r < height; r += rows) {
      ints(0).store_unaligned(total_ + r);
      ints(0).store_unaligned(sum_[0] + r);
    }
    int turn = 0;
    for (index t = 0; t != grid.tiles(); ++t) {
      auto const* const cell = a.cells().data() + grid.cell(w, t);
      if (cell[0].slot == cell[1].slot) continue;
      add_diagonals(a, cell, table(x.data + t * layout::tile), sum_[turn]);
      add_in_order(a.places().data() + grid.places(w, t), height, sum_[turn], sum_[1 - turn]);
      turn = 1 - turn;
    }
  }
  /// Sums in the order of rows; behind the last row of the window stands anything.
  [[nodiscard]] LACUNA_INLINE std::int32_t const* sums() const noexcept { return total_; }

 private:
  static constexpr auto padded = static_cast<std::size_t>((layout::window + rows - 1) / rows * rows);

  /// sums += the slots of a cell, in the order of places.
  LACUNA_INLINE static void add_diagonals(View const& a, tiled_sell_cell const* cell, table const& x,
                                          std::int32_t* sums) noexcept {
    auto const* column = a.columns().data() + cell->slot;
    auto const* value = a.values().data() + cell->slot;
    auto const* const end = a.values().data() + a.stored();
    visit_sell_groups(a, cell, [&](index const(&length)[std::size_t{group}]) LACUNA_INLINE_LAMBDA {
      index p = 0;
      for (; p + rows <= length[group - 1]; p += rows) {
        simd::prefetch_ahead<1>(value, ahead);
        simd::prefetch_ahead<1>(column, ahead);
        add(sums + p, x, columns::load_unaligned(column), weights::load_unaligned(value));
        column += group * rows;
        value += group * rows;
      }
      for (; p < length[0]; p += rows) {
        simd::prefetch_ahead<1>(value, ahead);
        simd::prefetch_ahead<1>(column, ahead);
        auto const bits = slots_of(length, p);
        auto const whole = end - value >= static_cast<index>(weights::size);
        add(sums + p, x, spread(column, bits, whole), spread(value, bits, whole));
        auto const count = std::popcount(bits);
        column += count;
        value += count;
      }
    });
  }
  LACUNA_INLINE static void add(std::int32_t* sums, table const& x, columns at, weights w) noexcept {
    dot::add(ints::load_unaligned(sums), x[at], w).store_unaligned(sums);
  }
  /// `whole`: a register of bytes can be read, whatever the bits.
  template <class Byte>
  [[nodiscard]] LACUNA_INLINE static auto spread(Byte const* from, simd::lane_bits bits,
                                                 [[maybe_unused]] bool whole) noexcept {
    if constexpr (simd::expands_whole<Arch, Byte>)
      if (whole) return simd::expand<Arch, Byte>::load_whole(from, bits);
    return simd::expand<Arch, Byte>::load(from, bits);
  }
  /// Bit 4 * r + e: the row at place p + r has a slot in diagonal e.
  [[nodiscard]] LACUNA_INLINE static simd::lane_bits slots_of(index const (&length)[std::size_t{group}],
                                                              index p) noexcept {
    simd::lane_bits bits = 0;
    for (index e = 0; e != group; ++e) {
      auto const count = std::clamp<index>(length[e] - p, 0, rows);
      constexpr auto each = 0x1111111111111111u;
      bits |= (count == 16 ? each : each & ((simd::lane_bits{1} << (4 * count)) - 1)) << e;
    }
    return bits;
  }

  /// total[r] += from[place[r]]; next[r] = 0, for the next cell: two sets of sums in turn.
  LACUNA_INLINE void add_in_order(std::uint8_t const* place, index height, std::int32_t const* from,
                                  std::int32_t* next) noexcept {
    for (index r = 0; r < height; r += rows) {
      auto const at = height - r >= rows ? positions::load(place + r) : positions::load(place + r, height - r);
      (ints::load_unaligned(total_ + r) + at.gather(from)).store_unaligned(total_ + r);
      ints(0).store_unaligned(next + r);
    }
  }

  alignas(64) std::int32_t sum_[2][padded];
  alignas(64) std::int32_t total_[padded];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
