// SPDX-License-Identifier: MIT
//
// The scores of a block of rows against a tile of keys.
//
// The block is transposed, 64 rows side by side for each dimension, once for all keys that it meets; a key is read
// where it stands, number by number, each broadcast to the registers of the rows. So keys need no packing, wherever
// they are scattered, and what softmax does with the keys of a row goes on in lanes, without sums across a register.
//
// Bound: dk multiply-adds for each score. AVX-512, 6 keys x 64 rows in 24 registers: 10 loads for 24 multiply-adds, in
// 12 cycles that could load 24. 16 rows fill one register: 12 keys are read by the multiply-adds themselves, 13 loads
// for 12 of them, and of the keys at hand nothing is fetched along, which would cost loads as well. Reached, softmax
// and the product with the values included: what docs/performance.md says of all pairs, 82 % of the peak of
// multiply-adds for dk = dv = 64, 90 % for 128.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/key_tile.hpp>
#include <lacuna/kernel/attend/reach.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What is fetched along with scores: a row for each key, such as its value.
struct attend_along {
  void const* const* row = nullptr;  ///< closed of_slots; null: nothing
  bool far = false;                  ///< to the L2 cache, not to L1; where rows fill one register always
};

/// scores[s * 64 + i] = key s times row i, plus bias[s] unless bias is null, for `Keys` keys and N registers of rows.
/// queries[k * 64 + i] is dimension k of row i. peak[i] becomes the largest of itself and these scores; a NaN is never
/// the largest (on x86; on Arm it stays). Meanwhile `along` is fetched, and the keys behind these, but where rows fill
/// one register.
template <class Arch, int Keys, int N, class A>
void attend_scores_tile(A const* queries, A const* const* keys, attend_along along, index depth, float const* bias,
                        A* scores, A* peak) noexcept {
  using batch_type = simd::batch<A, Arch>;
  constexpr int lanes = static_cast<int>(batch_type::size);
  constexpr index pitch = attend_tile::rows;
  constexpr int line = 64 / static_cast<int>(sizeof(A));  // numbers in a line of the cache
  constexpr bool alone = attend_one_register<Arch> && N == 1;
  batch_type sum[static_cast<std::size_t>(Keys)][static_cast<std::size_t>(N)];
  A const* key[static_cast<std::size_t>(Keys)];
  simd::unroll<Keys>([&](auto s) LACUNA_INLINE_LAMBDA {
    key[s] = keys[s];
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[s][n] = batch_type(A{0}); });
  });
  auto const step = [&](index k) LACUNA_INLINE_LAMBDA {
    batch_type q[static_cast<std::size_t>(N)];
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
      q[n] = batch_type::load_aligned(queries + k * pitch + n * lanes);
      simd::pin(q[n]);
    });
    simd::unroll<Keys>([&](auto s) LACUNA_INLINE_LAMBDA {
      batch_type w(key[s][k]);
      if constexpr (!alone) simd::pin(w);
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[s][n] = simd::fma(w, q[n], sum[s][n]); });
    });
  };
  auto const fetch_along = [&](index byte) LACUNA_INLINE_LAMBDA {
    if (alone || along.far)
      simd::unroll<Keys>([&](auto s) LACUNA_INLINE_LAMBDA { simd::prefetch_far_ahead<64>(along.row[s], byte); });
    else
      simd::unroll<Keys>([&](auto s) LACUNA_INLINE_LAMBDA { simd::prefetch_ahead<1>(along.row[s], byte); });
  };
  index k = 0;
  for (; k + 4 <= depth; k += 4) {
    if (k % line == 0) {
      if constexpr (!alone)
        simd::unroll<Keys>([&](auto s) LACUNA_INLINE_LAMBDA { simd::prefetch<1>(keys[Keys + s] + k); });
      if (along.row != nullptr) fetch_along(k * static_cast<index>(sizeof(A)));
    }
    simd::unroll<4>([&](auto u) LACUNA_INLINE_LAMBDA { step(k + u); });
  }
  for (; k != depth; ++k) step(k);
  if (bias != nullptr)
    simd::unroll<Keys>([&](auto s) LACUNA_INLINE_LAMBDA {
      batch_type const b(static_cast<A>(bias[s]));
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { sum[s][n] = sum[s][n] + b; });
    });
  simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
    auto top = batch_type::load_aligned(peak + n * lanes);
    simd::unroll<Keys>([&](auto s) LACUNA_INLINE_LAMBDA {
      sum[s][n].store_aligned(scores + s * pitch + n * lanes);
      top = simd::max(sum[s][n], top);
    });
    top.store_aligned(peak + n * lanes);
  });
}

