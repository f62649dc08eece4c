// SPDX-License-Identifier: MIT
//
// Goes through the keys that a tile of queries meets, 64 at a time: those of a plan, or of a pattern as it is asked.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/key_tile.hpp>
#include <lacuna/kernel/attend/tile.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The runs of one row of a plan, then its tokens, in order: 64 keys at a time, however short the runs.
class plan_walk {
 public:
  plan_walk(attention::plan_view const& plan, index row) noexcept
      : runs_(plan.runs_of(row)), tokens_(plan.tokens_of(row)), token_bias_(plan.token_bias_of(row)) {}

  /// The next keys; false where there are none left.
  bool operator()(key_slots& to) noexcept {
    to.clear();
    for (; run_ != runs_.size() && to.room() != 0; advance(runs_[run_].count)) {
      auto const& r = runs_[run_];
      index const n = std::min<index>(r.count - done_, to.room());
      if (n == 0) continue;
      for (index s = 0; s != n; ++s) to.bias[to.count + s] = r.bias;
      to.biased = to.biased || r.bias != 0;
      to.add(nullptr, r.first + done_, n, r.partial);
      done_ += n;
    }
    auto const left = static_cast<index>(tokens_.size()) - token_;
    if (run_ == runs_.size() && left != 0 && to.room() != 0) {
      index const n = std::min(left, to.room());
      for (index s = 0; s != n; ++s) {
        float const bias = token_bias_.empty() ? 0.0f : token_bias_[static_cast<std::size_t>(token_ + s)];
        to.bias[to.count + s] = bias;
        to.biased = to.biased || bias != 0;
      }
      to.add(tokens_.data() + token_, 0, n, false);
      token_ += n;
    }
    if (to.count == 0) return false;
    for (index s = 0; s != attend_tile::spare; ++s)  // the last key is repeated, too: it must not raise a peak
      to.bias[to.count + s] = to.bias[to.count - 1];
    return true;
  }

 private:
  void advance(index count) noexcept {
    if (done_ != count) return;
    ++run_;
    done_ = 0;
  }

  std::span<attention::run const> runs_;
  std::span<std::int32_t const> tokens_;
  std::span<float const> token_bias_;
  std::size_t run_ = 0;
  index done_ = 0;   // keys of the run at hand
  index token_ = 0;  // tokens gone through
};

/// A pattern as the kernel sees it, whatever its type.
struct pattern_of_heads {
  void const* pattern = nullptr;
  /// The tile for all of `heads` heads from its own on.
  attention::cover (*classify)(void const* pattern, attention::tile t, index heads) noexcept = nullptr;
};

template <attention::pattern P>
attention::cover classify_heads(void const* pattern, attention::tile t, index heads) noexcept {
  auto const& p = *static_cast<P const*>(pattern);
  auto const first = p.classify(t);
  if constexpr (detail::asks_head<P>)
    for (index h = 1; h < heads; ++h) {
      auto other = t;
      other.head += h;
      if (attention::alike(p, t.head, other.head)) continue;
      if (first == attention::cover::partial || p.classify(other) != first) return attention::cover::partial;
    }
  return first;
}

/// The keys of a pattern in tiles that begin at multiples of 64, so that what a query sees is cut into the same tiles
/// whichever queries come with it.
class pattern_walk {
 public:
  /// Queries of `heads` heads from `head` on, which stand at [first, last), against `keys` keys.
  pattern_walk(pattern_of_heads pattern, index first, index last, index keys, index head, index heads) noexcept
      : pattern_(pattern), tile_{first, last, 0, 0, head}, heads_(heads), keys_(keys) {}

  bool operator()(key_slots& to) noexcept {
    to.clear();
    while (key_ < keys_) {
      if (key_ % far == 0 && cover_of(far) == attention::cover::none) {
        key_ += far;
        continue;
      }
      auto const cover = cover_of(attend_tile::keys);
      index const first = key_;
      key_ += attend_tile::keys;
      if (cover == attention::cover::none) continue;
      to.add(nullptr, first, std::min(attend_tile::keys, keys_ - first), cover == attention::cover::partial);
      return true;
    }
    return false;
  }

 private:
  static constexpr index far = 32 * attend_tile::keys;  // keys that are skipped with one question

  [[nodiscard]] attention::cover cover_of(index count) noexcept {
    tile_.k0 = key_;
    tile_.k1 = std::min(key_ + count, keys_);
    return pattern_.classify(pattern_.pattern, tile_, heads_);
  }

  pattern_of_heads pattern_;
  attention::tile tile_;
  index heads_;
  index keys_;
  index key_ = 0;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
