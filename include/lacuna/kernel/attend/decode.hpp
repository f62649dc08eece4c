// SPDX-License-Identifier: MIT
//
// Attention of a few rows: decoding, where the bytes of keys and values weigh more than arithmetic.
//
// Bound: a key of 128 dimensions and its value are 1024 bytes of float, 512 of bf16. With four rows, the query heads of
// one head of keys, they take 64 fmas, 12 operations for the sums of lanes, 4 of softmax, and 16 more to widen bf16: 40
// and 48 cycles on AVX-512, 14 and 17 ns at 2.8 GHz, or what memory does at 73 and 30 GB/s. One core reads 28 GB/s from
// the L3 cache and 17 from memory here. Arithmetic hides behind the bytes where memory never stands still: keys of a
// tile and values of the one before are read by turns, 16 at a time, and the others are under way meanwhile. Reached
// with 32 heads over 8, 128 dimensions, from memory: 85 to 92 % of the stream with float, 77 to 83 with bf16 and f16,
// pages of 64 keys 77 to 84, single keys 62 to 64, 74 to 79 from L3. A key takes 26 ns from L2, and 30 with bf16, as
// long as its bytes take to come from memory: docs/limits_attention.md.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/attend/decode_ahead.hpp>
#include <lacuna/kernel/attend/decode_scores.hpp>
#include <lacuna/kernel/attend/decode_slots.hpp>
#include <lacuna/kernel/attend/decode_softmax.hpp>
#include <lacuna/kernel/attend/decode_values.hpp>
#include <lacuna/kernel/attend/decode_walk.hpp>
#include <lacuna/kernel/attend/register_pair.hpp>
#include <lacuna/simd/isa.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Online softmax over tiles of 64 keys for up to decode_most_rows rows that read the same keys. Scores of a tile are
/// taken 16 keys at a time, by turns with sums of the values of the tile before: keys and values keep streaming in
/// together, each while the other is computed with.
template <class Arch, class K, class V>
class decode_rows {
  using key_pair = register_pair<Arch, K>;
  using value_pair = register_pair<Arch, V>;
  using batch = typename key_pair::batch;
  using slots = decode_slots<K, V>;

 public:
  static constexpr index lanes = static_cast<index>(batch::size);
  static_assert(lanes >= 2);
  using number = accumulator_t<K>;
  static_assert(std::same_as<number, accumulator_t<V>>);

  /// Elements of workspace for `rows` rows.
  [[nodiscard]] static constexpr index workspace(index rows, index dk, index dv) noexcept {
    return rows * (key_pair::padded(dk) + pitch(dv) + 3 * decode_keys) + decode_softmax<Arch, number>::workspace(rows);
  }
  /// Elements from one row of sums to the next.
  [[nodiscard]] static constexpr index pitch(index dv) noexcept { return value_pair::padded(dv); }

  /// `memory` is aligned to a register.
  decode_rows(number* memory, index rows, index dk, index dv, decode_terms<number> terms) noexcept
      : rows_(rows),
        dk_(dk),
        dv_(dv),
        terms_(terms),
        q_(memory),
        sums_(q_ + rows * key_pair::padded(dk)),
        scores_{sums_ + rows * pitch(dv), sums_ + rows * (pitch(dv) + decode_keys)},
        some_(scores_[1] + rows * decode_keys),
        softmax_(some_ + rows * decode_keys, rows, sums_, pitch(dv), terms) {}

  /// The query of a row: dk numbers.
  void set_query(index row, number const* q) noexcept {
    number* const to = q_ + row * key_pair::padded(dk_);
    for (index n = dk_; n != key_pair::padded(dk_); ++n) to[key_pair::place(n)] = 0;
    for (index n = 0; n != dk_; ++n) to[key_pair::place(n)] = q[n] * terms_.scale;
  }

  /// Attends to what the walk gives.
  void operator()(decode_walk<K, V>& walk) noexcept {
    softmax_.clear();
    slots* before = ring_;  // its values are to be added, if they count
    slots* now = ring_ + 1;
    slots* next = ring_ + 2;
    auto verdict = decode_verdict::skip;
    walk.next(*now);
    for (int turn = 0; now->count != 0 || verdict != decode_verdict::skip; turn = 1 - turn) {
      end(*next);
      if (now->count != 0) walk.next(*next);
      index const block = block_of(*now);
      for (index j = 0; j != decode_keys; j += block) {
        add_scores(*now, *next, j, block, scores_[turn]);
        if (verdict != decode_verdict::skip) add_values(*before, *now, j, block, scores_[1 - turn]);
      }
      verdict = now->count == 0 ? decode_verdict::skip : softmax_.weigh(*now, scores_[turn]);
      if (verdict == decode_verdict::stop) end(*next);
      auto* const done = before;
      before = now;
      now = next;
      next = done;
    }
  }

