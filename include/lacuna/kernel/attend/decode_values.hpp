// SPDX-License-Identifier: MIT
//
// Weighted sums of up to 64 rows of values, each value being read once for four rows of weights.
//
// Bound: with R x N registers of sums, N loads of values and R broadcasts for R N fmas: 0.5 loads for each fma at 4
// x 4. The sums themselves are loaded and stored once for 16 keys.
//
// What decoding reaches with it: kernel/attend/decode.hpp, docs/limits_attention.md.
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

namespace lacuna::kernel::inline LACUNA_ISA {

/// Value j times its weights to R rows of N pairs of registers of sums, from `column` on; load(p, n, a, b) takes pair
/// n. ask(n) is called when pair n is read, or ask.behind(n, sum) when it is summed up: docs/limits_attention.md.
template <class Arch, int R, int N, class V, class Load, class Ask>
LACUNA_INLINE void decode_value_add(accumulator_t<V> const* weights, index j, V const* value, index column,
                                    simd::batch<accumulator_t<V>, Arch>* sum, Load const& load,
                                    Ask const& ask) noexcept {
  using pair = register_pair<Arch, V>;
  using batch = typename pair::batch;
  batch v[std::size_t{2 * N}];
  if constexpr (asks_spaced<Ask>) {
    V const* const row = value + column;
    batch weight[std::size_t{R}];
    simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA { weight[r] = batch(weights[r * decode_keys + j]); });
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
      load(row + n * pair::width, n, v[2 * n], v[2 * n + 1]);
      simd::unroll<2>([&](auto half) LACUNA_INLINE_LAMBDA {
        constexpr int m = 2 * n + half;
        simd::pin(v[m]);
        simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
          sum[r * (2 * N) + m] = simd::fma(weight[r], v[m], sum[r * (2 * N) + m]);
        });
      });
      ask.behind(n, sum[(R - 1) * (2 * N) + 2 * n + 1]);
    });
  } else {
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
      load(value + (column + n * pair::width), n, v[2 * n], v[2 * n + 1]);
      ask(n);
    });
    simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
      batch const weight(weights[r * decode_keys + j]);
      simd::unroll<2 * N>(
          [&](auto n) LACUNA_INLINE_LAMBDA { sum[r * (2 * N) + n] = simd::fma(weight, v[n], sum[r * (2 * N) + n]); });
    });
  }
}

/// R rows, N pairs of registers of columns; `load` takes a pair from the values of a key.
template <class Arch, int R, int N, class V, class Load, class Ahead>
LACUNA_INLINE void decode_value_tile(accumulator_t<V> const* weights, V const* const* values, index count, index column,
                                     accumulator_t<V>* sums, index pitch, Load const& load,
                                     Ahead const& ahead) noexcept {
  using pair = register_pair<Arch, V>;
  using batch = typename pair::batch;
  batch sum[static_cast<std::size_t>(R * 2 * N)];
  auto const each = [&](auto&& f) LACUNA_INLINE_LAMBDA {
    simd::unroll<R>([&](auto r) LACUNA_INLINE_LAMBDA {
      simd::unroll<2 * N>(
          [&](auto n) LACUNA_INLINE_LAMBDA { f(sum[r * (2 * N) + n], sums + r * pitch + column + n * pair::lanes); });
    });
  };
  each([](batch& s, accumulator_t<V> const* p) LACUNA_INLINE_LAMBDA { s = batch::load_aligned(p); });
  for (index j = 0; j != count; ++j)
    decode_value_add<Arch, R, N>(weights, j, values[j], column, sum, load, ahead.template piece<N>(j, column));
  each([](batch const& s, accumulator_t<V>* p) LACUNA_INLINE_LAMBDA { s.store_aligned(p); });
}

/// The last columns, at most N pairs of registers, the last pair not always whole: as many as there are in one tile.
template <class Arch, int R, int N, class V, class Ahead>
LACUNA_INLINE void decode_value_rest(accumulator_t<V> const* weights, V const* const* values, index count, index column,
                                     index dv, accumulator_t<V>* sums, index pitch, Ahead const& ahead) noexcept {
  using pair = register_pair<Arch, V>;
  using batch = typename pair::batch;
  index const rest = dv - column;
  if constexpr (N > 1)
    if (rest <= (N - 1) * pair::width)
      return decode_value_rest<Arch, R, N - 1>(weights, values, count, column, dv, sums, pitch, ahead);
  index const last = rest - (N - 1) * pair::width;
  auto const tile = [&](auto const& load) LACUNA_INLINE_LAMBDA {
    decode_value_tile<Arch, R, N>(weights, values, count, column, sums, pitch, load, ahead);
  };
  if (last == pair::width)
    tile([](V const* p, auto, batch& a, batch& b) LACUNA_INLINE_LAMBDA { pair::load(p, a, b); });
  else
    tile([last](V const* p, auto n, batch& a, batch& b) LACUNA_INLINE_LAMBDA {
      if constexpr (decltype(n)::value != N - 1)
        pair::load(p, a, b);
      else
        pair::load(p, last, a, b);
    });
}

