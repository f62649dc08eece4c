// SPDX-License-Identifier: MIT
//
// Dot products of some queries with 64 keys, each key being read once.
//
// Bound: with R x C sums in registers, (R + C) / (R C) loads for each fma, 0.5 for 4 x 4, and 3 operations a sum in a
// transposed tree, 0.19 of the fmas at d = 128 on AVX-512. Four rows take d / 16 * 4 fmas a key: 16 cycles at d = 128,
// for 512 bytes of float. With 16 registers 8 sums, 4 x 2: 0.75 loads, and a line of a key is read once; 2 x 4, whose
// second two rows read it again, took 1.2 times as long from memory (Zen 3, AVX2).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/decode_ahead.hpp>
#include <lacuna/kernel/attend/decode_slots.hpp>
#include <lacuna/kernel/attend/register_pair.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstddef>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// A pair of registers of C keys from `at` on, times those of R queries, to R x C sums. For 16 registers, which hold no
/// queries of four rows beside the sums: each goes with all keys as soon as it is loaded.
template <class Arch, int R, int C, class K, class Load, class Ask>
LACUNA_INLINE void decode_score_add(accumulator_t<K> const* q, index pitch, K const* const* keys, index at,
                                    simd::batch<accumulator_t<K>, Arch>* sum, Load const& load,
                                    Ask const& ask) noexcept {
  using pair = register_pair<Arch, K>;
  using batch = typename pair::batch;
  batch key[std::size_t{2 * C}];
  simd::unroll<C>([&](auto c) LACUNA_INLINE_LAMBDA {
    load(keys[c] + at, key[c], key[C + c]);
    ask(c, at);
    simd::pin(key[c]);
    simd::pin(key[C + c]);
  });
  simd::unroll<2 * R>([&](auto n) LACUNA_INLINE_LAMBDA {
    constexpr int r = n / 2, half = n % 2;
    auto left = batch::load_aligned(q + r * pitch + at + half * pair::lanes);
    simd::pin(left);
    simd::unroll<C>([&](auto c)
                        LACUNA_INLINE_LAMBDA { sum[r * C + c] = simd::fma(left, key[half * C + c], sum[r * C + c]); });
  });
}

/// Scores of R rows and C keys: scores[r * 64 + c], from queries as register_pair lays them out. ask(c, at) is called
/// when numbers from `at` on of key c are read, or ask.behind(half, c, at, sum) when each half of them is summed up.
template <class Arch, int R, int C, class K, class Ask>
LACUNA_INLINE void decode_score_tile(accumulator_t<K> const* q, index pitch, K const* const* keys, index dk,
                                     accumulator_t<K>* scores, Ask const& ask) noexcept {
  using pair = register_pair<Arch, K>;
  using batch = typename pair::batch;
  static_assert(R * C % 8 == 0);
  constexpr bool few = simd::register_count<Arch> == 16;
  batch sum[static_cast<std::size_t>(R * C)];
  simd::unroll<R * C>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = batch(accumulator_t<K>{0}); });
  auto const add = [&](index at, auto&& load) LACUNA_INLINE_LAMBDA {
    if constexpr (few && R > C && !asks_spaced<Ask>)
      return decode_score_add<Arch, R, C>(q, pitch, keys, at, sum, load, ask);
    batch left[std::size_t{2 * R}];
    if constexpr (decode_in_order && !asks_spaced<Ask>)
      simd::unroll<C>([&](auto c) LACUNA_INLINE_LAMBDA { ask(c, at); });
    simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
      left[2 * r] = batch::load_aligned(q + r * pitch + at);
      left[2 * r + 1] = batch::load_aligned(q + r * pitch + at + pair::lanes);
      simd::pin(left[2 * r]);
      simd::pin(left[2 * r + 1]);
    });
    simd::unroll<C>([&](auto c) LACUNA_INLINE_LAMBDA {
      batch a, b;
      load(keys[c] + at, a, b);
      if constexpr (asks_spaced<Ask> || few) {
        simd::pin(a);
        simd::pin(b);
      }
      if constexpr (!decode_in_order && !asks_spaced<Ask>) ask(c, at);
      simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA { sum[r * C + c] = simd::fma(left[2 * r], a, sum[r * C + c]); });
      if constexpr (asks_spaced<Ask>) ask.behind(0, c, at, sum[(R - 1) * C + c]);
      simd::unroll<R>([&](auto r)
                          LACUNA_INLINE_LAMBDA { sum[r * C + c] = simd::fma(left[2 * r + 1], b, sum[r * C + c]); });
      if constexpr (asks_spaced<Ask>) ask.behind(1, c, at, sum[(R - 1) * C + c]);
    });
  };
  index at = 0;
  for (; dk - at >= pair::width; at += pair::width)
    add(at, [](K const* p, batch& a, batch& b) LACUNA_INLINE_LAMBDA { pair::load(p, a, b); });
  if (at != dk) add(at, [&](K const* p, batch& a, batch& b) LACUNA_INLINE_LAMBDA { pair::load(p, dk - at, a, b); });
  simd::unroll<R * C / 8>([&](auto n) LACUNA_INLINE_LAMBDA {
    batch eight[8];
    simd::unroll<8>([&](auto g) LACUNA_INLINE_LAMBDA { eight[g] = sum[8 * n + g]; });
    if constexpr (C == 8) {
      simd::sum_lanes<Arch, accumulator_t<K>>::store(eight, scores + n * decode_keys);
    } else {
      accumulator_t<K> sums[8];
      simd::sum_lanes<Arch, accumulator_t<K>>::store(eight, sums);
      simd::unroll<8 / C>([&](auto m) LACUNA_INLINE_LAMBDA {
        std::memcpy(scores + (8 / C * n + m) * decode_keys, sums + m * C, C * sizeof *sums);
      });
    }
  });
}

/// Scores of R rows and `count` keys, a multiple of 8. While keys [j, j + N) are read, what ahead.rows<N>(j) gave is
/// called with 0 to N - 1 and a column.
template <class Arch, int R, class K, class Ahead>
void decode_score_rows(accumulator_t<K> const* q, index pitch, K const* const* keys, index count, index dk,
                       accumulator_t<K>* scores, Ahead const& ahead) noexcept {
  constexpr int sums = simd::register_count<Arch> == 32 ? 16 : 8;
  constexpr int columns = sums / R < 8 ? sums / R : 8;
  for (index j = 0; j < count; j += columns) {
    decode_score_tile<Arch, R, columns>(q, pitch, keys + j, dk, scores + j, ahead.template rows<columns>(j));
  }
}

/// Scores of any number of rows and `count` keys, which are rounded up to whole eights: a block of keys comes from
/// memory for the first rows, which ask for rows ahead, and from the first cache for the others.
template <class Arch, class K, class Ahead>
void decode_scores(accumulator_t<K> const* q, index pitch, index rows, K const* const* keys, index count, index dk,
                   accumulator_t<K>* scores, Ahead const& ahead) noexcept {
  for (index j = 0; j < count; j += decode_block) {
    index const block = count - j < decode_block ? (count - j + 7) / 8 * 8 : decode_block;
    for_each_height<4>(rows, [&](index r, auto height, auto first) LACUNA_INLINE_LAMBDA {
      decode_score_rows<Arch, decltype(height)::value>(q + r * pitch, pitch, keys + j, block, dk,
                                                       scores + r * decode_keys + j, ahead_from(first, j, ahead));
    });
  }
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