  [[nodiscard]] number top(index row) const noexcept { return softmax_.top(row); }
  [[nodiscard]] number mass(index row) const noexcept { return softmax_.mass(row); }
  /// Sums of weight * value of a row, in the order of registers; put_in_order brings them in that of dimensions.
  [[nodiscard]] number* sums(index row) const noexcept { return sums_ + row * pitch(dv_); }
  static void put_in_order(number* sums, index dv) noexcept {
    if constexpr (value_pair::apart)
      for (index c = 0; c < dv; c += value_pair::width) {
        auto a = batch::load_aligned(sums + c), b = batch::load_aligned(sums + c + lanes);
        value_pair::put_in_order(a, b);
        a.store_aligned(sums + c);
        b.store_aligned(sums + c + lanes);
      }
  }

 private:
  static void end(slots& tile) noexcept {
    tile.count = 0;
    tile.streams = tile.whole = false;
  }

  /// Keys between two turns. Long rows that are read in order come sooner from memory by shorter turns, though sums are
  /// then loaded and stored for 8 keys; bf16, whose arithmetic takes as long as its bytes, loses by them.
  [[nodiscard]] index block_of(slots const& now) const noexcept {
    bool const long_rows = sizeof(K) >= 4 && dk_ * static_cast<index>(sizeof(K)) >= 512;
    return decode_in_order && now.streams && long_rows ? decode_block / 2 : decode_block;
  }

  /// Addresses of a block of rows of a tile, written to `room` where the tile has none.
  template <class T>
  [[nodiscard]] LACUNA_INLINE static T const* const* rows_of(slots const& tile, T const* const* rows, index from,
                                                             index block, index dim, T const** room) noexcept {
    if (!decode_in_order || !tile.whole) return rows + from;
    for (index j = 0; j != block; ++j) room[j] = decode_row(true, rows, from + j, dim);
    return room;
  }

  /// Scores of `block` keys from key `from` on.
  void add_scores(slots const& now, slots const& next, index from, index block, number* scores) noexcept {
    if (from >= now.count) return;
    decode_ahead<K, key_pair::width> const ahead(now, now.key, from, block, next, next.key, dk_);
    K const* room[decode_block];
    auto const* const keys = rows_of(now, now.key, from, block, dk_, room);
    ahead.simplest([&](auto const& asks) LACUNA_INLINE_LAMBDA {
      decode_scores<Arch>(q_, key_pair::padded(dk_), rows_, keys, block, dk_, scores + from, asks);
    });
  }

  /// Adds the values of `block` keys from key `from` on, times their weights.
  void add_values(slots const& now, slots const& next, index from, index block, number const* weights) noexcept {
    if (from >= now.count || dv_ == 0) return;
    decode_ahead<V, value_pair::width> const ahead(now, now.value, from, block, next, next.value, dv_);
    index const count = now.count - from < block ? now.count - from : block;
    if (!now.masked) {
      V const* room[decode_block];
      auto const* const values = rows_of(now, now.value, from, block, dv_, room);
      return ahead.simplest([&](auto const& asks) LACUNA_INLINE_LAMBDA {
        decode_values<Arch>(weights + from, rows_, values, count, dv_, sums_, pitch(dv_), asks);
      });
    }
    for (index j = 0; j != count; ++j) ahead(j);
    for (index r = 0; r != rows_;) {
      auto const seen = now.word[r] >> from & first_bits(count);
      index end = r + 1;
      while (end != rows_ && (now.word[end] >> from & first_bits(count)) == seen) ++end;
      add_seen_values(now.value + from, seen, r, end, weights + from);
      r = end;
    }
  }

  /// Rows [first, last) see the same keys: a value that they do not see is left out, not weighed with 0, for it may be
  /// Inf or NaN.
  void add_seen_values(V const* const* values, std::uint64_t seen, index first, index last,
                       number const* weights) noexcept {
    V const* value[decode_block];
    index count = 0;
    for (index j = 0; j != decode_block; ++j) {
      if ((seen >> j & 1u) == 0) continue;
      value[count] = values[j];
      for (index r = first; r != last; ++r) some_[r * decode_keys + count] = weights[r * decode_keys + j];
      ++count;
    }
    decode_values<Arch>(some_ + first * decode_keys, last - first, value, count, dv_, sums_ + first * pitch(dv_),
                        pitch(dv_), nothing_ahead{});
  }

  index rows_, dk_, dv_;
  decode_terms<number> terms_;
  number* q_;          // rows of pairs, zeros behind the last number
  number* sums_;       // of weight * value
  number* scores_[2];  // rows of 64, then their weights
  number* some_;       // weights of the keys that some rows see
  decode_softmax<Arch, number> softmax_;
  slots ring_[3];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
