// SPDX-License-Identifier: MIT
//
// A X with a tiled_sell matrix of int8 and many columns: its rows are written out once for a product, window by window,
// as csr has them, and multiplied as those are (kernel/slot_quads.hpp); or, with AVX2 and up to 256 columns, cell by
// cell (kernel/sell_cells.hpp).
//
// Bound: writing out, a byte and a column of 4 bytes a slot, 2 cycles in all, beside what csr takes: 3 cycles for 128
// columns. Reached on Zen 5, 1024x1024, u8 by rows, beside row_tile: with AVX-512 VNNI 1.9, 2.8 to 3.0, 3.9 to 4.4
// times as fast with 32, 128 and 512 columns, with AVX2 1.3 to 1.4 with 16, 1.6 to 2.0, 2.2, 2.6. Of csr 0.33 to 0.39,
// 0.6, 0.85.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/kernel/quads.hpp>
#include <lacuna/kernel/sell_cells.hpp>
#include <lacuna/kernel/slot_lines.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/kernel/spmm.hpp>
#include <lacuna/simd/isa.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What `multiply_quads` may take instead: nothing.
template <int Tile, int Lanes, class Arch>
struct sell_other {};

/// Cells, without vpdpbusd in registers of 32 bytes, where rows have so many slots in a tile that the quad that each
/// ends with costs less than writing them out for so few columns. Zen 3, 1024x1024, tiles of 256 and of 64: times rows
/// that are written out, 98 % and 32 columns 0.85 (5 slots), 95 % and 128 columns 1.02 (13), 65 % and 512 columns 1.0.
template <int Tile, int Lanes, class Arch>
  requires simd::narrow_biased_dots<Arch>
struct sell_other<Tile, Lanes, Arch> {
  using other = sell_cells<Tile, Lanes, Arch>;
  template <class View>
  [[nodiscard]] static bool wants_other(View const& a, index columns) noexcept {
    auto const least = static_cast<double>(std::max<index>(columns, 64)) / 10;
    return columns <= 256 &&
           static_cast<double>(a.stored()) >= least * static_cast<double>(a.rows()) * static_cast<double>(a.tiles());
  }
};

