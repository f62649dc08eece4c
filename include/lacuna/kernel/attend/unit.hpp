// SPDX-License-Identifier: MIT
//
// One unit of attention: some queries of heads that share keys, against all keys that they meet.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/call.hpp>
#include <lacuna/kernel/attend/key_tile.hpp>
#include <lacuna/kernel/attend/masks.hpp>
#include <lacuna/kernel/attend/pack_queries.hpp>
#include <lacuna/kernel/attend/row_source.hpp>
#include <lacuna/kernel/attend/scores.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/kernel/attend/values.hpp>
#include <lacuna/kernel/attend/weights.hpp>
#include <lacuna/simd/isa.hpp>

#include <math.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The C functions: std::log(float) is an inline function of the library's, of which an object file may keep a copy
/// built for another processor.
LACUNA_INLINE float attend_log(float x) noexcept { return ::logf(x); }
LACUNA_INLINE double attend_log(double x) noexcept { return ::log(x); }

/// One part, head by head; at most 256 rows. Tiles of keys come from outside: each is met by all blocks of 64 rows, so
/// that its rows are fetched, and converted, once.
template <class Arch, class A>
class attend_unit {
 public:
  attend_unit(attend_call<A> const& call, attend_workspace<Arch, A> const& memory, attend_part const& part) noexcept
      : call_(call),
        memory_(memory),
        kv_head_(part.kv_head),
        rows_(part.places(place_, most_blocks * attend_tile::rows)),
        blocks_((rows_ + attend_tile::rows - 1) / attend_tile::rows) {}

  /// walk(key_slots&) gives tile after tile, then false. What the next part reads first is fetched along with the last
  /// tile: its queries, its rows of the output, and the keys that peek(key_slots&) gives.
  template <class Walk, class Peek>
  void operator()(Walk walk, attend_part const* next, Peek peek) noexcept {
    begin();
    auto again = walk;
    bool more = walk(slots_[0]);
    if (more) find(0, kv_head_);
    for (int now = 0; more && running_ != 0; now = 1 - now) {
      more = walk(slots_[1 - now]);
      foreseen_ = 0;
      bool known = more;
      if (more) {
        find(1 - now, kv_head_);
      } else if (next != nullptr) {
        foresee(*next);
        known = peek(slots_[1 - now]);
        if (known) find(1 - now, next->kv_head);
      }
      fetches_ = known && !follows(slots_[now], slots_[1 - now]);
      meet(now);
    }
    for (index b = 0; b != blocks_; ++b) finish(b);
    if (call_.block_mass.to.data != nullptr) weigh_blocks(again);
  }

 private:
  static constexpr index lanes = attend_workspace<Arch, A>::lanes;
  static constexpr index most_blocks = 4;

  struct block {
    attend_state<A> state;
    bool begun = false;    // sums hold something
    bool stopped = false;  // by stop_below
  };

  [[nodiscard]] index rows_of(index b) const noexcept {
    return std::min(attend_tile::rows, rows_ - b * attend_tile::rows);
  }
  void begin() noexcept {
    running_ = blocks_;
    for (index b = 0; b != blocks_; ++b) {
      block_[b].state.clear();
      attend_pack_queries<Arch, A>(call_, memory_, rows_of(b), memory_.queries(b), place_ + b * attend_tile::rows);
    }
  }

  /// Whether a tile of keys goes on where the one before has ended: then the processor fetches its rows by itself, and
  /// without taking the buffers that the tile at hand needs (87 instead of 84 % of peak, 128 dimensions, from L3).
  [[nodiscard]] static bool follows(key_slots const& now, key_slots const& next) noexcept {
    if (now.count == 0 || next.pieces != 1 || next.piece[0].ids != nullptr) return false;
    auto const& last = now.piece[now.pieces - 1];
    return last.ids == nullptr && last.first + last.count == next.piece[0].first;
  }

  /// Where the rows of a tile stand; found one tile ahead, so that they can be fetched meanwhile.
  void find(int which, index kv_head) noexcept {
    auto const& slots = slots_[which];
    for (index p = 0; p != slots.pieces; ++p) {
      auto const& piece = slots.piece[p];
      attend_pick const pick{kv_head, piece.ids, piece.first, piece.count};
      call_.keys.addresses(call_.keys.source, pick, key_at_[which].slot + piece.slot);
      call_.values.addresses(call_.values.source, pick, value_at_[which].slot + piece.slot);
    }
    key_at_[which].close(slots.count);
    value_at_[which].close(slots.count);
  }

