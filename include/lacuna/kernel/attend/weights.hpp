// SPDX-License-Identifier: MIT
//
// Online softmax of a block of rows: scores of a tile of keys become weights, 64 rows side by side.
//
// Bound: 14 operations for a register of scores (the largest, a difference, eleven of the exponential function, a sum)
// on the two ports that multiply and add: 7 cycles, where the two products take (dk + dv) / 2: 11 % more at 64
// dimensions, 5.5 % at 128. Reached: 8.5 cycles.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/simd/exp_nonpositive.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/unroll.hpp>

#include <limits>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The state of the softmax of a block (M. Milakov, N. Gimelshein, "Online normalizer calculation for softmax", 2018;
/// T. Dao, D. Y. Fu, S. Ermon, A. Rudra, C. Ré, "FlashAttention", 2022): each row keeps its largest logit so far, and
/// sums that are scaled down whenever it grows.
template <class A>
struct attend_state {
  alignas(64) A peak[attend_tile::rows];    // largest score of the tile at hand
  alignas(64) A top[attend_tile::rows];     // largest so far; lowest() for none: a difference of two infinities is NaN
  alignas(64) A mass[attend_tile::rows];    // sum of the weights
  alignas(64) A shrink[attend_tile::rows];  // what the sums so far are to be multiplied by
  alignas(64) A added[attend_tile::rows];   // sum of the weights of the tile at hand

  LACUNA_INLINE void clear() noexcept {
    for (index i = 0; i != attend_tile::rows; ++i) {
      top[i] = std::numeric_limits<A>::lowest();
      mass[i] = A{};
    }
  }
  LACUNA_INLINE void clear_peak() noexcept {
    for (index i = 0; i != attend_tile::rows; ++i) peak[i] = std::numeric_limits<A>::lowest();
  }
};

/// Turns the scores of `count` keys into weights e^(score - top), where top has grown to the tile's largest, and adds
/// them to the masses. Tells whether the top of any row has grown: then the sums of values are to shrink. A row's bits
/// depend on its scores alone, and scores of -inf behind the last key change none.
template <class Arch, class A>
[[nodiscard]] bool attend_weigh(A* scores, index count, index rows, attend_state<A>& state) noexcept {
  using batch_type = simd::batch<A, Arch>;
  constexpr auto lanes = static_cast<index>(batch_type::size);
  bool grew = false;
  for (index i = 0; i < rows; i += lanes) {
    auto const before = batch_type::load_aligned(state.top + i);
    auto const top = simd::max(batch_type::load_aligned(state.peak + i), before);
    auto const shrink = simd::exp_nonpositive(before - top);
    grew = grew || simd::any(top != before);
    batch_type sum[2] = {batch_type(A{0}), batch_type(A{0})};
    auto const weigh = [&](index s, auto which) LACUNA_INLINE_LAMBDA {
      auto* const p = scores + s * attend_tile::rows + i;
      auto const weight = simd::exp_nonpositive(batch_type::load_aligned(p) - top);
      weight.store_aligned(p);
      sum[which] = sum[which] + weight;
    };
    index s = 0;
    for (; s + 4 <= count; s += 4)
      simd::unroll<4>(
          [&](auto u) LACUNA_INLINE_LAMBDA { weigh(s + u, std::integral_constant<int, decltype(u)::value % 2>{}); });
    for (; s + 2 <= count; s += 2) {
      weigh(s, std::integral_constant<int, 0>{});
      weigh(s + 1, std::integral_constant<int, 1>{});
    }
    if (s != count) weigh(s, std::integral_constant<int, 0>{});
    auto const added = sum[0] + sum[1];
    top.store_aligned(state.top + i);
    shrink.store_aligned(state.shrink + i);
    added.store_aligned(state.added + i);
    simd::fma(batch_type::load_aligned(state.mass + i), shrink, added).store_aligned(state.mass + i);
  }
  return grew;
}

/// Multiplies the sums of the rows that shrink. `pitch` is a multiple of the lanes.
template <class Arch, class A>
void attend_shrink(A* sums, index pitch, index rows, A const* shrink) noexcept {
  using batch_type = simd::batch<A, Arch>;
  constexpr auto lanes = static_cast<index>(batch_type::size);
  for (index i = 0; i != rows; ++i) {
    if (shrink[i] == A{1}) continue;
    batch_type const factor(shrink[i]);
    for (index c = 0; c != pitch; c += lanes) {
      auto* const p = sums + i * pitch + c;
      (batch_type::load_aligned(p) * factor).store_aligned(p);
    }
  }
}

/// Whether the largest score of the tile is below top + margin in every row.
template <class A>
[[nodiscard]] bool attend_all_below(attend_state<A> const& state, index rows, A margin) noexcept {
  bool below = true;
  for (index i = 0; i != rows; ++i) below = below && state.peak[i] < state.top[i] + margin;
  return below;
}

/// Whether the tile added to no row more than a share `tau` of what it had before, and every row has something.
template <class A>
[[nodiscard]] bool attend_all_settled(attend_state<A> const& state, index rows, A tau) noexcept {
  bool settled = true;
  for (index i = 0; i != rows; ++i) settled = settled && state.added[i] < tau * (state.mass[i] - state.added[i]);
  return settled;
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