/// The same for `count` keys and `rows` rows, at most 64 of either. `keys` are closed of_slots; scores has room for
/// attend_tile::spare keys more.
template <class Arch, class A>
void attend_scores(A const* queries, index rows, A const* const* keys, attend_along along, index count, index depth,
                   float const* bias, A* scores, A* peak) noexcept {
  constexpr auto lanes = static_cast<index>(simd::batch<A, Arch>::size);
  for_each_strip<attend_widest<Arch>>(
      attend_rounded(rows, lanes), lanes, [&](index i, auto registers) LACUNA_INLINE_LAMBDA {
        constexpr int n = decltype(registers)::value;
        // A single register behind others: they have fetched those rows.
        bool const fetches = along.row != nullptr && !(attend_one_register<Arch> && n == 1 && i != 0);
        for_each_lines<attend_lines<Arch, n>>(count, [&](index s, auto lines) LACUNA_INLINE_LAMBDA {
          attend_scores_tile<Arch, decltype(lines)::value, n>(
              queries + i, keys + s, fetches ? attend_along{along.row + s, along.far} : attend_along{}, depth,
              bias != nullptr ? bias + s : nullptr, scores + s * attend_tile::rows + i, peak + i);
        });
      });
}

/// Scores of N registers of rows from row i on, for the slots of `within` that some of them see: wide tiles where both
/// halves see something, narrower ones for the rest of either. So a tile on the diagonal of a causal mask takes 5/8.
template <class Arch, int N, class A>
void attend_scores_reached(A const* queries, index i, A const* const* keys, attend_along along, attend_reach within,
                           attend_reaches reaches, index depth, float const* bias, A* scores, A* peak) noexcept {
  constexpr auto lanes = static_cast<index>(simd::batch<A, Arch>::size);
  attend_reach both = reaches(i, N * lanes, within.last) & within;
  if constexpr (N > 1) {
    constexpr index half = N / 2 * lanes;
    auto const lower = reaches(i, half, within.last) & within, upper = reaches(i + half, half, within.last) & within;
    both = lower & upper;
    if (both.empty()) both = {within.first, within.first};
    auto const rest = [&](index row, attend_reach part) {
      if (!part.empty())
        attend_scores_reached<Arch, N / 2>(queries, row, keys, along, part, reaches, depth, bias, scores, peak);
    };
    rest(i, lower & attend_reach{0, both.first});
    rest(i, lower & attend_reach{both.last, within.last});
    rest(i + half, upper & attend_reach{0, both.first});
    rest(i + half, upper & attend_reach{both.last, within.last});
  }
  if (both.empty()) return;
  for_each_lines<attend_lines<Arch, N>>(both.last - both.first, [&](index line, auto lines) LACUNA_INLINE_LAMBDA {
    index const s = both.first + line;
    attend_scores_tile<Arch, decltype(lines)::value, N>(
        queries + i, keys + s, along.row != nullptr ? attend_along{along.row + s, along.far} : attend_along{}, depth,
        bias != nullptr ? bias + s : nullptr, scores + s * attend_tile::rows + i, peak + i);
  });
}

/// The same for `rows` rows, of which not all see all slots: what none of a register sees is not computed.
template <class Arch, class A>
void attend_scores(A const* queries, index rows, A const* const* keys, attend_along along, index count,
                   attend_reaches reaches, index depth, float const* bias, A* scores, A* peak) noexcept {
  constexpr auto lanes = static_cast<index>(simd::batch<A, Arch>::size);
  for_each_strip<attend_widest<Arch>>(attend_rounded(rows, lanes), lanes,
                                      [&](index i, auto registers) LACUNA_INLINE_LAMBDA {
                                        attend_scores_reached<Arch, decltype(registers)::value>(
                                            queries, i, keys, along, {0, count}, reaches, depth, bias, scores, peak);
                                      });
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
