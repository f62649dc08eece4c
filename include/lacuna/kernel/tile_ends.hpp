// SPDX-License-Identifier: MIT
//
// Where the slots of rows of CSR leave each tile of columns, found before the rows are multiplied.
//
// Why before: who compares columns while it multiplies learns that a tile has ended from a load that waits behind those
// of X, and what was to come next has to be thrown away. Nor may a register say it then: on Zen 5 whatever moves from
// there to an address or a branch waits for the multiply-adds before it.
//
// Bound: for each register of columns two loads, a comparison, a move to a counter and a compression, for each tile a
// load and a store. Reached on Zen 5, tiles of 64 columns at 80 % sparsity: 6.5 cycles a tile and row, where its slots
// take 56.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/isa.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The ends of slots of up to 256 rows in up to 16 tiles of 2^shift columns. Slots are counted from the block's first.
template <class Arch>
class tile_ends {
 public:
  static constexpr index most_rows = 256;
  static constexpr index most_tiles = 16;
  static constexpr index spare = 16;  ///< rows behind the last that may be asked for: a slot of the block, or 0

  /// A block of rows whose offsets are offsets[0 .. rows]; `left` columns are left to read from its first slot on.
  template <std::integral Offset>
  LACUNA_INLINE tile_ends(Offset const* offsets, index rows, index left) noexcept : rows_(rows), left_(left) {
    LACUNA_ASSERT(rows <= most_rows);
    for (index r = 0; r != rows; ++r) end_[0][r] = static_cast<std::uint32_t>(offsets[r] - offsets[0]);
    for (auto& tile : end_)
      for (index r = rows; r != rows + spare; ++r) tile[r] = 0;
  }

  /// All slots are in one tile.
  template <std::integral Offset>
  void take_all(Offset const* offsets) noexcept {
    for (index r = 0; r != rows_; ++r) end_[1][r] = static_cast<std::uint32_t>(offsets[r + 1] - offsets[0]);
  }
  /// Goes on to `tiles` tiles from tile `first` on, the one behind those that were found before.
  template <std::integral Offset, std::integral I>
  void find(Offset const* offsets, I const* columns, index first, index tiles, int shift) noexcept {
    LACUNA_ASSERT(0 < tiles && tiles <= most_tiles);
    for (index r = 0; r != rows_; ++r) {
      auto const begin = end_[tiles_][r];
      auto const end = static_cast<std::uint32_t>(offsets[r + 1] - offsets[0]);
      alignas(batch_type) std::uint32_t found[static_cast<std::size_t>(most_tiles + 2 * lanes)];
      auto const n = changes(columns, begin, end, tiles, shift, found);
      end_[0][r] = begin;
      auto const last = static_cast<std::uint32_t>(first + tiles - 1);
      if (n >= tiles && tile_of(columns, found[tiles - 1] - 1, shift) == last) [[likely]]
        for (index t = 0; t != tiles; ++t) end_[t + 1][r] = found[t];
      else
        spread(columns, begin, static_cast<std::uint32_t>(first), tiles, shift, found, n, r);
    }
    tiles_ = tiles;
  }

  /// Where the first slot of row r in tile t of those that were found last stands, and behind it those of the next
  /// rows; `to_end` further the first slot behind the tile.
  [[nodiscard]] LACUNA_INLINE std::uint32_t const* begin(index t, index r) const noexcept { return end_[t] + r; }
  static constexpr index to_end = most_rows + spare;

 private:
  using batch_type = simd::batch<std::uint32_t, Arch>;
  static constexpr index lanes = static_cast<index>(batch_type::size);

  template <class I>
  [[nodiscard]] LACUNA_INLINE static std::uint32_t tile_of(I const* columns, std::uint32_t slot, int shift) noexcept {
    return static_cast<std::uint32_t>(columns[slot]) >> shift;
  }
  template <class I>
  [[nodiscard]] LACUNA_INLINE static batch_type load(I const* columns) noexcept {
    if constexpr (sizeof(I) == 4) {
      return batch_type::load_unaligned(reinterpret_cast<std::uint32_t const*>(columns));
    } else {
      alignas(batch_type) std::uint32_t wide[batch_type::size];
      for (index l = 0; l != lanes; ++l) wide[l] = static_cast<std::uint32_t>(columns[l]);
      return batch_type::load_aligned(wide);
    }
  }

  /// Lists the slots of begin .. end that are the first of a tile or stand at the end, but not the first slot, until
  /// there are `tiles`. Returns how many there are; where the row has slots left, at least one.
  template <class I>
  [[nodiscard]] LACUNA_INLINE index changes(I const* columns, std::uint32_t begin, std::uint32_t end, index tiles,
                                            int shift, std::uint32_t* found) const noexcept {
    static constexpr auto behind = [] {
      struct {
        alignas(batch_type) std::uint32_t lane[batch_type::size];
      } of{};
      for (std::uint32_t l = 0; l != batch_type::size; ++l) of.lane[l] = l + 1;
      return of;
    }();
    auto const lane = batch_type::load_aligned(behind.lane);
    batch_type const tile(~std::uint32_t{0} << shift);
    index n = 0;
    auto at = begin;
    for (; at < end && n < tiles && left_ - at > lanes; at += static_cast<std::uint32_t>(lanes)) {
      auto const differ = ((load(columns + at) ^ load(columns + at + 1)) & tile) != batch_type(0u);
      index const pairs = end - at - 1 < static_cast<std::uint32_t>(lanes) ? index{end - at - 1} : lanes;
      auto const bits = differ.mask() & simd::first_lanes(pairs);
      simd::compress<Arch, std::uint32_t>::store(found + n, lane + batch_type(at), bits);
      n += std::popcount(bits);
    }
    for (; at + 1 < end && n < tiles; ++at)
      if (tile_of(columns, at, shift) != tile_of(columns, at + 1, shift)) found[n++] = at + 1;
    if (n < tiles && begin != end) found[n++] = end;
    return n;
  }

  /// Ends of tiles of which some have no slot in row r.
  template <class I>
  void spread(I const* columns, std::uint32_t begin, std::uint32_t first, index tiles, int shift,
              std::uint32_t const* found, index n, index r) noexcept {
    auto at = begin;
    index next = 0;
    for (index t = 0; t != tiles; ++t) {
      if (next != n && tile_of(columns, found[next] - 1, shift) == first + static_cast<std::uint32_t>(t))
        at = found[next++];
      end_[t + 1][r] = at;
    }
  }

  std::uint32_t end_[most_tiles + 1][to_end];
  index rows_;
  index left_;
  index tiles_ = 0;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
