// SPDX-License-Identifier: MIT
//
// One row of blocks of one column times a few vectors: lanes along rows of a block and vectors. What bsr and vnm share.
//
// A register holds some rows for each vector: neighbouring values, repeated for every vector, which is a load and no
// shuffle, meet a register of x that holds each vector's element of the column as often as there are rows. So short
// blocks and few vectors fill registers: 4x1 and 4 vectors, 8x1 and 2, and 4x1 and 8 in two registers.
//
// Bound: for a block one load of x and of its column, and for each register of sums a load of values and an fma, at two
// loads a cycle: 16x1, 8x1, 4x1 of float times 8 vectors on AVX-512 5, 3, 2 cycles, 80, 67, 50 % of the fma peak.
//
// Reached on Zen 5, AVX-512, float, 50 % sparsity, 2, 4, 8 vectors, of the fma peak, that is of the bound for 8 some
// 87, 80, 73 %: 512x512 4x1 17, 28, 44, 8x1 24, 39, 54, 16x1 33, 46, 60 %; 2048x512 4x1 16, 26, 42, 8x1 19, 34, 52,
// 16x1 23, 40, 59 %. At 80 %, where a row of blocks has 100 columns, 16x1 24, 37, 49 %.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/block_dot.hpp>
#include <lacuna/kernel/block_rows.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/masked.hpp>
#include <lacuna/simd/narrow.hpp>
#include <lacuna/simd/permute.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/repeat.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Sums of a row of blocks R x 1 for `Vectors` vectors, a power of two; of quads for S = int32_t, whose x stands quad
/// by quad and is brought to the lanes as it is loaded. Flipped: x has been (flipped_zeros). Q: a block of one row has
/// so many quads.
template <class Arch, class S, int R, int Vectors, bool Flipped = false, int Q = 1>
struct column_dot {
  static_assert(Q == 1 || (R == 1 && Vectors != 1));
  static constexpr int widest = static_cast<int>(simd::batch<S, Arch>::size);
  static constexpr int wanted = static_cast<int>(std::bit_ceil(static_cast<unsigned>(R))) * Vectors;
  using arch = simd::narrow_arch<Arch, S, (wanted < widest ? wanted : widest)>;
  using batch_type = simd::batch<S, arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  static constexpr int rows = std::max(1, lanes / Vectors);    // of a register
  static constexpr int inputs = std::max(1, Vectors / lanes);  // registers of x for a column
  static constexpr bool spreads = std::same_as<S, std::int32_t>;
  static constexpr index line = spreads ? Vectors : index{inputs} * lanes;  // elements of x for a column
  static constexpr int registers = (R + rows - 1) / rows;                   // of values of a block
  static constexpr index reach = index{registers} * rows;
  /// Registers of a block that are taken at once, and blocks in step, each with sums of its own.
  static constexpr int part = std::min(registers, std::max(1, simd::register_count<Arch> / 2 / inputs));
  static constexpr int chains = std::max(1, std::min(4, 8 / (part * inputs)));

  /// Room for what `arrange` writes, in registers of Arch.
  [[nodiscard]] static constexpr index arranged(index cols) noexcept {
    return ((cols + lanes - 1) / lanes * lanes * line + widest - 1) / widest * widest;
  }
  /// Brings `width` vectors, which start `stride` apart and are readable up to whole registers, into the order of
  /// lanes: vector by vector, each as often as a register has rows.
  static void arrange(S const* x, index stride, index cols, index width, S* to) noexcept
    requires(!spreads)
  {
    for (index k = 0; k < cols; k += lanes)
      for (index q = 0; q != inputs; ++q) {
        batch_type block[static_cast<std::size_t>(lanes)];
        simd::unroll<lanes>([&](auto l) LACUNA_INLINE_LAMBDA {
          auto const t = (q * lanes + l) / rows;
          block[l] = t < width ? batch_type::load_unaligned(x + t * stride + k) : batch_type(S{0});
        });
        simd::transpose<arch, S>::run(block);
        simd::unroll<lanes>([&](auto l)
                                LACUNA_INLINE_LAMBDA { block[l].store_unaligned(to + (k + l) * line + q * lanes); });
      }
  }

  /// The same from rows of `width` vectors, `pitch` apart: returns `to`, or x where it is in that order, aligned.
  [[nodiscard]] static S const* arrange_rows(S const* x, index pitch, index cols, index width, S* to) noexcept
    requires(!spreads && sizeof(S) == 4)
  {
    bool const aligned = reinterpret_cast<std::uintptr_t>(x) % sizeof(batch_type) == 0;
    if (rows == 1 && width == Vectors && pitch == Vectors && aligned) return x;
    for (index k = 0; k != cols; ++k, x += pitch)
      simd::unroll<inputs>([&](auto q) LACUNA_INLINE_LAMBDA {
        auto const count = std::clamp<index>(width - q * lanes, 0, lanes);
        auto row = count == std::min(lanes, Vectors)
                       ? simd::repeat<arch, S, std::min(lanes, Vectors)>::load(x + q * lanes)
                       : simd::masked<arch, S>::load(x + q * lanes, simd::first_lanes(count));
        if constexpr (rows > 1) row = simd::permute<vector_order>(row);
        row.store_unaligned(to + k * line + q * lanes);
      });
    return to;
  }

