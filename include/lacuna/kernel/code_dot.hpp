// SPDX-License-Identifier: MIT
//
// Rows of N:M groups times a few vectors: lanes along the slots, whose codes or masks become positions in a register
// (kernel/code_steps.hpp).
//
// Bound: values and codes once; or, on AVX-512 for 16 slots of 1:4 or 2:8 in float, which meet 64 inputs, two
// operations for the positions, shared by the vectors, and for each vector two permutations of two registers of x each,
// a choice between them and the fma, on two ports. x is loaded once for `rows` rows. What meets more inputs than a
// table in registers has is gathered: half a cycle a slot and vector. On AVX2, for 8 slots of 2:4, which meet 16
// inputs: their positions, for each vector two permutations within groups, a choice that is known when this is
// compiled, and the fma; loads are those of values, codes and x, which four rows share.
//
// Reached on AVX-512 in float, values and codes, one vector: 1:4 41 to 54 GB/s from L2 (512x512, 1.9 times OpenBLAS's
// dense product) and 45 from L3 (2048x512, 5.4 times); 2:8, whose sixteen codes take two loads, 34 to 43 and 37; 1:16,
// gathered, 15 and 16; 2:4 67 from L2 (8.3 us, expanded 18), 4:8 45 (12.5 us, expanded 18). Four vectors, 512x512: 1:4
// 18 us, 2:4 21, 4:8 25 (expanded 28). AVX2, one vector, 512x512, 2048x512, 3072x768: 4:8 14.6, 67, 191 us; 2:4 by the
// same table 13.3, 67, 191 us, 42, 33, 26 GB/s.
//
// Zen 5, AVX2, 2:4, one vector, by a table / rewritten: 512x512 14.0 / 7.7 us, 73 GB/s, 2048x512 56 / 47, 3072x768 121
// / 105, 2048x2048 from memory 221 / 190; two vectors 22 / 16, 86 / 77, 188 / 164, 319 / 285; bf16 512x512, 2048x512
// 13.3 / 10.2, 53 / 41.
//
// Zen 3, AVX2, one vector, best rounds by turns: 1:4, whose 32 inputs for 8 slots are four registers and three choices,
// 512x512 9.2 us, gathered 29.7; 2:8 11 and 30; 4:8 18.3, by permutations of all lanes, of two operations and a slow
// port, 26.8. In L1 16x16 takes 0.15, 0.12, 0.1 us, 2:4 0.17.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/code_steps.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Rows of V by Keep : M times one vector or a few, by registers of slots and the positions that their codes give.
template <class Arch, class V, int Keep, int M>
struct code_dot : code_steps<Arch, V, Keep, M> {
  using steps = code_steps<Arch, V, Keep, M>;
  using typename steps::arch, typename steps::batch_type, typename steps::sum_type;

  /// Whether rows are read one after the other, as one stream, instead of four side by side, if L2 cannot hold the
  /// matrix and half of L1 holds x, which each row reads. 2048x2048 from memory on Zen 5, 2:4 of floats 220 instead of
  /// 310 us, 40 GB/s, of bf16 115 instead of 160, 4:8 215 instead of 300, 1:4 110 instead of 130; from L3 the same, but
  /// for 1:4, which takes 1.05 to 1.2 times as long. From L2 each row's own start and end cost 10 to 40 %. Two vectors:
  /// 2:4 245 instead of 330 us, codes no difference. 32 KB of x, doubles: 1.2 times as long.
  /// Rewritten masks read x along with each row then: from L3 2:4 takes 47 instead of 33 us (2048x512), from memory 190
  /// instead of 270; of bf16 197 either way, and 50 instead of 41 from L3.
  template <int Vectors>
  static constexpr bool takes_turns = lacuna::detail::tuned_for_zen && steps::looks_up && !steps::has_own_tables &&
                                      Vectors <= (steps::is_mask ? 2 : 1) && !(steps::rewrites && sizeof(V) < 4);
  template <int Vectors, class View>
  [[nodiscard]] LACUNA_INLINE static bool in_turn(View a) noexcept {
    constexpr index vectors = static_cast<index>(sizeof(sum_type)) * Vectors;
    return takes_turns<Vectors> && a.bytes() > index{1} << 20 && a.cols() * vectors <= 24 * 1024;
  }

