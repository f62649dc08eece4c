// SPDX-License-Identifier: MIT
//
// Online softmax of a block of rows: scores of a tile of keys become weights, 64 rows side by side.
//
// Bound: 14 operations for a register of scores (the largest, a difference, eleven of the exponential function, a sum)
// on the two ports that multiply and add: 7 cycles, where the two products take (dk + dv) / 2: 11 % more at 64
// dimensions, 5.5 % at 128.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/reach.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/simd/exp_nonpositive.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/unroll.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
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
  alignas(64) A factor[attend_tile::rows];  // one divided by the mass, at the end

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
/// them to the masses. Returns a bit for each row whose top has grown: its sums of values are to shrink. What comes of
/// a row depends on its scores alone, and scores of -inf behind the last key change no bit of it. Slots that `reaches`
/// leaves out for a register of rows get weights of 0, whatever their scores: what -inf would give.
template <class Arch, class A>
[[nodiscard]] std::uint64_t attend_weigh(A* scores, index count, index rows, attend_state<A>& state,
                                         attend_reaches reaches = {}) noexcept {
  using batch_type = simd::batch<A, Arch>;
  constexpr auto lanes = static_cast<index>(batch_type::size);
  constexpr int together = simd::register_count<Arch> >= 32 ? 4 : 2;  // registers of scores
  std::uint64_t grew = 0;
  for (index i = 0; i < rows; i += lanes) {
    auto const before = batch_type::load_aligned(state.top + i);
    auto const top = simd::max(batch_type::load_aligned(state.peak + i), before);
    batch_type shrink[1] = {before - top};
    simd::exp_nonpositive(shrink);
    grew |= static_cast<std::uint64_t>((top != before).mask()) << i;
    batch_type sum[2] = {batch_type(A{0}), batch_type(A{0})};  // of even slots, of odd ones
    auto const weigh = [&](index s, auto some) LACUNA_INLINE_LAMBDA {
      constexpr int n = decltype(some)::value;
      auto* const p = scores + s * attend_tile::rows + i;
      batch_type weight[static_cast<std::size_t>(n)];
      simd::unroll<n>(
          [&](auto u) LACUNA_INLINE_LAMBDA { weight[u] = batch_type::load_aligned(p + u * attend_tile::rows) - top; });
      simd::exp_nonpositive(weight);
      simd::unroll<n>([&](auto u) LACUNA_INLINE_LAMBDA {
        weight[u].store_aligned(p + u * attend_tile::rows);
        sum[u % 2] = sum[u % 2] + weight[u];
      });
    };
    auto const leave_out = [&](index first, index last) LACUNA_INLINE_LAMBDA {
      for (index s = first; s < last; ++s) batch_type(A{0}).store_aligned(scores + s * attend_tile::rows + i);
    };
    auto const reach = reaches(i, lanes, count);  // from an odd slot on, the two sums only change places
    leave_out(0, reach.first);
    index s = reach.first;
    for (; s + together <= reach.last; s += together) weigh(s, std::integral_constant<int, together>{});
    for (; s + 2 <= reach.last; s += 2) weigh(s, std::integral_constant<int, 2>{});
    if (s < reach.last) weigh(s, std::integral_constant<int, 1>{});
    leave_out(reach.last, count);
    auto const added = sum[0] + sum[1];
    top.store_aligned(state.top + i);
    shrink[0].store_aligned(state.shrink + i);
    added.store_aligned(state.added + i);
    simd::fma(batch_type::load_aligned(state.mass + i), shrink[0], added).store_aligned(state.mass + i);
  }
  return grew;
}

/// Multiplies the sums of the rows whose bits are set, of those in use. `pitch` is a multiple of the lanes.
template <class Arch, class A>
void attend_shrink(A* sums, index pitch, index rows, std::uint64_t grew, A const* shrink) noexcept {
  using batch_type = simd::batch<A, Arch>;
  constexpr auto lanes = static_cast<index>(batch_type::size);
  for (grew &= detail::bits_below(rows); grew != 0; grew &= grew - 1) {
    index const i = std::countr_zero(grew);
    batch_type const factor(shrink[i]);
    for (index c = 0; c != pitch; c += lanes) {
      auto* const p = sums + i * pitch + c;
      (batch_type::load_aligned(p) * factor).store_aligned(p);
    }
  }
}

/// What the sums of `rows` rows are to be multiplied by at the end; 0 where nothing was seen. Returns a bit for each of
/// those.
template <class Arch, class A>
[[nodiscard]] std::uint64_t attend_factors(attend_state<A>& state, index rows) noexcept {
  using batch_type = simd::batch<A, Arch>;
  constexpr auto lanes = static_cast<index>(batch_type::size);
  batch_type const zero(A{0}), one(A{1});
  std::uint64_t empty = 0;
  for (index i = 0; i < rows; i += lanes) {
    auto const mass = batch_type::load_aligned(state.mass + i);
    auto const none = mass == zero;  // a NaN is not 0
    empty |= static_cast<std::uint64_t>(none.mask()) << i;
    simd::choose(none, zero, one / mass).store_aligned(state.factor + i);
  }
  return empty & detail::bits_below(rows);
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
