// SPDX-License-Identifier: MIT
//
// Near blocks, and stripes of blocks at equal distances, shifted from head to head.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <cstdint>

namespace lacuna::attention {

/// Positions are cut into blocks. A query sees the last `local` blocks up to its own, and every block c for which
/// c + 1 + head * shift is a multiple of `stride`: with shift = 1 and `stride` heads or more, each block is a stripe of
/// some head, so that the heads together see everything. It looks ahead where stripes do: write causal{} &
/// strided{...}. Source: X. Lin et al., "S2-Attention: Hardware-Aware Context Sharding Among Attention Heads", 2024
/// (DKernel).
struct strided {
  index block = 64;  ///< positions in a block
  index local = 16;  ///< blocks up to the query's own, that one included
  index stride = 8;  ///< blocks from one stripe to the next; 0: no stripes
  index shift = 0;   ///< blocks that the stripes of a head are before those of the head before

  [[nodiscard]] LACUNA_INLINE cover classify(tile t) const noexcept {
    return lacuna::detail::classify_by_runs(*this, t);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j, index head) const noexcept {
    index const back = block_of(i) - block_of(j);
    return (back >= 0 && back < local) || next_stripe(block_of(j), head) == block_of(j);
  }
  /// O(64 / (block * stride)).
  [[nodiscard]] LACUNA_INLINE constexpr std::uint64_t word(index i, index first, index count,
                                                           index head) const noexcept {
    index const own = block_of(i);
    auto word = bits(own - near_blocks() + 1, own + 1, first, count);
    for (index c = next_stripe(block_of(first), head); c * block < first + count; c = next_stripe(c + 1, head))
      word |= bits(c, c + 1, first, count);
    return word;
  }
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    index next = t.k0;
    for (index c = next_stripe(block_of(t.k0), t.head); c * block < t.k1; c = next_stripe(c + 1, t.head)) {
      if (next < c * block) near(t, next, c * block, sink);
      index const last = (c + 1) * block < t.k1 ? (c + 1) * block : t.k1;
      sink(c * block < t.k0 ? t.k0 : c * block, last, cover::full);
      next = last;
    }
    if (next < t.k1) near(t, next, t.k1, sink);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool alike(index g, index h) const noexcept {
    return g == h || stride == 0 || (g - h) * shift % stride == 0;
  }
  /// Throws value_error for a block below 1, negative counts, or a block, stride or shift beyond 2^30, with which
  /// positions of blocks would not fit their type. `local` may be any number.
  LACUNA_INLINE void validate(shape) const {
    constexpr index most = index{1} << 30;
    if (block < 1 || block > most)
      lacuna::detail::fail<value_error>("strided: blocks of ", block, " positions, expected 1 to 2^30");
    if (local < 0 || stride < 0 || shift < 0 || stride > most || shift > most)
      lacuna::detail::fail<value_error>("strided: local ", local, ", stride ", stride, ", shift ", shift,
                                        ", expected none below 0, stride and shift up to 2^30");
  }

 private:
  [[nodiscard]] LACUNA_INLINE constexpr index block_of(index x) const noexcept {
    return x >= 0 ? x / block : (x + 1) / block - 1;
  }
  /// The first stripe from block c >= 0 on; beyond all keys where there is none.
  [[nodiscard]] LACUNA_INLINE constexpr index next_stripe(index c, index head) const noexcept {
    constexpr index never = index{1} << 32;
    if (stride == 0) return never;
    index const rest = (c + 1 + head * shift) % stride;
    return rest == 0 ? c : c + stride - rest;
  }
  /// `local`, or as many blocks as no sequence has.
  [[nodiscard]] LACUNA_INLINE constexpr index near_blocks() const noexcept {
    constexpr index most = index{1} << 32;
    return local < most ? local : most;
  }
  /// Bits of blocks [b0, b1).
  [[nodiscard]] LACUNA_INLINE constexpr std::uint64_t bits(index b0, index b1, index first,
                                                           index count) const noexcept {
    index const to = b1 * block - first;
    return lacuna::detail::bits_between(b0 * block - first, to < count ? to : count);
  }
  /// The near blocks among keys [from, to).
  LACUNA_INLINE void near(tile t, index from, index to, run_sink sink) const {
    if (local == 0) return;
    index const b0 = block_of(t.q0), b1 = block_of(t.q1 - 1);
    auto const put = [&](index first, index last, cover how) LACUNA_INLINE_LAMBDA {
      first = first * block < from ? from : first * block;
      last = last * block < to ? last * block : to;
      if (first < last) sink(first, last, how);
    };
    index const all = b1 - near_blocks() + 1;  // the first that all see, if there are any
    if (all > b0) return put(b0 - near_blocks() + 1, b1 + 1, cover::partial);
    put(b0 - near_blocks() + 1, all, cover::partial);
    put(all, b0 + 1, cover::full);
    put(b0 + 1, b1 + 1, cover::partial);
  }
};

}  // namespace lacuna::attention