/// matrix.columns has where the slots of each row start, and end; behind them the column of each slot, then the values.
template <int Tile, int Lanes, class Arch>
struct spmm_quads<tiled_sell_layout<Tile, Lanes>, Arch>
    : sell_other<Tile, Lanes, Arch>, slot_lines<spmm_quads<tiled_sell_layout<Tile, Lanes>, Arch>, Arch> {
  static constexpr std::string_view name = "tiled_sell/columns";
  using layout = tiled_sell_layout<Tile, Lanes>;

  template <class View>
  [[nodiscard]] LACUNA_INLINE static auto slots(quads_matrix<View> const& matrix, index i) noexcept {
    return slots_of(matrix.a, matrix.columns, i);
  }
  /// See multiply_quads.
  template <class View>
  [[nodiscard]] static index columns_stored(View const& a) noexcept {
    return a.rows() + 1 + a.stored() + (a.stored() + 3) / 4;
  }
  template <class View>
  [[nodiscard]] static constexpr index decoded_rows(View const&) noexcept {
    return layout::window;
  }
  template <class View>
  static void decode(View const& a, std::int32_t* to, index first, index last) noexcept {
    for (index w = first; w != last; ++w) {
      std::uint32_t next[std::size_t{layout::window}];
      find_rows(a, w, to, next);
      write_rows(a, w, to + a.rows() + 1, values_behind(a, to), next);
    }
    if (last == a.windows()) to[a.rows()] = static_cast<std::int32_t>(a.stored());
  }
  template <class View>
  static void weight_sums(View const& a, std::int32_t const* columns, std::int32_t factor, std::int32_t* sums,
                          index first, index last) noexcept {
    for (index i = first; i != last; ++i) {
      auto const row = slots_of(a, columns, i);
      sums[i] = spmm_quads::start_of(row.values, row.first, row.last, factor);
    }
  }

 private:
  template <class View>
  [[nodiscard]] LACUNA_INLINE static std::int8_t* values_behind(View const& a, std::int32_t* columns) noexcept {
    return reinterpret_cast<std::int8_t*>(columns + a.rows() + 1 + a.stored());
  }
  template <class View>
  [[nodiscard]] LACUNA_INLINE static slot_list<std::int32_t> slots_of(View const& a, std::int32_t const* columns,
                                                                      index i) noexcept {
    auto const* const behind = columns + a.rows() + 1;
    return {behind, reinterpret_cast<std::int8_t const*>(behind + a.stored()),
            static_cast<index>(static_cast<std::uint32_t>(columns[i])),
            static_cast<index>(static_cast<std::uint32_t>(columns[i + 1]))};
  }

  /// Where the rows of window w start, to `to` and `next`.
  template <class View>
  static void find_rows(View const& a, index w, std::int32_t* to, std::uint32_t* next) noexcept {
    auto const& grid = a.grid();
    auto const height = grid.height(w);
    std::fill_n(next, height, std::uint32_t{0});
    for (index t = 0; t != grid.tiles(); ++t) {
      auto const* const cell = a.cells().data() + grid.cell(w, t);
      if (cell[0].slot == cell[1].slot) continue;
      std::uint32_t counts[std::size_t{layout::window}] = {};
      for (index d = cell[0].diagonal; d != cell[1].diagonal; ++d) {
        index const length = a.diagonals().data()[d];
        for (index p = 0; p != length; ++p) ++counts[p];
      }
      auto const* const place = a.places().data() + grid.places(w, t);
      for (index r = 0; r != height; ++r) next[r] += counts[place[r]];
    }
    std::uint32_t slot = a.cells().data()[grid.cell(w, 0)].slot;
    for (index r = 0; r != height; ++r) {
      auto const count = next[r];
      to[w * layout::window + r] = static_cast<std::int32_t>(slot);
      next[r] = slot;
      slot += count;
    }
  }

  /// The slots of window w, each row from its `next` on, in the order of columns.
  template <class View>
  static void write_rows(View const& a, index w, std::int32_t* columns, std::int8_t* values,
                         std::uint32_t* next) noexcept {
    auto const& grid = a.grid();
    for (index t = 0; t != grid.tiles(); ++t) {
      auto const* const cell = a.cells().data() + grid.cell(w, t);
      if (cell[0].slot == cell[1].slot) continue;
      auto const* const place = a.places().data() + grid.places(w, t);
      std::uint8_t row[std::size_t{layout::window}];  // at each place
      for (index r = 0; r != grid.height(w); ++r) row[place[r]] = static_cast<std::uint8_t>(r);
      index slot = cell[0].slot;
      for (index d = cell[0].diagonal; d < index{cell[1].diagonal}; d += View::group)
        slot =
            write_group(a, d, std::min(View::group, cell[1].diagonal - d), slot, t * Tile, row, columns, values, next);
    }
  }
  /// Those of diagonals that stand together, four or fewer, row by row; returns the slot behind them.
  template <class View>
  LACUNA_INLINE static index write_group(View const& a, index d, index together, index slot, index first,
                                         std::uint8_t const* row, std::int32_t* columns, std::int8_t* values,
                                         std::uint32_t* next) noexcept {
    auto const* const length = a.diagonals().data() + d;
    auto const* column = a.columns().data() + slot;
    auto const* value = a.values().data() + slot;
    auto const base = static_cast<std::int32_t>(first);
    index p = 0;
    for (index n = together; n != 0; --n)  // rows that have n of them
      for (; p != length[n - 1]; ++p) {
        auto& at = next[row[p]];
        if (n == 4) {
          for (int e = 0; e != 4; ++e) columns[at + static_cast<std::uint32_t>(e)] = base + column[e];
          std::memcpy(values + at, value, 4);
        } else {
          for (index e = 0; e != n; ++e) {
            columns[at + static_cast<std::uint32_t>(e)] = base + column[e];
            values[at + static_cast<std::uint32_t>(e)] = value[e];
          }
        }
        at += static_cast<std::uint32_t>(n);
        column += n;
        value += n;
      }
    return column - a.columns().data();
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
