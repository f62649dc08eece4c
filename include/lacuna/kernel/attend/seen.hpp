// SPDX-License-Identifier: MIT
//
// What the rows of a block see of a tile of keys.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/call.hpp>
#include <lacuna/kernel/attend/key_tile.hpp>
#include <lacuna/kernel/attend/masks.hpp>
#include <lacuna/kernel/attend/reach.hpp>
#include <lacuna/kernel/attend/row_source.hpp>
#include <lacuna/kernel/attend/tile.hpp>

#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A word of 64 slots for each row, and a word of 64 rows for each slot.
class attend_seen {
 public:
  /// Asks the mask for the partial pieces of a tile, for `rows` rows, whose queries `place` tells. Returns one more
  /// than the last slot that any of them sees.
  template <class A>
  [[nodiscard]] index mark(attend_call<A> const& call, key_slots const& slots, attend_place const* place,
                           index rows) noexcept {
    std::uint64_t any = 0;
    for (index i = 0; i != attend_tile::rows; ++i) {
      of_row_[i] = i < rows ? word_of(call, slots, place[i]) : 0;
      of_slot_[i] = of_row_[i];
      any |= of_row_[i];
    }
    transpose_bits(of_slot_);
    index count = slots.count;
    while (count != 0 && (any >> (count - 1) & 1u) == 0) --count;
    return count;
  }

  /// The slots that a row sees.
  [[nodiscard]] std::uint64_t of_row(index i) const noexcept { return of_row_[i]; }
  /// From where to where rows see slots.
  [[nodiscard]] attend_reaches reaches() const noexcept { return {of_row_}; }
  /// The rows that see a slot, for each slot.
  [[nodiscard]] std::uint64_t const* of_slots() const noexcept { return of_slot_; }

 private:
  template <class A>
  [[nodiscard]] static std::uint64_t word_of(attend_call<A> const& call, key_slots const& slots,
                                             attend_place const& row) noexcept {
    index const position = row.query + call.shape.first_position();
    std::uint64_t word = 0;
    for (index p = 0; p != slots.pieces; ++p) {
      auto const& piece = slots.piece[p];
      auto const all = ~std::uint64_t{0} >> (64 - piece.count);
      auto const bits =
          piece.partial ? call.mask.word(call.mask.pattern, position, piece.first, piece.count, row.head) : all;
      word |= (bits & all) << piece.slot;
    }
    return word;
  }

  std::uint64_t of_row_[attend_tile::rows];
  std::uint64_t of_slot_[attend_tile::rows];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
