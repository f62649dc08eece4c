// SPDX-License-Identifier: MIT
//
// Attention of a few rows: decoding, where the bytes of keys and values weigh more than arithmetic.
//
// Bound: a key of 128 dimensions and its value are 1024 bytes of float, 512 of bf16. With four rows, the query heads of
// one head of keys, they take 64 fmas, 12 operations for the sums of lanes, 4 of softmax, and 16 more to widen bf16: 40
// and 48 cycles on AVX-512, 14 and 17 ns at 2.8 GHz, or what memory does at 73 and 30 GB/s. One core reads 28 GB/s from
// the L3 cache and 17 from memory here. Reached with 32 heads over 8, from memory: 88 to 90 % of the stream with float,
// 77 to 79 with bf16, where arithmetic takes half as long as the bytes and does not hide behind them; pages of 64 keys
// 81 to 84, single keys 46 to 53: rows of 512 bytes that no prefetcher foresees.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/attend/decode_scores.hpp>
#include <lacuna/kernel/attend/decode_slots.hpp>
#include <lacuna/kernel/attend/decode_values.hpp>
#include <lacuna/kernel/attend/register_pair.hpp>
#include <lacuna/simd/exp_nonpositive.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Logits are scale * q·k + bias. See attention/policy.hpp for the other two.
template <class A>
struct decode_terms {
  A scale = 1;
  A margin = -std::numeric_limits<A>::infinity();  // of skip_below: ln(lambda)
  A settled = 0;                                   // of stop_below: tau
};