  /// Where the first rows of queries and outputs of the next part stand.
  void foresee(attend_part const& next) noexcept {
    attend_place place[attend_tile::rows];
    foreseen_ = next.places(place, attend_tile::rows);
    call_.queries.addresses(call_.queries.source, place, foreseen_, query_at_.slot);
    call_.out.addresses(call_.out.to, place, foreseen_, out_at_.slot);
    query_at_.close(foreseen_);
    out_at_.close(foreseen_);
  }

  /// Rows of A of the tile: where they stand, or converted to a room.
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

  void meet(int now) noexcept {
    now_ = now;
    load(call_.keys, key_at_[now], slots_[now].count, memory_.keys(), memory_.depth(), keys_);
    values_loaded_ = false;
    if (call_.values.in_place()) load_values();  // no work, and they are fetched along with the scores
    for (index b = 0; b != blocks_; ++b)
      if (!block_[b].stopped) meet_block(b);
  }
  /// Late, so that what is converted is still near when it is used, and not at all if no block uses it.
  void load_values() noexcept {
    auto const& slots = slots_[now_];
    if (values_loaded_) return;
    values_loaded_ = true;
    // A single block is done with the keys: their room is in the L1 cache.
    bool const again = blocks_ == 1 && !call_.keys.in_place() && memory_.pitch() <= memory_.depth();
    load(call_.values, value_at_[now_], slots.count, again ? memory_.keys() : memory_.values(), memory_.pitch(),
         values_);
    find_tails(slots.count);
    spoiled_ = slots.partial && !attend_all_finite<Arch>(values_.slot, slots.count, call_.values.dim);
  }

