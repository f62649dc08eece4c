// SPDX-License-Identifier: MIT
//
// The rows of keys and values of a tile: where they stand, and as rows that the products read.
//
// Bound: rows of the type of the sums are not touched. Others are read and written once for a tile, dk + dv numbers a
// key, which each query of the unit meets with as many multiply-adds.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/call.hpp>
#include <lacuna/kernel/attend/key_tile.hpp>
#include <lacuna/kernel/attend/row_source.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/masked.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Where the rows of a tile stand; found one tile ahead, so that they can be fetched meanwhile.
struct attend_stand {
  of_slots<void const*> key, value;

  template <class A>
  void find(attend_call<A> const& call, key_slots const& slots, index kv_head) noexcept {
    for (index p = 0; p != slots.pieces; ++p) {
      auto const& piece = slots.piece[p];
      attend_pick const pick{kv_head, piece.ids, piece.first, piece.count};
      call.keys.addresses(call.keys.source, pick, key.slot + piece.slot);
      if (call.values.dim != 0) call.values.addresses(call.values.source, pick, value.slot + piece.slot);
    }
    key.close(slots.count);
    if (call.values.dim != 0) value.close(slots.count);
  }
};

/// Rows of A: where they stand, or converted to the rooms of a worker's memory.
template <class Arch, class A>
class attend_tile_rows {
 public:
  attend_tile_rows(attend_call<A> const& call, attend_workspace<Arch, A> const& memory) noexcept
      : call_(call), memory_(memory) {}

  void load_keys(attend_stand const& at, index count) noexcept {
    load(call_.keys, at.key, count, memory_.keys(), memory_.depth(), keys_);
  }
  /// To the room of the keys, which are no longer needed, if `over_keys` and they fit: it is in the L1 cache.
  void load_values(attend_stand const& at, index count, bool over_keys) noexcept {
    bool const over = over_keys && !call_.keys.in_place() && memory_.pitch() <= memory_.depth();
    load(call_.values, at.value, count, over ? memory_.keys() : memory_.values(), memory_.pitch(), values_);
    find_tails(count);
  }

  [[nodiscard]] A const* const* keys() const noexcept { return keys_.slot; }
  [[nodiscard]] A const* const* values() const noexcept { return values_.slot; }
  /// The last columns of the values, which fill no register, with zeros behind them.
  [[nodiscard]] A const* const* tails() const noexcept { return tails_; }

 private:
  static void load(attend_rows<A> const& from, of_slots<void const*> const& at, index count, A* room, index pitch,
                   of_slots<A const*>& to) noexcept {
    if (from.in_place()) {
      for (index s = 0; s != to.size; ++s) to.slot[s] = static_cast<A const*>(at.slot[s]);
    } else {
      from.load(from.source, at.slot, count, room, pitch);
      for (index s = 0; s != count; ++s) to.slot[s] = room + s * pitch;
      to.close(count);
    }
  }
  void find_tails(index count) noexcept {
    constexpr index lanes = attend_workspace<Arch, A>::lanes;
    index const whole = call_.values.dim / lanes * lanes, rest = call_.values.dim - whole;
    if (rest == 0) return;
    for (index s = 0; s != count; ++s) {
      tails_[s] = values_.slot[s] + whole;
      if (!call_.values.in_place()) continue;
      auto* const to = memory_.tails() + s * lanes;
      simd::masked<Arch, A>::load(tails_[s], simd::first_lanes(rest)).store_aligned(to);
      tails_[s] = to;
    }
  }

  attend_call<A> const& call_;
  attend_workspace<Arch, A> const& memory_;
  of_slots<A const*> keys_, values_;
  A const* tails_[attend_tile::keys];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
