// SPDX-License-Identifier: MIT
//
// One unit of attention: some queries of heads that share keys, against all keys that they meet.
//
// Beside its tiles of keys a unit costs the transposition of its queries. Its rows of the output are written along with
// the last tile, whose register tiles hold them anyway, and what the next unit reads and writes is fetched meanwhile.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/block_mass.hpp>
#include <lacuna/kernel/attend/call.hpp>
#include <lacuna/kernel/attend/key_tile.hpp>
#include <lacuna/kernel/attend/masks.hpp>
#include <lacuna/kernel/attend/pack_queries.hpp>
#include <lacuna/kernel/attend/row_source.hpp>
#include <lacuna/kernel/attend/scores.hpp>
#include <lacuna/kernel/attend/seen.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/kernel/attend/tile_rows.hpp>
#include <lacuna/kernel/attend/values.hpp>
#include <lacuna/kernel/attend/weights.hpp>
#include <lacuna/simd/arch.hpp>
#include <lacuna/simd/isa.hpp>

#include <math.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The C functions: std::log(float) is an inline function of the library's, of which an object file may keep a copy
/// built for another processor.
LACUNA_INLINE float attend_log(float x) noexcept { return ::logf(x); }
LACUNA_INLINE double attend_log(double x) noexcept { return ::log(x); }

/// One part after another, head by head; at most 256 rows. Tiles of keys come from outside: each is met by all blocks
/// of 64 rows, so that its rows are fetched, and converted, once.
template <class Arch, class A>
class attend_unit {
 public:
  attend_unit(attend_call<A> const& call, attend_workspace<Arch, A> const& memory) noexcept
      : call_(call), memory_(memory), near_(call, memory) {}

  /// walk(key_slots&) gives tile after tile, then false. What the next part reads first is fetched along with the last
  /// tile: its queries, its rows of the output, and the keys that peek(key_slots&) gives.
  template <class Walk, class Peek>
  void operator()(attend_part const& part, Walk walk, attend_part const* next, Peek peek) noexcept {
    begin(part);
    auto again = walk;
    bool more = walk(slots_[found_ ? 1 - now_ : now_]);
    if (more && !found_) stand_[now_].find(call_, slots_[now_], kv_head_);
    for (found_ = false; more && running_ != 0; now_ = 1 - now_) {
      int const now = now_;
      more = walk(slots_[1 - now]);
      last_ = !more;
      foreseen_ = 0;
      bool known = more;
      if (more) {
        stand_[1 - now].find(call_, slots_[1 - now], kv_head_);
      } else if (next != nullptr) {
        foresee(*next);
        found_ = known = peek(slots_[1 - now]);
        if (known) stand_[1 - now].find(call_, slots_[1 - now], next->kv_head);
      }
      fetched_ = fetches_;
      bool const goes_on = follows(slots_[now], slots_[1 - now]);
      fetches_ = known && (asks_ || !goes_on);
      keys_along_ = fetches_ && (goes_on || !has_values()) && call_.keys.in_place();
      meet();
    }
    for (index b = 0; b != blocks_; ++b) finish(b);
    if (call_.block_mass.to.data != nullptr)
      attend_block_mass<Arch, A>(call_, memory_, kv_head_, place_, rows_, state_)(again);
  }

 private:
  static constexpr index most_blocks = 4;

  struct progress {
    bool begun = false;       // sums hold something
    bool stopped = false;     // by stop_below
    bool written = false;     // rows of the output hold what there was to sum up
    std::uint64_t empty = 0;  // rows that saw nothing
  };

  /// Else there is nothing to sum up: the logarithms of the sums of weights, or the mass of blocks, are all.
  [[nodiscard]] bool has_values() const noexcept { return call_.values.dim != 0; }
  [[nodiscard]] index rows_of(index b) const noexcept {
    return std::min(attend_tile::rows, rows_ - b * attend_tile::rows);
  }
  [[nodiscard]] attend_place const* place_of(index b) const noexcept { return place_ + b * attend_tile::rows; }

  void begin(attend_part const& part) noexcept {
    bool const first = part.kv_head != kv_head_;
    kv_head_ = part.kv_head;
    rows_ = part.places(place_, most_blocks * attend_tile::rows);
    asks_ = asks_for_all(first);
    running_ = blocks_ = (rows_ + attend_tile::rows - 1) / attend_tile::rows;
    for (index b = 0; b != blocks_; ++b) {
      block_[b] = {};
      state_[b].clear();
      attend_pack_queries<Arch, A>(call_, memory_, rows_of(b), memory_.queries(b), place_of(b));
    }
  }

