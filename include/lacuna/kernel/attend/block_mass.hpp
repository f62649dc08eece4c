// SPDX-License-Identifier: MIT
//
// The share of each row's weights that blocks of neighbouring keys have.
//
// Bound: the products of queries and keys and their exponentials once more, without those of values; then each weight
// is divided and added by itself, a load, a division and an addition to memory for a pair of query and key.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/call.hpp>
#include <lacuna/kernel/attend/key_tile.hpp>
#include <lacuna/kernel/attend/masks.hpp>
#include <lacuna/kernel/attend/row_source.hpp>
#include <lacuna/kernel/attend/scores.hpp>
#include <lacuna/kernel/attend/seen.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/kernel/attend/tile_rows.hpp>
#include <lacuna/kernel/attend/weights.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Goes through the keys of some rows once more, when it is known what all of a row's weights sum up to: the queries
/// of each block of 64 rows are in memory, and state[block] has its tops and masses.
template <class Arch, class A>
class attend_block_mass {
 public:
  attend_block_mass(attend_call<A> const& call, attend_workspace<Arch, A> const& memory, index kv_head,
                    attend_place const* place, index rows, attend_state<A>* state) noexcept
      : call_(call),
        memory_(memory),
        place_(place),
        state_(state),
        kv_head_(kv_head),
        rows_(rows),
        near_(call, memory) {}

  template <class Walk>
  void operator()(Walk walk) noexcept {
    for (index r = 0; r != rows_; ++r) std::fill_n(mass_of(r), call_.block_mass.to.dim, 0.0f);
    while (walk(slots_)) {
      stand_.find(call_, slots_, kv_head_);
      near_.load_keys(stand_, slots_.count);
      for (index first = 0, b = 0; first < rows_; first += attend_tile::rows, ++b)
        add(b, first, std::min(attend_tile::rows, rows_ - first));
    }
  }

 private:
  [[nodiscard]] float* mass_of(index row) const noexcept {
    return call_.block_mass.to.row(place_[row].head, place_[row].query);
  }
  /// The weights of a block for the tile, relative to the whole mass of each row.
  void add(index b, index first, index rows) noexcept {
    auto& state = state_[b];
    index const count = slots_.partial ? seen_.mark(call_, slots_, place_ + first, rows) : slots_.count;
    if (count == 0) return;
    A* const scores = memory_.scores();
    attend_scores<Arch>(memory_.queries(b), rows, near_.keys(), attend_along{}, count, call_.keys.dim,
                        slots_.biased ? slots_.bias : nullptr, scores, state.peak);
    if (slots_.partial) attend_mask<Arch>(scores, count, rows, seen_.of_slots(), state.peak);
    state.clear_peak();  // the tops stay
    A mass[attend_tile::rows];
    std::copy_n(state.mass, rows, mass);
    static_cast<void>(attend_weigh<Arch>(scores, count, rows, state));
    std::copy_n(mass, rows, state.mass);
    for (index p = 0; p != slots_.pieces; ++p)
      for (index k = 0; k != slots_.piece[p].count; ++k) {
        auto const& piece = slots_.piece[p];
        index const s = piece.slot + k, key = piece.ids != nullptr ? index{piece.ids[k]} : piece.first + k;
        index const column = key / call_.block_mass.keys;
        for (index i = 0; s < count && i != rows; ++i)
          if (mass[i] != A{})
            mass_of(first + i)[column] += static_cast<float>(scores[s * attend_tile::rows + i] / mass[i]);
      }
  }

  attend_call<A> const& call_;
  attend_workspace<Arch, A> const& memory_;
  attend_place const* place_;
  attend_state<A>* state_;
  index kv_head_, rows_;
  key_slots slots_;
  attend_stand stand_;
  attend_tile_rows<Arch, A> near_;
  attend_seen seen_;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