  /// The last columns of the values, which fill no register, with zeros behind them.
  void find_tails(index count) noexcept {
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

  void meet_block(index b) noexcept {
    auto const& slots = slots_[now_];
    auto& state = block_[b].state;
    index const rows = rows_of(b);
    index count = slots.count;
    if (slots.partial && (count = mark(b, rows)) == 0) return;
    A* const scores = memory_.scores();
    state.clear_peak();
    attend_scores<Arch>(memory_.queries(b), rows, keys_.slot, call_.values.in_place() ? values_.slot : keys_.slot,
                        count, call_.keys.dim, slots.biased ? slots.bias : nullptr, scores, state.peak);
    if (slots.partial) attend_mask<Arch>(scores, count, rows, seen_, state.peak);
    if (call_.margin > -std::numeric_limits<A>::infinity() && attend_all_below(state, rows, call_.margin)) return;
    auto const grew = attend_weigh<Arch>(scores, count, rows, state);
    bool const clear = !block_[b].begun;
    A* const sums = memory_.sums(b);
    if (!clear) attend_shrink<Arch>(sums, memory_.pitch(), rows, grew, state.shrink);
    load_values();
    if (spoiled_) {
      for (index i = 0; i != rows; ++i)
        attend_values_of<Arch>(words_[i], scores + i, values_.slot, tails_, count, call_.values.dim,
                               sums + i * memory_.pitch(), clear);
    } else {
      attend_ahead ahead;
      if (fetches_) {
        ahead.add(key_at_[1 - now_].slot, call_.keys.bytes);
        ahead.add(value_at_[1 - now_].slot, call_.values.bytes);
      }
      if (foreseen_ != 0) {
        ahead.add(query_at_.slot, call_.queries.bytes);
        ahead.add(out_at_.slot, call_.out.bytes);
      }
      attend_values<Arch>(scores, rows, values_.slot, tails_, count, call_.values.dim, sums, memory_.pitch(), clear,
                          ahead);
    }
    block_[b].begun = true;
    if (call_.settled > 0 && attend_all_settled(state, rows, call_.settled)) {
      block_[b].stopped = true;
      --running_;
    }
  }

  /// What each row sees of the tile, and who sees each slot. Returns one more than the last slot that is seen at all.
  [[nodiscard]] index mark(index b, index rows) noexcept {
    auto const& slots = slots_[now_];
    std::uint64_t any = 0;
    for (index i = 0; i != attend_tile::rows; ++i) {
      words_[i] = i < rows ? word_of(slots, b * attend_tile::rows + i) : 0;
      seen_[i] = words_[i];
      any |= words_[i];
    }
    transpose_bits(seen_);
    index count = slots.count;
    while (count != 0 && (any >> (count - 1) & 1u) == 0) --count;
    return count;
  }
  [[nodiscard]] std::uint64_t word_of(key_slots const& slots, index row) const noexcept {
    index const position = place_[row].query + call_.shape.first_position();
    std::uint64_t word = 0;
    for (index p = 0; p != slots.pieces; ++p) {
      auto const& piece = slots.piece[p];
      auto const all = ~std::uint64_t{0} >> (64 - piece.count);
      auto const bits = piece.partial
                            ? call_.mask.word(call_.mask.pattern, position, piece.first, piece.count, place_[row].head)
                            : all;
      word |= (bits & all) << piece.slot;
    }
    return word;
  }

  /// A mass of exactly 0 means that no key was allowed, or that all logits were -inf: the top has weight 1.
  void finish(index b) noexcept {
    auto& state = block_[b].state;
    auto const* const place = place_ + b * attend_tile::rows;
    A* const sums = memory_.sums(b);
    for (index i = 0; i != rows_of(b); ++i) {
      bool const empty = state.mass[i] == A{};
      state.shrink[i] = empty ? A{} : A{1} / state.mass[i];
      for (index c = 0; empty && c != memory_.pitch(); ++c) sums[i * memory_.pitch() + c] = A{};
    }
    call_.out.write(call_.out.to, place, rows_of(b), sums, memory_.pitch(), state.shrink);
    for (index i = 0; call_.lse.write != nullptr && i != rows_of(b); ++i)
      call_.lse.write(
          call_.lse.to, place[i].head, place[i].query,
          state.mass[i] == A{} ? -std::numeric_limits<A>::infinity() : state.top[i] + attend_log(state.mass[i]));
  }

  /// Goes through the keys once more, when it is known what all of a row's weights sum up to.
  template <class Walk>
  void weigh_blocks(Walk walk) noexcept {
    for (index r = 0; r != rows_; ++r)
      for (index c = 0; c != call_.block_mass.to.dim; ++c) mass_of(r)[c] = 0;
    for (now_ = 0; walk(slots_[0]);) {
      find(0, kv_head_);
      load(call_.keys, key_at_[0], slots_[0].count, memory_.keys(), memory_.depth(), keys_);
      for (index b = 0; b != blocks_; ++b) weigh_tile(b);
    }
  }
  void weigh_tile(index b) noexcept {
    auto const& slots = slots_[0];
    auto& state = block_[b].state;
    index const rows = rows_of(b);
    index const count = slots.partial ? mark(b, rows) : slots.count;
    if (count == 0) return;
    A* const scores = memory_.scores();
    attend_scores<Arch>(memory_.queries(b), rows, keys_.slot, keys_.slot, count, call_.keys.dim,
                        slots.biased ? slots.bias : nullptr, scores, state.peak);
    if (slots.partial) attend_mask<Arch>(scores, count, rows, seen_, state.peak);
    state.clear_peak();  // the tops stay
    A mass[attend_tile::rows];
    for (index i = 0; i != rows; ++i) mass[i] = state.mass[i];
    static_cast<void>(attend_weigh<Arch>(scores, count, rows, state));
    for (index i = 0; i != rows; ++i) state.mass[i] = mass[i];
    for (index p = 0; p != slots.pieces; ++p)
      for (index k = 0; k != slots.piece[p].count; ++k) {
        auto const& piece = slots.piece[p];
        index const s = piece.slot + k, key = piece.ids != nullptr ? index{piece.ids[k]} : piece.first + k;
        index const column = key / call_.block_mass.keys;
        for (index i = 0; s < count && i != rows; ++i)
          if (mass[i] != A{})
            mass_of(b * attend_tile::rows + i)[column] +=
                static_cast<float>(scores[s * attend_tile::rows + i] / mass[i]);
      }
  }
  [[nodiscard]] float* mass_of(index row) const noexcept {
    return call_.block_mass.to.row(place_[row].head, place_[row].query);
  }

  attend_call<A> const& call_;
  attend_workspace<Arch, A> const& memory_;
  attend_place place_[most_blocks * attend_tile::rows];
  index kv_head_, rows_, blocks_;
  index running_ = 0;     // blocks that have not stopped
  int now_ = 0;           // which of two tiles
  bool fetches_ = false;  // the rows of the other tile, along with this one
  index foreseen_ = 0;    // rows of the next part
  bool values_loaded_ = false;
  bool spoiled_ = false;  // some values of a tile that not all rows see are not finite
  key_slots slots_[2];
  of_slots<void const*> key_at_[2], value_at_[2], query_at_, out_at_;
  of_slots<A const*> keys_, values_;
  A const* tails_[attend_tile::keys];
  std::uint64_t words_[attend_tile::rows];  // slots that a row sees
  std::uint64_t seen_[attend_tile::rows];   // rows that see a slot
  block block_[most_blocks];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