  /// Whether a tile of keys goes on where the one before has ended: then the processor fetches its rows by itself, and
  /// without taking the buffers that the tile at hand needs (87 instead of 84 % of peak, 128 dimensions, from L3).
  [[nodiscard]] static bool follows(key_slots const& now, key_slots const& next) noexcept {
    if (now.count == 0 || next.pieces != 1 || next.piece[0].ids != nullptr) return false;
    auto const& last = now.piece[now.pieces - 1];
    return last.ids == nullptr && last.first + last.count == next.piece[0].first;
  }

  /// Whether keys are asked for that the processor fetches by itself as well. Zen 5: rows that are converted come from
  /// memory 1.1 to 1.7 times as fast so, and no slower from L2. Keys of float that no query has met before, or that are
  /// too many to stay near: with 16 rows 1.5 to 2.4 times, with 24 to 64 1.08 to 1.2 (64 dimensions) and 0.99 to 1.07
  /// (128). From L2 and L3 16 rows would lose 3 to 7 %.
  [[nodiscard]] bool asks_for_all(bool first) const noexcept {
    constexpr index near = index{4} << 20;
    if (!simd::reads_in_order<Arch>) return false;
    if (!call_.keys.in_place() || !call_.values.in_place()) return true;
    return first || call_.shape.keys * (call_.keys.bytes + call_.values.bytes) > near;
  }

  /// Where the first rows of queries and outputs of the next part stand.
  void foresee(attend_part const& next) noexcept {
    attend_place place[attend_tile::rows];
    foreseen_ = next.places(place, attend_tile::rows);
    call_.queries.addresses(call_.queries.source, place, foreseen_, query_at_.slot);
    call_.out.addresses(call_.out.to, place, foreseen_, next_out_at_.slot);
    query_at_.close(foreseen_);
    next_out_at_.close(foreseen_);
  }

  void meet() noexcept {
    near_.load_keys(stand_[now_], slots_[now_].count);
    values_loaded_ = false;
    keys_asked_ = false;
    if (has_values() && call_.values.in_place()) load_values();  // no work, and they are fetched along with the scores
    for (index b = 0; b != blocks_; ++b)
      if (!block_[b].stopped) meet_block(b);
  }
  /// Late, so that what is converted is still near when it is used, and not at all if no block uses it.
  void load_values() noexcept {
    auto const& slots = slots_[now_];
    if (values_loaded_) return;
    values_loaded_ = true;
    near_.load_values(stand_[now_], slots.count, blocks_ == 1);  // a single block is done with the keys
    spoiled_ = slots.partial && !attend_all_finite<Arch>(near_.values(), slots.count, call_.values.dim);
  }

  /// With the scores of the first block the keys to come are fetched, or with those of all the values of the tile, but
  /// where 16 rows fill one register: loads are what it is short of.
  [[nodiscard]] attend_along along() const noexcept {
    constexpr auto lanes = static_cast<index>(simd::batch<A, Arch>::size);
    if (keys_along_) return {keys_asked_ ? nullptr : stand_[1 - now_].key.slot, true};
    bool const one_register = attend_one_register<Arch> && rows_ <= lanes;
    bool const fetches = has_values() && call_.values.in_place() && !fetched_ && !one_register;
    return {fetches ? stand_[now_].value.slot : nullptr, false};
  }

  void meet_block(index b) noexcept {
    auto const& slots = slots_[now_];
    auto& state = state_[b];
    index const rows = rows_of(b);
    index count = slots.count;
    if (slots.partial && (count = seen_.mark(call_, slots, place_of(b), rows)) == 0) return;
    A* const scores = memory_.scores();
    state.clear_peak();
    float const* const bias = slots.biased ? slots.bias : nullptr;
    auto const reaches = slots.partial ? seen_.reaches() : attend_reaches{};
    if (slots.partial) {
      attend_scores<Arch>(memory_.queries(b), rows, near_.keys(), along(), count, reaches, call_.keys.dim, bias, scores,
                          state.peak);
      attend_mask<Arch>(scores, count, rows, seen_.of_slots(), state.peak, reaches);
    } else {
      attend_scores<Arch>(memory_.queries(b), rows, near_.keys(), along(), count, call_.keys.dim, bias, scores,
                          state.peak);
    }
    keys_asked_ = true;
    if (call_.margin > -std::numeric_limits<A>::infinity() && attend_all_below(state, rows, call_.margin)) return;
    auto const grew = attend_weigh<Arch>(scores, count, rows, state, reaches);
    if (has_values()) {
      load_values();
      add_values(b, rows, count, grew);
    }
    block_[b].begun = true;
    if (call_.settled > 0 && attend_all_settled(state, rows, call_.settled)) {
      block_[b].stopped = true;
      --running_;
    }
  }

