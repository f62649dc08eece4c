// SPDX-License-Identifier: MIT
//
// Weights of some rows from their logits, 64 keys at a time: the online softmax.
//
// Bound: 14 operations for a register of logits (largest, difference, 11 of the exponential, sum): 3.5 for a key that
// four rows meet, on AVX-512. Registers of four times the lanes go side by side, for one waits for the other.
//
// What decoding reaches with it: kernel/attend/decode.hpp, docs/limits_attention.md.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/decode_slots.hpp>
#include <lacuna/simd/exp_nonpositive.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/unroll.hpp>

#include <concepts>
#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Logits are scale * q·k + bias. See attention/policy.hpp for the other two.
template <class A>
struct decode_terms {
  A scale = 1;
  A margin = -std::numeric_limits<A>::infinity();  // of skip_below: ln(lambda)
  A settled = 0;                                   // of stop_below: tau

  [[nodiscard]] LACUNA_INLINE bool skips() const noexcept { return margin > -std::numeric_limits<A>::infinity(); }
  [[nodiscard]] LACUNA_INLINE bool stops() const noexcept { return settled > 0; }
};

/// What becomes of a tile: its values count for nothing, or they are added, and then perhaps no more tile.
enum class decode_verdict { skip, take, stop };

/// What some rows have come to so far: their largest logit, the sum of their weights against it, and their sums of
/// values, which shrink when it grows.
template <class Arch, class A>
class decode_softmax {
  using batch = simd::batch<A, Arch>;
  static constexpr auto lanes = static_cast<index>(batch::size);

 public:
  /// Elements of workspace.
  [[nodiscard]] static constexpr index workspace(index rows) noexcept { return 2 * rows * lanes; }

  /// `memory` and `sums`, rows of `pitch`, are aligned to a register.
  decode_softmax(A* memory, index rows, A* sums, index pitch, decode_terms<A> terms) noexcept
      : rows_(rows), pitch_(pitch), terms_(terms), sums_(sums), mass_(memory), most_(memory + rows * lanes) {}

  void clear() noexcept {
    for (index r = 0; r != rows_; ++r)
      top_[r] = std::numeric_limits<A>::lowest();  // not -inf: the difference of two such is 0, of two -inf NaN
    for (index n = 0; n != rows_ * lanes; ++n) mass_[n] = 0;
    for (index n = 0; n != rows_ * pitch_; ++n) sums_[n] = 0;
  }

  /// Turns the logits of a tile, rows of 64, into weights, those of keys that a row does not see into 0; but for
  /// biases, which are added here.
  decode_verdict weigh(decode_tile const& tile, A* scores) noexcept {
    bool const plain = !tile.masked && !tile.biased && tile.count == decode_keys;
    for (index r = 0; r != rows_; ++r)
      (plain ? largest(scores + r * decode_keys) : finish_logits(tile, r, scores + r * decode_keys))
          .store_aligned(most_ + r * lanes);
    if (terms_.skips() && all_below()) return decode_verdict::skip;
    bool settled = terms_.stops();
    for (index r = 0; r != rows_; ++r) {
      A const added = weigh_row(r, scores + r * decode_keys);
      settled = settled && added < terms_.settled * (mass(r) - added);
    }
    return settled ? decode_verdict::stop : decode_verdict::take;
  }

  [[nodiscard]] A top(index row) const noexcept { return top_[row]; }
  [[nodiscard]] A mass(index row) const noexcept { return simd::reduce_add(batch::load_aligned(mass_ + row * lanes)); }

 private:
  [[nodiscard]] static batch largest(A const* scores) noexcept {
    batch most = batch::load_aligned(scores);
    for (index j = lanes; j != decode_keys; j += lanes) most = simd::max(most, batch::load_aligned(scores + j));
    return most;
  }

  /// Shifts the scores of a row, sets those that it does not see to -inf, and returns the largest of each lane.
  [[nodiscard]] static batch finish_logits(decode_tile const& tile, index row, A* scores) noexcept {
    auto const word = tile.masked ? tile.word[row] : first_bits(tile.count);
    batch const nothing(-std::numeric_limits<A>::infinity());
    batch most = nothing;
    for (index j = 0; j != decode_keys; j += lanes) {
      auto logit = batch::load_aligned(scores + j);
      if (tile.biased) logit += bias(tile, j);
      logit = simd::choose_lanes(word >> j, logit, nothing);
      logit.store_aligned(scores + j);
      most = simd::max(most, logit);
    }
    return most;
  }
  [[nodiscard]] static batch bias(decode_tile const& tile, index j) noexcept {
    if constexpr (std::same_as<A, float>) {
      return batch::load_aligned(tile.bias + j);
    } else {
      alignas(batch) A lane[static_cast<std::size_t>(lanes)];
      for (index l = 0; l != lanes; ++l) lane[l] = tile.bias[j + l];
      return batch::load_aligned(lane);
    }
  }

  [[nodiscard]] bool all_below() const noexcept {
    for (index r = 0; r != rows_; ++r)
      if (!simd::all(batch::load_aligned(most_ + r * lanes) - batch(top_[r]) < batch(terms_.margin))) return false;
    return true;
  }

  /// Weights of a row from its logits. Most tiles hold no larger logit than those before: one comparison instead of a
  /// reduction. Returns the sum of the weights if stop_below asks for it.
  A weigh_row(index row, A* scores) noexcept {
    auto const most = batch::load_aligned(most_ + row * lanes);
    if (simd::any(most > batch(top_[row]))) raise(row, simd::reduce_max(most));
    batch const top(top_[row]);
    batch added(A{0});
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
    (batch::load_aligned(mass_ + row * lanes) + added).store_aligned(mass_ + row * lanes);
    return terms_.stops() ? simd::reduce_add(added) : A{0};
  }
  void raise(index row, A top) noexcept {
    batch shrink[1] = {batch(top_[row] - top)};
    simd::exp_nonpositive(shrink);
    top_[row] = top;
    (batch::load_aligned(mass_ + row * lanes) * shrink[0]).store_aligned(mass_ + row * lanes);
    for (A* p = sums_ + row * pitch_; p != sums_ + (row + 1) * pitch_; p += lanes)
      (batch::load_aligned(p) * shrink[0]).store_aligned(p);
  }

  index rows_, pitch_;
  decode_terms<A> terms_;
  A* sums_;  // of weight * value
  A* mass_;  // sums of weights, lane by lane
  A* most_;  // largest logits of a tile, lane by lane
  A top_[decode_most_rows];
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