  /// store(i, t, sum) for rows first .. last; vector t stands at x + t * stride, arranged.
  template <int Vectors, class View, class Store>
  static void run(View a, sum_type const* x, index stride, index first, index last, Store&& store) noexcept {
    if constexpr (takes_turns<Vectors>)
      if (in_turn<Vectors>(a)) return run_in_turn<Vectors>(a, x, stride, first, last, store);
    constexpr int rows = Vectors < 4 ? 4 : 2;
    index i = first;
    for (; last - i >= rows; i += rows) block<rows, Vectors>(a, x, stride, i, store);
    for (; i != last; ++i) block<1, Vectors>(a, x, stride, i, store);
  }
  /// The same, rows one after the other; eight sums share a reduction.
  template <int Vectors, class View, class Store>
  static void run_in_turn(View a, sum_type const* x, index stride, index first, index last, Store&& store) noexcept {
    constexpr index rows = 8 / Vectors;
    batch_type sums[8];
    for (auto& s : sums) s = batch_type(sum_type{0});
    for (; first < last; first += rows) {
      auto const count = std::min(rows, last - first);
      for (index r = 0; r != count; ++r) row<Vectors>(a, x, stride, first + r, sums + r * Vectors);
      sum_type total[8];
      simd::sum_lanes<arch, sum_type>::store(sums, total);
      for (index n = 0; n != count * Vectors; ++n) store(first + n / Vectors, n % Vectors, total[n]);
    }
  }

 private:
  using weights = simd::stored<arch, V>;
  /// Slots that are asked for ahead of those in use, 2 KB.
  static constexpr index ahead = 2048 / static_cast<index>(sizeof(V));
  /// Behind the end of a row stands the row below, which has been read already; on Zen, what is asked for there is
  /// where the row of the next block starts. From memory, 2048x2048 on Zen 5, that takes 2:4 from 22 to 30 GB/s and 1:4
  /// from 19 to 34. Rows that are shorter than 2 KB are as fast without, and 10 % faster from L3.
  static constexpr bool asks_for_blocks = lacuna::detail::tuned_for_zen;
  /// Bytes of values and of codes that are asked for ahead in rows that come one after the other. From memory, 2:4 of
  /// floats: 2, 4, 8, 16 KB of values 35, 37, 40, 40 GB/s.
  static constexpr index ahead_in_turn = 8192;
  static constexpr index codes_ahead_in_turn = 1024;

  /// sum[t] += the products of the slots of part Part of a step, whose values start at element `value` and whose codes
  /// at byte `code` of `from`.
  template <int Part, int Vectors, class Tables>
  LACUNA_INLINE static void add(typename steps::source const& from, index value, index code, Tables const& tables,
                                batch_type* sum) noexcept {
    auto const at = steps::template positions<Part, steps::reach <= steps::bytes>(from.codes, code, from.left);
    auto const w = weights::load(from.values + value + Part * steps::lanes);
    simd::unroll<Vectors>([&](auto t) LACUNA_INLINE_LAMBDA { sum[t] = simd::fma(w, tables[t][at], sum[t]); });
  }
  /// The same for the first `count` slots of a part at the end of a row.
  template <int Part, int Vectors, class Tables>
  LACUNA_INLINE static void add_some(typename steps::source const& from, index value, index code, index count,
                                     Tables const& tables, batch_type* sum) noexcept {
    auto const some = simd::first_lanes(count);
    auto const at = steps::template positions<Part, false>(from.codes, code, from.left);
    auto const w = weights::load(from.values + value + Part * steps::lanes, some);
    simd::unroll<Vectors>([&](auto t) LACUNA_INLINE_LAMBDA {  // the other lanes may meet anything
      sum[t] = simd::choose_lanes(some, simd::fma(w, tables[t][at], sum[t]), sum[t]);
    });
  }