  void add_values(index b, index rows, index count, std::uint64_t grew) noexcept {
    auto& state = state_[b];
    A* const scores = memory_.scores();
    attend_sums<A> to{memory_.sums(b), memory_.pitch(), !block_[b].begun, grew, state.shrink, nullptr, nullptr};
    if (spoiled_) {
      if (!to.clear) attend_shrink<Arch>(to.sums, to.pitch, rows, grew, state.shrink);
      for (index i = 0; i != rows; ++i)
        attend_values_of<Arch>(seen_.of_row(i), scores + i, near_.values(), near_.tails(), count, call_.values.dim,
                               to.sums + i * to.pitch, to.clear);
      return;
    }
    if (last_ && call_.out.rows != nullptr && call_.values.dim == memory_.pitch()) {
      write_along(b, rows, to);
      block_[b].written = true;
    }
    attend_ahead ahead;
    if (fetches_) {
      if (!keys_along_) ahead.add(stand_[1 - now_].key.slot, call_.keys.bytes);
      ahead.add(stand_[1 - now_].value.slot, call_.values.bytes);
    }
    if (foreseen_ != 0) {
      ahead.add(query_at_.slot, call_.queries.bytes);
      ahead.add(next_out_at_.slot, call_.out.bytes);
    }
    attend_values<Arch>(scores, rows, near_.values(), near_.tails(), count, call_.values.dim, to, ahead,
                        slots_[now_].partial ? seen_.reaches() : attend_reaches{});
  }

  /// Has the sums, with the last tile, go to the output instead of to memory. Rows that nobody has stay in memory.
  void write_along(index b, index rows, attend_sums<A>& to) noexcept {
    block_[b].empty = attend_factors<Arch>(state_[b], rows);
    call_.out.rows(call_.out.to, place_of(b), rows, out_at_);
    for (index i = rows; i < std::min(rows + attend_tile::spare, attend_tile::rows); ++i)
      out_at_[i] = to.sums + i * to.pitch;
    to.to = out_at_;
    to.factor = state_[b].factor;
  }

  /// A mass of exactly 0 means that no key was allowed, or that all logits were -inf: the top has weight 1.
  void finish(index b) noexcept {
    auto& state = state_[b];
    auto const* const place = place_of(b);
    index const rows = rows_of(b);
    if (!block_[b].written) block_[b].empty = attend_factors<Arch>(state, rows);
    for (auto empty = block_[b].empty; empty != 0; empty &= empty - 1) {
      index const i = std::countr_zero(empty);
      auto* const sums = memory_.sums(b) + i * memory_.pitch();
      std::fill_n(sums, memory_.pitch(), A{});
      if (block_[b].written) call_.out.write(call_.out.to, place + i, 1, sums, memory_.pitch(), state.factor + i);
    }
    if (!block_[b].written) call_.out.write(call_.out.to, place, rows, memory_.sums(b), memory_.pitch(), state.factor);
    for (index i = 0; call_.lse.write != nullptr && i != rows; ++i)
      call_.lse.write(
          call_.lse.to, place[i].head, place[i].query,
          state.mass[i] == A{} ? -std::numeric_limits<A>::infinity() : state.top[i] + attend_log(state.mass[i]));
  }

  attend_call<A> const& call_;
  attend_workspace<Arch, A> const& memory_;
  attend_place place_[most_blocks * attend_tile::rows];
  index kv_head_ = -1, rows_ = 0, blocks_ = 0;
  bool asks_ = false;        // for keys and values that go on, too
  index running_ = 0;        // blocks that have not stopped
  int now_ = 0;              // which of two tiles
  bool found_ = false;       // that tile is the first one of the part to come, and its rows are found
  bool last_ = false;        // no tile comes behind this one
  bool fetches_ = false;     // the rows of the other tile, along with this one
  bool fetched_ = false;     // those of this one have been
  bool keys_along_ = false;  // the keys with the scores, so that requests are spread evenly; else with the values
  index foreseen_ = 0;       // rows of the next part
  bool values_loaded_ = false;
  bool keys_asked_ = false;  // along with scores of this tile
  bool spoiled_ = false;     // some values of a tile that not all rows see are not finite
  key_slots slots_[2];
  attend_stand stand_[2];
  attend_tile_rows<Arch, A> near_;
  attend_seen seen_;
  of_slots<void const*> query_at_;
  of_slots<void const*> next_out_at_;
  A* out_at_[attend_tile::rows];
  attend_state<A> state_[most_blocks];
  progress block_[most_blocks];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