/// Online softmax over tiles of 64 keys for up to decode_most_rows rows that read the same keys. The scores of a tile
/// are taken before the values of the one before are summed up, so that what is read next is always known.
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
    return rows * (key_pair::padded(dk) + pitch(dv) + 3 * decode_keys + 2 * lanes);
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
        mass_(some_ + rows * decode_keys),
        most_(mass_ + rows * lanes) {}

  /// The query of a row: dk numbers.
  void set_query(index row, number const* q) noexcept {
    number* const to = q_ + row * key_pair::padded(dk_);
    for (index n = dk_; n != key_pair::padded(dk_); ++n) to[key_pair::place(n)] = 0;
    for (index n = 0; n != dk_; ++n) to[key_pair::place(n)] = q[n] * terms_.scale;
  }

  /// Attends to what the walk gives.
  void operator()(decode_walk<K, V>& walk) noexcept {
    clear();
    slots* now = ring_;
    slots* next = ring_ + 1;
    slots* last = ring_ + 2;
    walk.next(*now);
    walk.next(*next);
    int turn = 0;
    auto took = now->count == 0 ? verdict::skip : weigh(*now, turn, [](index) LACUNA_INLINE_LAMBDA {});
    while (now->count != 0) {
      if (took == verdict::stop) next->count = 0;
      walk.next(*last);
      auto next_took = verdict::skip;
      if (next->count != 0)
        next_took = weigh(*next, 1 - turn, [&](index j) LACUNA_INLINE_LAMBDA {
          if (took != verdict::skip)
            fetch_ahead(*next, next->key, row_bytes<K>(dk_), *now, now->value, row_bytes<V>(dv_), j);
        });
      if (next->count == 0 || next_took == verdict::stop) last->count = 0;
      auto const ahead = [&](index j) LACUNA_INLINE_LAMBDA {
        fetch_ahead(*now, now->value, row_bytes<V>(dv_), *last, last->key, row_bytes<K>(dk_), j);
      };
      if (took != verdict::skip) add_values(*now, turn, ahead);
      auto* const done = now;
      now = next;
      next = last;
      last = done;
      turn = 1 - turn;
      took = next_took;
    }
  }

  [[nodiscard]] number top(index row) const noexcept { return top_[row]; }
  [[nodiscard]] number mass(index row) const noexcept {
    return simd::reduce_add(batch::load_aligned(mass_ + row * lanes));
  }
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
  /// What becomes of a tile: its values count for nothing, or they are added, and then perhaps no more tile.
  enum class verdict { skip, take, stop };

  template <class T>
  [[nodiscard]] static constexpr index row_bytes(index dim) noexcept {
    return dim * static_cast<index>(sizeof(T));
  }

  void clear() noexcept {
    for (index r = 0; r != rows_; ++r)
      top_[r] = std::numeric_limits<number>::lowest();  // not -inf: the difference of two such is 0, of two -inf NaN
    for (index n = 0; n != rows_ * lanes; ++n) mass_[n] = 0;
    for (index n = 0; n != rows_ * pitch(dv_); ++n) sums_[n] = 0;
  }

  /// Asks for a row, four lines at a time: those too many belong to its neighbour, mostly.
  LACUNA_INLINE static void fetch(void const* row, index bytes) noexcept {
    for (index b = 0; b < bytes; b += 256) simd::prefetch_ahead<256>(row, b);
  }
  LACUNA_INLINE static void fetch_far(void const* row, index bytes) noexcept {
    for (index b = 0; b < bytes; b += 64) simd::prefetch_far(static_cast<char const*>(row) + b);
  }
  /// While row j of `now` is read, asks for the row 8 behind it, be it of `now` or of what is read next: prefetchers
  /// run ahead of the streams by themselves, but not over the border of a page or a tile (8192 keys of float: 87 % of
  /// the bandwidth without). Where the next rows stand apart, no prefetcher knows: each is asked for a tile ahead.
  template <class Now, class Next>
  LACUNA_INLINE static void fetch_ahead(slots const& now, Now const* const* rows, index bytes, slots const& next,
                                        Next const* const* next_rows, index next_bytes, index j) noexcept {
    constexpr index distance = 8;
    if (now.streams && j < decode_keys - distance) fetch(rows[j + distance], bytes);
    if (next.streams) {
      if (j >= decode_keys - distance) fetch(next_rows[j + distance - decode_keys], next_bytes);
    } else if (j < next.count) {
      fetch_far(next_rows[j], next_bytes);
    }
  }

  /// Scores of a tile, then their weights.
  template <class Ahead>
  verdict weigh(slots const& s, int turn, Ahead const& ahead) noexcept {
    number* const scores = scores_[turn];
    decode_scores<Arch>(q_, key_pair::padded(dk_), rows_, s.key, s.count, dk_, scores, ahead);
    bool const plain = !s.masked && !s.biased && s.count == decode_keys;
    for (index r = 0; r != rows_; ++r)
      (plain ? largest(scores + r * decode_keys) : finish_logits(s, r, scores + r * decode_keys))
          .store_aligned(most_ + r * lanes);
    if (terms_.margin > -std::numeric_limits<number>::infinity() && all_below()) return verdict::skip;
    bool settled = terms_.settled > 0;
    for (index r = 0; r != rows_; ++r) {
      number const added = weigh_row(r, scores + r * decode_keys, shrink_[turn][r]);
      settled = settled && added < terms_.settled * (mass(r) - added);
    }
    return settled ? verdict::stop : verdict::take;
  }

  [[nodiscard]] static batch largest(number const* scores) noexcept {
    batch most = batch::load_aligned(scores);
    for (index j = lanes; j != decode_keys; j += lanes) most = simd::max(most, batch::load_aligned(scores + j));
    return most;
  }

  /// Shifts the scores of a row, sets those that it does not see to -inf, and returns the largest of each
  /// lane.
  batch finish_logits(slots const& s, index row, number* scores) const noexcept {
    auto const word = s.masked ? s.word[row] : first_bits(s.count);
    batch const nothing(-std::numeric_limits<number>::infinity());
    batch most = nothing;
    for (index j = 0; j != decode_keys; j += lanes) {
      auto logit = batch::load_aligned(scores + j);
      if (s.biased) logit += bias(s, j);
      logit = simd::choose_lanes(word >> j, logit, nothing);
      logit.store_aligned(scores + j);
      most = simd::max(most, logit);
    }
    return most;
  }
  [[nodiscard]] static batch bias(slots const& s, index j) noexcept {
    if constexpr (std::same_as<number, float>) {
      return batch::load_aligned(s.bias + j);
    } else {
      alignas(batch) number lane[static_cast<std::size_t>(lanes)];
      for (index l = 0; l != lanes; ++l) lane[l] = s.bias[j + l];
      return batch::load_aligned(lane);
    }
  }

  [[nodiscard]] bool all_below() const noexcept {
    for (index r = 0; r != rows_; ++r)
      if (!simd::all(batch::load_aligned(most_ + r * lanes) - batch(top_[r]) < batch(terms_.margin))) return false;
    return true;
  }

  /// Weights of a row from its logits, and what its sums so far are to be multiplied by. Most tiles hold
  /// no larger logit than those before: one comparison instead of a reduction. Returns the sum of the weights if
  /// stop_below asks for it.
  number weigh_row(index row, number* scores, number& shrink) noexcept {
    auto const most = batch::load_aligned(most_ + row * lanes);
    shrink = 1;
    if (simd::any(most > batch(top_[row]))) {
      number const top = simd::reduce_max(most);
      batch less[1] = {batch(top_[row] - top)};
      simd::exp_nonpositive(less);
      shrink = less[0].get(0);
      top_[row] = top;
    }
    batch const top(top_[row]);
    batch added(number{0});
    for (index j = 0; j != decode_keys; j += 4 * lanes) {
      batch weight[4];
      simd::unroll<4>([&](auto n)
                          LACUNA_INLINE_LAMBDA { weight[n] = batch::load_aligned(scores + j + n * lanes) - top; });
      simd::exp_nonpositive(weight);
      simd::unroll<4>([&](auto n) LACUNA_INLINE_LAMBDA {
        weight[n].store_aligned(scores + j + n * lanes);
        added += weight[n];
      });
    }
    simd::fma(batch::load_aligned(mass_ + row * lanes), batch(shrink), added).store_aligned(mass_ + row * lanes);
    return terms_.settled > 0 ? simd::reduce_add(added) : number{0};
  }

  template <class Ahead>
  void add_values(slots const& s, int turn, Ahead const& ahead) noexcept {
    if (!s.masked) {
      decode_values<Arch>({scores_[turn], shrink_[turn]}, rows_, s.value, s.count, dv_, sums_, pitch(dv_), ahead);
      return;
    }
    for (index j = 0; j != s.count; ++j) ahead(j);
    for (index r = 0; r != rows_;) {
      index end = r + 1;
      while (end != rows_ && s.word[end] == s.word[r]) ++end;
      add_seen_values(s, turn, r, end);
      r = end;
    }
  }

  /// Rows [first, last) see the same keys: a value that they do not see is left out, not weighed with 0, for it may be
  /// Inf or NaN.
  void add_seen_values(slots const& s, int turn, index first, index last) noexcept {
    V const* value[decode_keys];
    index count = 0;
    for (index j = 0; j != s.count; ++j) {
      if ((s.word[first] >> j & 1u) == 0) continue;
      value[count] = s.value[j];
      for (index r = first; r != last; ++r) some_[r * decode_keys + count] = scores_[turn][r * decode_keys + j];
      ++count;
    }
    decode_values<Arch>({some_ + first * decode_keys, shrink_[turn] + first}, last - first, value, count, dv_,
                        sums_ + first * pitch(dv_), pitch(dv_), [](index) LACUNA_INLINE_LAMBDA {});
  }

  index rows_, dk_, dv_;
  decode_terms<number> terms_;
  number* q_;          // rows of pairs, zeros behind the last number
  number* sums_;       // of weight * value
  number* scores_[2];  // rows of 64, then their weights
  number* some_;       // weights of the keys that some rows see
  number* mass_;       // sums of weights, lane by lane
  number* most_;       // largest logits of a tile, lane by lane
  number top_[decode_most_rows];
  number shrink_[2][decode_most_rows];
  slots ring_[3];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