  /// store(r, sums) with `Vectors` sums for rows r of a row of blocks. lists(f): calls f(blocks, first, last, x) for
  /// pieces of the row, all but the last of a multiple of `chains` blocks; x is arranged.
  template <class Lists, class Store>
  LACUNA_INLINE static void run(Lists&& lists, Store&& store) noexcept {
    alignas(batch_type) S total[static_cast<std::size_t>(registers * inputs * lanes)];
    for (index g = 0;; g += part) {
      if constexpr (part == registers) g = 0;    // known, so that nothing depends on it
      g = std::min<index>(g, registers - part);  // the last part may repeat some registers
      batch_type sum[std::size_t{part}][std::size_t{inputs + Flipped}][std::size_t{chains}];
      for_each([&](auto p, auto q, auto n) LACUNA_INLINE_LAMBDA { sum[p][q][n] = batch_type(S{0}); });
      lists([&](auto stored, index first, index last, S const* x)
                LACUNA_INLINE_LAMBDA { add(stored, first, last, x, g, sum); });
      simd::unroll<part>([&](auto p) LACUNA_INLINE_LAMBDA {
        simd::unroll<inputs + Flipped>([&](auto q) LACUNA_INLINE_LAMBDA {
          simd::unroll<chains - 1>([&](auto n) LACUNA_INLINE_LAMBDA { sum[p][q][0] += sum[p][q][n + 1]; });
        });
        simd::unroll<inputs>([&](auto q) LACUNA_INLINE_LAMBDA {
          if constexpr (Flipped) sum[p][q][0] -= sum[p][inputs][0];
          sum[p][q][0].store_aligned(total + ((g + p) * inputs + q) * lanes);
        });
      });
      if (g + part == registers) break;
    }
    if constexpr (rows != 1 && Vectors != 1)
      for (index g = 0; g != registers; ++g) {
        if constexpr (spreads) {
          auto const sums = batch_type::load_aligned(total + g * lanes);
          simd::permute<row_order>(sums).store_aligned(total + g * lanes);
        } else {
          simd::lookup<arch, S, lanes> const table(total + g * lanes, lanes);
          table[simd::positions<arch, S>::load(by_rows.data())].store_aligned(total + g * lanes);
        }
      }
    for (index r = 0; r != R; ++r) store(r, static_cast<S const*>(total + r * Vectors));
  }

 private:
  /// Which lane has the sum of row l / Vectors and vector l % Vectors.
  struct row_order {
    static constexpr unsigned get(unsigned l, unsigned) {
      constexpr auto n = static_cast<unsigned>(Vectors), r = static_cast<unsigned>(rows);
      return l % n * r + l / n % r;
    }
  };
  static constexpr auto by_rows = [] {
    std::array<std::uint8_t, static_cast<std::size_t>(lanes)> from{};
    for (int l = 0; l != lanes; ++l)
      from[static_cast<std::size_t>(l)] = static_cast<std::uint8_t>(row_order::get(static_cast<unsigned>(l), 0));
    return from;
  }();
  /// Which vector lane l has.
  struct vector_order {
    static constexpr unsigned get(unsigned l, unsigned) { return l / static_cast<unsigned>(rows); }
  };
  [[nodiscard]] LACUNA_INLINE static batch_type load_inputs(S const* p) noexcept {
    if constexpr (!spreads || lanes <= Vectors)
      return batch_type::load_unaligned(p);
    else if constexpr (Vectors == 1)
      return batch_type(*p);
    else
      return simd::permute<vector_order>(simd::repeat<arch, S, Vectors>::load(p));
  }

  template <class F>
  LACUNA_INLINE static void for_each(F&& f) noexcept {
    simd::unroll<part>([&](auto p) LACUNA_INLINE_LAMBDA {
      simd::unroll<inputs + Flipped>(
          [&](auto q) LACUNA_INLINE_LAMBDA { simd::unroll<chains>([&](auto n) LACUNA_INLINE_LAMBDA { f(p, q, n); }); });
    });
  }

  template <class I, class W>
  LACUNA_INLINE static void add(
      block_list<I, W> a, index first, index last, S const* x, index g,
      batch_type (&sum)[std::size_t{part}][std::size_t{inputs + Flipped}][std::size_t{chains}]) noexcept {
    for_each_blocks<Arch, S, R * Q, reach + Q - 1>(
        a, first, last, [&](auto const* values, index from, index to) LACUNA_INLINE_LAMBDA {
          auto const one = [&](index e, auto n) LACUNA_INLINE_LAMBDA {
            auto const first_column = static_cast<index>(a.columns[e]) * Q;
            simd::unroll<Q>([&](auto j) LACUNA_INLINE_LAMBDA {
              constexpr int m = (decltype(n)::value * Q + decltype(j)::value) % chains;
              auto const* const block = values + e * (R * Q) + j + g * rows;
              auto const* const column = x + (first_column + j) * line;
              batch_type in[std::size_t{inputs}];
              simd::unroll<inputs>([&](auto q) LACUNA_INLINE_LAMBDA {
                in[q] = load_inputs(column + q * lanes);
                if constexpr (part > 1) simd::pin(in[q]);
              });
              simd::unroll<part>([&](auto p) LACUNA_INLINE_LAMBDA {
                auto const w = repeat_weights<arch, rows>(block + p * rows);
                simd::unroll<inputs>([&](auto q)
                                         LACUNA_INLINE_LAMBDA { sum[p][q][m] = add_products(w, in[q], sum[p][q][m]); });
                if constexpr (Flipped) sum[p][inputs][m] = add_products(w, flipped_zeros<arch>(), sum[p][inputs][m]);
              });
            });
          };
          constexpr int together = Q < chains ? chains / Q : 1;
          index e = from;
          for (; to - e >= together; e += together) {
            ask_for_blocks<together * R * Q* static_cast<int>(sizeof(S))>(values + e * (R * Q));
            simd::unroll<together>([&](auto n) LACUNA_INLINE_LAMBDA { one(e + n, n); });
          }
          simd::unroll<together - 1>([&](auto n) LACUNA_INLINE_LAMBDA {
            if (e + n < to) one(e + n, n);
          });
        });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
