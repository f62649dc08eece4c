// SPDX-License-Identifier: MIT
//
// What a panel matrix is made of: its grid and strips, their limits, and what a sound strip is.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/format/arrays.hpp>
#include <lacuna/format/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace lacuna {

/// Names the order of data: blocks of rows by tiles of columns, and in such a cell strips of rows of equal count.
struct panel_layout {
  static constexpr index max_strip_height = 8;
  static constexpr index max_tile = 32768;   ///< so that the count of a row in a tile has sixteen bits
  static constexpr index max_block = 32768;  ///< a row within its block has sixteen, and `no_row` is none
  static constexpr std::uint16_t no_row = 65535;
};

/// Where a strip's columns and values start, and how many steps its rows take together.
struct panel_strip {
  std::uint32_t column = 0;
  std::uint32_t value = 0;
  std::uint16_t shared = 0;  ///< columns that both rows of each pair have: one column and two values
  std::uint16_t own = 0;     ///< columns of each row beside those
  friend LACUNA_INLINE constexpr bool operator==(panel_strip const&, panel_strip const&) noexcept = default;
};

/// A row of a strip.
struct panel_slot {
  std::uint16_t row = panel_layout::no_row;  ///< within its block; `no_row` where the block has no row for the place
  std::uint16_t rest = 0;                    ///< columns beyond those of the strip's common steps
  friend LACUNA_INLINE constexpr bool operator==(panel_slot const&, panel_slot const&) noexcept = default;
};

}  // namespace lacuna

namespace lacuna::detail {

/// How a panel matrix is cut: blocks of rows, tiles of columns, strips of rows of a block.
struct panel_grid {
  index rows = 0;
  index cols = 0;
  index strip_height = 2;
  index tile = 64;
  index block = 256;

