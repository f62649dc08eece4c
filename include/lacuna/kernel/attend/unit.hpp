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

/// Row r is query `query + r % queries` of head `head + r / queries`; at most 256 rows. Tiles of keys come from
/// outside: each is met by all blocks of 64 rows, so that its rows are fetched, and converted, once.
template <class Arch, class A>
class attend_unit {
 public:
  attend_unit(attend_call<A> const& call, attend_workspace<Arch, A> const& memory, index kv_head, index head,
              index heads, index query, index queries) noexcept
      : call_(call),
        memory_(memory),
        kv_head_(kv_head),
        head_(head),
        query_(query),
        queries_(queries),
        rows_(heads * queries),
        blocks_((rows_ + attend_tile::rows - 1) / attend_tile::rows) {}

  /// walk(key_slots&) gives tile after tile, then false.
  template <class Walk>
  void operator()(Walk walk) noexcept {
    begin();
    bool more = walk(slots_[0]);
    if (more) fetch(0, false);
    for (int now = 0; more; now = 1 - now) {
      more = walk(slots_[1 - now]);
      if (more) fetch(1 - now, false);
      fetch(now, true);
      meet(now, more);
      if (running_ == 0) break;
    }
    for (index b = 0; b != blocks_; ++b) finish(b);
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
  [[nodiscard]] index head_of(index row) const noexcept { return head_ + row / queries_; }
  [[nodiscard]] index query_of(index row) const noexcept { return query_ + row % queries_; }

  void begin() noexcept {
    running_ = blocks_;
    for (index b = 0; b != blocks_; ++b) {
      block_[b].state.clear();
      attend_pack_queries<Arch, A>(call_, memory_, rows_of(b), memory_.queries(b), [&](index i) LACUNA_INLINE_LAMBDA {
        index const row = b * attend_tile::rows + i;
        return attend_place{head_of(row), query_of(row)};
      });
    }
  }

  /// Finds the rows of a tile. Those that stand in memory as they are wanted are found one tile ahead, to be fetched
  /// meanwhile (`in_room` false); those that are converted have one room only.
  void fetch(int which, bool in_room) noexcept {
    auto const& slots = slots_[which];
    bool const keys = call_.keys.keys_in_place != in_room, values = call_.keys.values_in_place != in_room;
    for (index p = 0; p != slots.pieces; ++p) {
      auto const& piece = slots.piece[p];
      attend_pick const pick{kv_head_, piece.ids, piece.first, piece.count};
      if (keys)
        call_.keys.keys(call_.keys.source, pick, memory_.keys() + piece.slot * memory_.depth(), memory_.depth(),
                        keys_[which].row + piece.slot);
      if (values)
        call_.keys.values(call_.keys.source, pick, memory_.values() + piece.slot * memory_.pitch(), memory_.pitch(),
                          values_[which].row + piece.slot);
    }
    if (keys) keys_[which].close(slots.count);
    if (values) values_[which].close(slots.count);
  }

  void meet(int now, bool more) noexcept {
    auto const& slots = slots_[now];
    now_ = now;
    // What to fetch meanwhile: the next tile if it stands in memory, else this one once more.
    int const keys = more && call_.keys.keys_in_place ? 1 - now : now;
    int const values = more && call_.keys.values_in_place ? 1 - now : now;
    ahead_ = {keys_[keys].row, values_[values].row, call_.key_dim, call_.value_dim};
    find_tails(slots.count);
    bool const spoiled = slots.partial && !attend_all_finite<Arch>(values_[now].row, slots.count, call_.value_dim);
    for (index b = 0; b != blocks_; ++b)
      if (!block_[b].stopped) meet_block(b, spoiled);
  }

  /// The last columns of the values, which fill no register, with zeros behind them.
  void find_tails(index count) noexcept {
    index const whole = call_.value_dim / lanes * lanes, rest = call_.value_dim - whole;
    if (rest == 0) return;
    auto const& values = values_[now_];
    for (index s = 0; s != count; ++s) {
      tails_[s] = values.row[s] + whole;
      if (!call_.keys.values_in_place) continue;
      auto* const to = memory_.tails() + s * lanes;
      simd::masked<Arch, A>::load(tails_[s], simd::first_lanes(rest)).store_aligned(to);
      tails_[s] = to;
    }
  }

  void meet_block(index b, bool spoiled) noexcept {
    auto const& slots = slots_[now_];
    auto& state = block_[b].state;
    index const rows = rows_of(b);
    index count = slots.count;
    if (slots.partial && (count = mark(b, rows)) == 0) return;
    A* const scores = memory_.scores();
    state.clear_peak();
    attend_scores<Arch>(memory_.queries(b), rows, keys_[now_].row, values_[now_].row, count, call_.key_dim,
                        slots.biased ? slots.bias : nullptr, scores, state.peak);
    if (slots.partial) attend_mask<Arch>(scores, count, rows, seen_, state.peak);
    if (call_.margin > -std::numeric_limits<A>::infinity() && attend_all_below(state, rows, call_.margin)) return;
    bool const grew = attend_weigh<Arch>(scores, count, rows, state);
    bool const clear = !block_[b].begun;
    A* const sums = memory_.sums(b);
    if (grew && !clear) attend_shrink<Arch>(sums, memory_.pitch(), rows, state.shrink);
    if (spoiled)
      for (index i = 0; i != rows; ++i)
        attend_values_of<Arch>(words_[i], scores + i, values_[now_].row, tails_, count, call_.value_dim,
                               sums + i * memory_.pitch(), clear);
    else
      attend_values<Arch>(scores, rows, values_[now_].row, tails_, count, call_.value_dim, sums, memory_.pitch(), clear,
                          ahead_);
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
    index const position = query_of(row) + call_.shape.first_position();
    std::uint64_t word = 0;
    for (index p = 0; p != slots.pieces; ++p) {
      auto const& piece = slots.piece[p];
      auto const all = ~std::uint64_t{0} >> (64 - piece.count);
      auto const bits =
          piece.partial ? call_.mask.word(call_.mask.pattern, position, piece.first, piece.count, head_of(row)) : all;
      word |= (bits & all) << piece.slot;
    }
    return word;
  }

  /// A mass of exactly 0 means that no key was allowed, or that all logits were -inf: the top has weight 1.
  void finish(index b) noexcept {
    auto const& state = block_[b].state;
    for (index i = 0; i != rows_of(b); ++i) {
      index const row = b * attend_tile::rows + i;
      auto* const sums = memory_.sums(b) + i * memory_.pitch();
      bool const empty = state.mass[i] == A{};
      for (index c = 0; empty && c != memory_.pitch(); ++c) sums[c] = A{};
      call_.out.write(call_.out.to, head_of(row), query_of(row), sums, empty ? A{} : A{1} / state.mass[i]);
      if (call_.lse.write != nullptr)
        call_.lse.write(call_.lse.to, head_of(row), query_of(row),
                        empty ? -std::numeric_limits<A>::infinity() : state.top[i] + attend_log(state.mass[i]));
    }
  }

  attend_call<A> const& call_;
  attend_workspace<Arch, A> const& memory_;
  index kv_head_, head_, query_, queries_, rows_, blocks_;
  index running_ = 0;  // blocks that have not stopped
  int now_ = 0;        // which of two tiles
  attend_ahead<A> ahead_{};
  key_slots slots_[2];
  row_slots<A> keys_[2], values_[2];
  A const* tails_[attend_tile::keys];
  std::uint64_t words_[attend_tile::rows];  // slots that a row sees
  std::uint64_t seen_[attend_tile::rows];   // rows that see a slot
  block block_[most_blocks];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