/// R rows, all columns. While N pairs of key j are read, what ahead.piece<N>(j, column) gave is called with 0 to N - 1.
/// Columns left over are one tile: a pair of two rows is four sums, which wait for each other, in 96 dimensions of bf16
/// three times. Float that is asked for in blocks comes from memory sooner by pairs (1.03 to 1.1 times with 96).
template <class Arch, int R, class V, class Ahead>
void decode_value_rows(accumulator_t<V> const* weights, V const* const* values, index count, index dv,
                       accumulator_t<V>* sums, index pitch, Ahead const& ahead) noexcept {
  using pair = register_pair<Arch, V>;
  using batch = typename pair::batch;
  constexpr int most = simd::register_count<Arch> == 32 ? 8 : 4;
  constexpr int wide = most / R < 4 ? most / R : 4;
  constexpr int left = Ahead::in_blocks && sizeof(V) >= 4 ? 1 : wide;
  auto const whole = [](V const* p, auto, batch& a, batch& b) LACUNA_INLINE_LAMBDA { pair::load(p, a, b); };
  index column = 0;
  for (; dv - column >= wide * pair::width; column += wide * pair::width)
    decode_value_tile<Arch, R, wide>(weights, values, count, column, sums, pitch, whole, ahead);
  if constexpr (left < wide)
    for (; dv - column >= pair::width; column += pair::width)
      decode_value_tile<Arch, R, 1>(weights, values, count, column, sums, pitch, whole, ahead);
  if (column != dv) decode_value_rest<Arch, R, left>(weights, values, count, column, dv, sums, pitch, ahead);
}

/// Row r of the sums += the sum of weights[r * 64 + j] * values[j], j < count <= 64, Widest rows at a time: a block of
/// values comes from memory once, for the first rows, which ask for rows ahead, and from the first cache for others.
/// Where a block is asked for as a whole the next rows ask for half of it.
template <class Arch, int Widest, class V, class Ahead>
void decode_value_groups(accumulator_t<V> const* weights, index rows, V const* const* values, index count, index dv,
                         accumulator_t<V>* sums, index pitch, Ahead const& ahead) noexcept {
  for (index j = 0; j < count; j += decode_block) {
    index const block = count - j < decode_block ? count - j : decode_block;
    index group = 0;
    for_each_height<Widest>(rows, [&](index r, auto height, auto first) LACUNA_INLINE_LAMBDA {
      auto const add = [&](auto const& asks) LACUNA_INLINE_LAMBDA {
        decode_value_rows<Arch, decltype(height)::value>(weights + r * decode_keys + j, values + j, block, dv,
                                                         sums + r * pitch, pitch, asks);
      };
      if constexpr (!Ahead::in_blocks)
        add(ahead_from(first, j, ahead));
      else if (decltype(height)::value == rows)
        add(decode_share<Ahead, 1>(ahead.from(j), 0, block));
      else if (group < 2)
        add(decode_share<Ahead, 2>(ahead.from(j), group, block));
      else
        add(nothing_ahead{});
      ++group;
    });
  }
}

/// The same by as many rows as suit `dv`. Four rows leave registers for two pairs of columns, and two for four: the
/// same number of loads. A block that is asked for in order likes to be read in order, 33 against 35 ns a key on Zen 5
/// in a program of loops. With 16 registers four rows take one pair, and read each line once.
template <class Arch, class V, class Ahead>
void decode_values(accumulator_t<V> const* weights, index rows, V const* const* values, index count, index dv,
                   accumulator_t<V>* sums, index pitch, Ahead const& ahead) noexcept {
  if constexpr (Ahead::in_blocks && simd::register_count<Arch> == 32) {
    if (dv > 2 * register_pair<Arch, V>::width)
      return decode_value_groups<Arch, 2>(weights, rows, values, count, dv, sums, pitch, ahead);
  }
  decode_value_groups<Arch, 4>(weights, rows, values, count, dv, sums, pitch, ahead);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