  [[nodiscard]] LACUNA_INLINE constexpr index blocks() const noexcept { return rows / block + (rows % block != 0); }
  [[nodiscard]] LACUNA_INLINE constexpr index tiles() const noexcept { return cols / tile + (cols % tile != 0); }
  /// Rows of a block, columns of a tile: fewer at the edge.
  [[nodiscard]] LACUNA_INLINE constexpr index height(index b) const noexcept {
    auto const left = rows - b * block;
    return left < block ? left : block;
  }
  [[nodiscard]] LACUNA_INLINE constexpr index width(index t) const noexcept {
    auto const left = cols - t * tile;
    return left < tile ? left : tile;
  }
  /// Strips of each cell of a block.
  [[nodiscard]] LACUNA_INLINE constexpr index strips(index b) const noexcept {
    return (height(b) + strip_height - 1) / strip_height;
  }
  /// The number of a cell's first strip.
  [[nodiscard]] LACUNA_INLINE constexpr index first_strip(index b, index t) const noexcept {
    return b * tiles() * (block / strip_height) + t * strips(b);
  }
  [[nodiscard]] LACUNA_INLINE constexpr index strips() const noexcept {
    auto const b = blocks();
    return b == 0 ? 0 : first_strip(b - 1, tiles());
  }
  friend LACUNA_INLINE constexpr bool operator==(panel_grid const&, panel_grid const&) noexcept = default;
};

/// Columns and values that a strip takes up; `slots` are those of its rows, `height` how many.
struct panel_extent {
  index columns = 0;
  index values = 0;
};
[[nodiscard]] LACUNA_INLINE constexpr panel_extent extent_of(panel_strip const& strip, panel_slot const* slots,
                                                             index height) noexcept {
  panel_extent e{strip.shared * (height / 2) + strip.own * height, (strip.shared + strip.own) * height};
  for (index h = 0; h != height; ++h) {
    e.columns += slots[h].rest;
    e.values += slots[h].rest;
  }
  return e;
}

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// 1, 2, 4 or 8.
[[nodiscard]] constexpr bool is_strip_height(index h) noexcept { return h == 1 || h == 2 || h == 4 || h == 8; }

/// Throws format_error if a matrix cut like this has more places for rows than can be counted.
inline void check_panel_size(char const* who, panel_grid const& grid) {
  static_cast<void>(checked_multiply(checked_add(grid.rows, grid.block, who), grid.tiles(), who));
}

/// Strip height and tile of columns that go together.
struct panel_tile {
  index strip_height;
  index tile;
};

/// Bytes of sums that kernel/spmm/panel.hpp holds in registers: 1024 with AVX-512, 256 with AVX2 and on 64-bit Arm, 128
/// with SSE2.
inline constexpr index panel_sums = (registers.count >= 32 ? 16 : 8) * registers.bytes;

/// What is best where registers hold few sums. Each row of a strip should have as many columns in registers as there
/// are tokens, or X and A are read more often than they need be: two rows have 32 floats of 256 bytes, four 16,
/// eight 8. What is best for 23 layers of DLMC with AVX2 is within 2 % of this at 8, 16, 24, 32, 64 and 128 tokens, 4
/// at 512; it takes 32 columns in 0.61 of the time of the choices for AVX-512. So few columns leave room for many rows
/// of X in L1.
[[nodiscard]] constexpr panel_tile choose_short_panel_tile(double density, index tokens, index sums) noexcept {
  auto const fits = [&](index height) { return tokens > 0 && 8 * tokens * height <= 3 * sums; };  // 1.5 times over
  index const height = fits(8) ? 8 : fits(4) ? 4 : 2;
  return {height, height > 2 || density < 0.03 || sums < 256 ? 512 : 256};
}

/// What is best on Zen 5 for more than 48 tokens, or nobody knows how many; docs/panel_choice_zen5.md shows it beside
/// others. L2 and L3 answer so soon there that four
/// rows in four registers read tiles of 256 columns as fast as eight rows in two elsewhere, and pairs of rows in eight
/// registers those of 64. 512 tokens, beside what `choose_panel_tile` says for others: 512x512 at 50, 70, 90, 95 %
/// sparsity 75, 66, 48, 39 % of the peak, not 71, 63, 45, 37; 512x2048 at 90 % 47, not 43; at 95 % it takes 0.91 of the
/// time, 1024x256 0.90, 2048x512 at 98 % 0.93.
[[nodiscard]] constexpr panel_tile choose_zen_panel_tile(index rows, double density, index tokens) noexcept {
  auto const reads = density * static_cast<double>(rows);  // of each row of X
  bool const copied = tokens > 128 && reads > 16;
  index const height = copied || rows >= 1024 ? 4 : 2;
  if (density < 0.03) return {reads <= 48 ? 2 : 4, 512};
  // Few rows, of which few read each row of X: 128x1152 copies it for narrow strips 0.85 times as long as it reads it.
  if (density < 0.07 && height == 2 && tokens > 256 && reads > 6) return {4, 128};
  if (density < 0.07) return {height, 256};
  if (density < 0.15) return {height, 128};
  return density < 0.25 && copied ? panel_tile{4, 128} : panel_tile{2, 64};
}

/// What is best, as docs/panel_choice.md shows for AVX-512. Pairs of rows in eight registers each hold 16 sums and
/// share the most; the thinner the matrix, the more the visits to the sums and the exits of loops cost, so strips grow
/// higher and tiles wider, with fewer registers a row. Two registers of tokens need eight rows to hide the latency of
/// sums. Many tokens push X and Y through L2, and strips of fewer columns leave more room there, unless rows of X are
/// read so seldom (12 times) that pairs of rows read them in place; few tokens, where such rows stay in L2, take wide
/// tiles for the sake of fewer visits.
[[nodiscard]] constexpr panel_tile choose_panel_tile(index rows, index cols, double density, index tokens,
                                                     index sums = panel_sums, bool zen = tuned_for_zen) noexcept {
  if (sums < 1024) return choose_short_panel_tile(density, tokens, sums);
  bool const few_rows = rows < 1024;  // too few of equal count for high strips
  if (tokens > 0 && tokens <= 48) return {8, density < 0.03 ? 512 : 256};
  if (zen) return choose_zen_panel_tile(rows, density, tokens);
  auto const reads = density * static_cast<double>(rows);  // of each row of X
  if (tokens > 128 && reads > 16) {
    // One tile of 257 to 512 columns keeps sums in registers from first to last; else two registers leave room for 256.
    if (density < 0.03) return {4, 512};
    if (density < 0.07) return cols > 256 && cols <= 512 ? panel_tile{4, 512} : panel_tile{8, 256};
    if (density < 0.15 && few_rows) return {2, 256};
    if (density < 0.25 || few_rows) return {4, 128};
  }
  if (density < 0.03) return {reads <= (tokens <= 128 ? 48 : 12) ? 2 : 4, 512};
  if (density < 0.07 && few_rows && tokens > 256 && reads > 6) return {4, 128};
  if (density < 0.07 && few_rows) return {2, tokens <= 128 ? 256 : 128};
  if (density < 0.07) return {8, 256};
  if (density < 0.15) return {few_rows ? 2 : 4, 128};
  return {2, 64};
}

/// The grid for a matrix with so many slots, where the options leave the choice. Throws value_error if they ask for
/// what can't be, and format_error if the matrix is too large.
[[nodiscard]] inline panel_grid choose_panel_grid(index rows, index cols, index stored, pack_options const& options) {
  if (options.strip_height != 0 && !is_strip_height(options.strip_height))
    fail<value_error>("pack<panel>: strip_height is ", options.strip_height,
                      ", expected 1, 2, 4, 8, or 0 for a choice");
  if (options.tile < 0 || options.tile > panel_layout::max_tile)
    fail<value_error>("pack<panel>: tile is ", options.tile, ", expected 1..", panel_layout::max_tile,
                      ", or 0 for a choice");
  auto const full = static_cast<double>(rows) * static_cast<double>(cols);
  auto const density = full > 0 ? static_cast<double>(stored) / full : 0.0;
  panel_grid grid{rows, cols, 0, 0, rows < 1024 ? 128 : 256};
  auto const best = choose_panel_tile(rows, cols, density, options.tokens);
  grid.strip_height = options.strip_height != 0 ? options.strip_height : best.strip_height;
  grid.tile = options.tile != 0 ? options.tile : best.tile;
  check_panel_size("pack<panel>", grid);
  return grid;
}

/// Throws format_error unless the counts are in range, and so is the way in which they are cut.
inline void validate_panel_grid(panel_grid const& grid) {
  validate_counts("panel", grid.rows, grid.cols);
  if (!is_strip_height(grid.strip_height))
    fail<format_error>("panel: strip_height is ", grid.strip_height, ", expected 1, 2, 4 or 8");
  if (grid.tile < 1 || grid.tile > panel_layout::max_tile)
    fail<format_error>("panel: tile is ", grid.tile, ", expected 1..", panel_layout::max_tile);
  if (grid.block < 8 || grid.block > panel_layout::max_block || grid.block % 8 != 0)
    fail<format_error>("panel: block is ", grid.block, ", expected a multiple of 8 up to ", panel_layout::max_block);
  check_panel_size("panel", grid);
}

/// Throws format_error unless there are as many strips (and one more for the end) and slots as a sound grid has, the
/// first at zero, each where its predecessor ends, the last at the end of the arrays. O(strips).
inline void validate_panel_strips(panel_grid const& grid, std::span<panel_strip const> strips,
                                  std::span<panel_slot const> slots, std::size_t columns, std::size_t values) {
  auto const count = grid.strips();
  if (strips.empty() || std::cmp_not_equal(strips.size() - 1, count))
    fail<format_error>("panel: the grid has ", count, " strips and needs ", count, " + 1, got ", strips.size());
  if (std::cmp_not_equal(slots.size(), count * grid.strip_height))
    fail<format_error>("panel: ", count, " strips of ", grid.strip_height, " rows need ", count * grid.strip_height,
                       " slots, got ", slots.size());
  if (strips[0].column != 0 || strips[0].value != 0)
    fail<format_error>("panel: the first strip starts at column ", strips[0].column, ", value ", strips[0].value,
                       ", expected 0 and 0");
  for (index s = 0; s != count; ++s) {
    auto const& strip = strips.data()[s];
    auto const& next = strips.data()[s + 1];
    if (grid.strip_height == 1 && strip.shared != 0)
      fail<format_error>("panel: strip ", s, " shares ", strip.shared, " columns, expected 0 in strips of one row");
    auto const e = extent_of(strip, slots.data() + s * grid.strip_height, grid.strip_height);
    if (strip.column + e.columns != next.column || strip.value + e.values != next.value)
      fail<format_error>("panel: strip ", s, " ends at column ", strip.column + e.columns, ", value ",
                         strip.value + e.values, ", but the next starts at column ", next.column, ", value ",
                         next.value);
  }
  if (strips.back().shared != 0 || strips.back().own != 0)
    fail<format_error>("panel: the entry behind the last strip has ", strips.back().shared, " shared steps and ",
                       strips.back().own, " own, expected none");
  if (strips.back().column != columns || strips.back().value != values)
    fail<format_error>("panel: the strips end at column ", strips.back().column, ", value ", strips.back().value,
                       ", but there are ", columns, " columns and ", values, " values");
}

/// Throws format_error unless the columns of a cell lie in its tile.
inline void validate_panel_columns(panel_grid const& grid, index b, index t, panel_strip const* strips,
                                   std::uint16_t const* columns) {
  for (auto c = strips[0].column; c != strips[grid.strips(b)].column; ++c)
    if (columns[c] >= grid.width(t))
      fail<format_error>("panel: block ", b, ", tile ", t, " has column ", columns[c], ", expected columns below ",
                         grid.width(t));
}

/// Throws format_error unless the slots of a cell name each row of its block once, and places without a row are empty.
inline void validate_panel_rows(panel_grid const& grid, index b, index t, panel_strip const* strips,
                                panel_slot const* slots) {
  auto const wrong = [&](auto const&... what) { fail<format_error>("panel: block ", b, ", tile ", t, what...); };
  bool seen[panel_layout::max_block];
  std::fill(seen, seen + grid.height(b), false);
  index missing = 0;
  for (index s = 0; s != grid.strips(b); ++s)
    for (index h = 0; h != grid.strip_height; ++h) {
      auto const& slot = slots[s * grid.strip_height + h];
      if (slot.row == panel_layout::no_row) {
        if (slot.rest != 0 || strips[s].shared != 0 || strips[s].own != 0)
          wrong(": strip ", s, " has columns in place ", h, ", which has no row");
        ++missing;
        continue;
      }
      if (slot.row >= grid.height(b)) wrong(" has row ", slot.row, ", expected rows below ", grid.height(b));
      if (seen[slot.row]) wrong(" has row ", slot.row, " twice");
      seen[slot.row] = true;
    }
  if (missing != grid.strips(b) * grid.strip_height - grid.height(b))
    wrong(" leaves ", missing, " places without a row, expected ", grid.strips(b) * grid.strip_height - grid.height(b));
}

}  // namespace lacuna::detail::inline LACUNA_ISA