  /// Rows side by side, each register of x for all of them.
  template <int Rows, int Vectors, class View, class Store>
  LACUNA_INLINE static void block(View a, sum_type const* x, index stride, index i, Store&& store) noexcept {
    batch_type sum[std::size_t{Rows * Vectors}];
    simd::unroll<Rows * Vectors>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = batch_type(sum_type{0}); });
    auto const row_slots = a.values_per_row();
    ready_codes<steps, Rows> codes(steps::source_of(a, i), a.bytes_per_row());
    auto const from = codes.all();
    auto const whole = row_slots / steps::slots;
    auto const turn = asks_for_blocks && whole >= ahead / steps::slots ? whole - ahead / steps::slots : whole;
    auto const in_row = static_cast<index>(sizeof(V)) * ahead;
    auto const in_block = in_row + static_cast<index>(sizeof(V)) * (Rows - 1) * row_slots;
    auto past = in_row;
    for (index step = 0; step != whole; ++step) {
      if (asks_for_blocks && step == turn) past = in_block;
      codes.fill(step);
      auto const* const input = x + step * steps::inputs_of_step;
      simd::unroll<steps::parts>([&](auto part) LACUNA_INLINE_LAMBDA {
        auto const tables = tables_of<Vectors>(input + part * steps::inputs_of_part, stride);
        simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
          auto const value = r * row_slots + step * steps::slots;
          if constexpr (part == 0)
            simd::prefetch_ahead<static_cast<int>(steps::slots * sizeof(V))>(from.values + value, past);
          add<part, Vectors>(from, value, codes.at(r, step), tables, sum + r * Vectors);
        });
      });
    }
    if (whole * steps::slots != row_slots) {
      codes.fill(whole);
      simd::unroll<steps::parts>([&](auto part) LACUNA_INLINE_LAMBDA {
        auto const count = std::min<index>(steps::lanes, row_slots - whole * steps::slots - part * steps::lanes);
        if (count <= 0) return;
        auto const tables =
            tables_of<Vectors>(x + whole * steps::inputs_of_step + part * steps::inputs_of_part, stride);
        simd::unroll<Rows>([&](auto r) LACUNA_INLINE_LAMBDA {
          add_some<part, Vectors>(from, r * row_slots + whole * steps::slots, codes.at(r, whole), count, tables,
                                  sum + r * Vectors);
        });
      });
    }
    simd::unroll<Rows * Vectors>(
        [&](auto n) LACUNA_INLINE_LAMBDA { store(i + n / Vectors, n % Vectors, simd::reduce_add(sum[n])); });
  }

  /// The lanes of the sums of one row, in four chains for each vector: an fma takes four cycles.
  template <int Vectors, class View>
  LACUNA_INLINE static void row(View a, sum_type const* x, index stride, index i, batch_type* sums) noexcept {
    constexpr int at_once = 4 / steps::parts;
    batch_type sum[std::size_t{4 * Vectors}];
    simd::unroll<4 * Vectors>([&](auto n) LACUNA_INLINE_LAMBDA { sum[n] = batch_type(sum_type{0}); });
    auto const row_slots = a.values_per_row();
    auto const in_matrix = steps::source_of(a, i);
    ready_codes<steps, 1> codes(in_matrix, a.bytes_per_row());
    auto const from = codes.all();
    auto const whole = row_slots / steps::slots;
    auto const add_step = [&](index step, auto chain) LACUNA_INLINE_LAMBDA {
      simd::unroll<steps::parts>([&](auto part) LACUNA_INLINE_LAMBDA {
        auto const tables = tables_of<Vectors>(x + step * steps::inputs_of_step + part * steps::inputs_of_part, stride);
        add<part, Vectors>(from, step * steps::slots, codes.at(0, step), tables,
                           sum + (chain * steps::parts + part) * Vectors);
      });
    };
    index step = 0;
    for (; whole - step >= at_once; step += at_once) {
      simd::prefetch_ahead<static_cast<int>(at_once * steps::slots * sizeof(V))>(from.values + step * steps::slots,
                                                                                 ahead_in_turn);
      simd::prefetch_ahead<1>(in_matrix.codes + step * steps::bytes, codes_ahead_in_turn);
      codes.fill(step);
      simd::unroll<at_once>([&](auto chain) LACUNA_INLINE_LAMBDA { add_step(step + chain, chain); });
    }
    if (step * steps::slots != row_slots) codes.fill(step);  // of the rest too: lines have a multiple of `at_once`
    simd::unroll<at_once - 1>([&](auto chain) LACUNA_INLINE_LAMBDA {
      if (step + chain < whole) add_step(step + chain, chain);
    });
    if (whole * steps::slots != row_slots)
      simd::unroll<steps::parts>([&](auto part) LACUNA_INLINE_LAMBDA {
        auto const count = std::min<index>(steps::lanes, row_slots - whole * steps::slots - part * steps::lanes);
        if (count <= 0) return;
        auto const tables =
            tables_of<Vectors>(x + whole * steps::inputs_of_step + part * steps::inputs_of_part, stride);
        add_some<part, Vectors>(from, whole * steps::slots, codes.at(0, whole), count, tables, sum + part * Vectors);
      });
    simd::unroll<Vectors>([&](auto t) LACUNA_INLINE_LAMBDA {
      sums[t] = (sum[t] + sum[Vectors + t]) + (sum[2 * Vectors + t] + sum[3 * Vectors + t]);
    });
  }

  template <int Vectors>
  [[nodiscard]] LACUNA_INLINE static auto tables_of(sum_type const* x, index stride) noexcept {
    return [&]<std::size_t... t>(std::index_sequence<t...>) LACUNA_INLINE_LAMBDA {
      struct {
        typename steps::table of[std::size_t{Vectors}];
        LACUNA_INLINE typename steps::table const& operator[](std::size_t n) const noexcept { return of[n]; }
      } const all{{typename steps::table(x + static_cast<index>(t) * stride, steps::inputs_of_part)...}};
      return all;
    }(std::make_index_sequence<static_cast<std::size_t>(Vectors)>{});
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
