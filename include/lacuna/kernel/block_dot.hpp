// SPDX-License-Identifier: MIT
//
// One row of blocks times a few vectors: lanes along the values of a block. What bsr and vnm share.
//
// A register of values is multiplied by the elements of x that its lanes meet: one of them broadcast for blocks of one
// column, some of them repeated otherwise, which is a load and no shuffle; sums over lanes of a row are left for the
// end. Registers are no longer than a block: those of 4x1 hold four floats.
//
// Bound, a block of a register and one vector: three loads (column, values, x) of the three that a cycle has for
// registers up to 256 bits, two for longer ones: 16, 32, 43 bytes of values a cycle for 4x1, 8x1, 16x1 in float; and
// the bytes of values and columns once. Weights of 16 bits are widened as they are loaded, with a shuffle, and for f16
// or 8 lanes and more a conversion or shift, on ports that have time: 103 to 124 % of the rate of floats from L2, 118
// to 206 % from L3, where a copy some hundred weights long, widened before, gave 49 to 69 and 53 to 126 %. Reached on
// AVX-512 at 50 %, values and columns, from L2 (512x512): 42, 65, 96 GB/s, 0.8, 1.3, 2.1 times OpenBLAS's dense
// product; from L3 (2048x512): 37, 44, 54 GB/s, 2.0, 2.7, 3.4 times.
//
// Zen 5, float, one vector, at 50 %, values and columns, GB/s from L2 (512x512) and from L3 (2048x512): 4x1 57 and 53,
// 8x1 92 and 75, 16x1 144 and 96, 4x4 154 and 99, 8x4 171 and 107, 1x4 61 and 58, where a loop that only reads does 145
// and 65 to 95. 4x1 takes 1.4 cycles a block.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/block_rows.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/narrow.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>

namespace lacuna::kernel::inline LACUNA_ISA {

/// x in `size` elements of S that are neighbours, zeros behind its last one: x itself if it is that, else copied to
/// `to`.
template <class X, class S>
[[nodiscard]] LACUNA_INLINE vector_view<S const> padded_vector(vector_view<X const> x, index size, S* to) noexcept {
  if constexpr (std::same_as<X, S>)
    if (x.stride() == 1 && size == x.size()) return x;
  for (index k = 0; k != x.size(); ++k) to[k] = static_cast<S>(x[k]);
  std::fill(to + x.size(), to + size, S{0});
  return {to, size};
}

/// How the values of a block lie in registers.
template <class Arch, class S, int R, int C>
struct block_shape {
  static constexpr int widest = static_cast<int>(simd::batch<S, Arch>::size);
  /// Registers hold parts of several rows of a block; else rows start in registers of their own.
  static constexpr bool packed = C <= widest && (C & (C - 1)) == 0;
  static constexpr int line = packed ? R * C : C;  // neighbours that share registers
  using arch = simd::narrow_arch<Arch, S, (line < widest ? line : widest)>;
  using batch_type = simd::batch<S, arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  static constexpr int in_line = (line + lanes - 1) / lanes;
  static constexpr int registers = packed ? in_line : R * in_line;
  /// No inputs are read beyond a block's.
  static constexpr bool exact = packed || in_line * lanes == C;
  /// Values that are read of a block: those of the next may be among them.
  static constexpr index reach = index{packed ? 0 : R - 1} * line + index{in_line} * lanes;
  /// Elements that x has to have for so many columns; those behind them are 0.
  [[nodiscard]] static constexpr index inputs(index cols) noexcept {
    return (cols + C - 1) / C * C + (packed ? 0 : in_line * lanes - C);
  }
  /// Where the values of register g start, and the inputs of a block that they meet.
  [[nodiscard]] LACUNA_INLINE static constexpr index values_at(index g) noexcept {
    return g / in_line * line + g % in_line * lanes;
  }
  [[nodiscard]] LACUNA_INLINE static constexpr index inputs_at(index g) noexcept {
    return packed ? 0 : g % in_line * lanes;
  }
  [[nodiscard]] LACUNA_INLINE static batch_type load_x(S const* x) noexcept {
    if constexpr (packed)
      return simd::repeat<arch, S, C>::load(x);
    else
      return batch_type::load_unaligned(x);
  }
  /// Where the sums of a row start among those of all registers.
  [[nodiscard]] LACUNA_INLINE static constexpr index row_at(index r) noexcept {
    return packed ? r * C : r * in_line * lanes;
  }
};

/// The values of blocks as they are stored: f(values, first, last), where block e stands at values + e * Size and may
/// be read up to `Reach` elements from there on.
template <int Size, index Reach, class I, class W, class F>
LACUNA_INLINE void for_each_stored_blocks(block_list<I, W> a, index first, index last, F&& f) noexcept {
  auto const whole = Reach == Size ? last : std::min(last, a.stored - (Reach + Size - 1) / Size + 1);
  if (first < whole) f(a.values, first, whole);
  if constexpr (Reach != Size)
    for (index e = std::max(first, whole); e < last; ++e) {  // the last of the matrix
      W copy[std::size_t{Reach}] = {};
      std::copy(a.values + e * Size, a.values + (e + 1) * Size, copy);
      f(static_cast<W const*>(copy) - e * Size, e, e + 1);
    }
}

/// The same as floats or doubles, some hundred at a time; quads as they are.
template <class Arch, class S, int Size, index Reach, class I, class W, class F>
LACUNA_INLINE void for_each_blocks(block_list<I, W> a, index first, index last, F&& f) noexcept {
  constexpr index lanes = static_cast<index>(simd::batch<S, Arch>::size);
  if constexpr (std::same_as<W, S> || std::same_as<W, quad>) {
    for_each_stored_blocks<Size, Reach>(a, first, last, f);
  } else {
    constexpr index together = Size < 64 ? 256 / Size / 4 * 4 : 4;
    alignas(simd::batch<S, Arch>) S wide[std::size_t{(together * Size + Reach + lanes) / lanes * lanes}] = {};
    for (index e = first; e < last; e += together) {
      auto const count = std::min(together, last - e);
      widen_weights<Arch>(a.values + e * Size, wide, count * Size);
      f(static_cast<S const*>(wide) - e * Size, e, e + count);
    }
  }
}

/// Asks for `Bytes` bytes of blocks some way behind those at p.
template <int Bytes>
LACUNA_INLINE void ask_for_blocks(void const* p) noexcept {
  simd::prefetch_ahead<Bytes>(p, simd::stream_ahead);
}

/// Sums of a row of blocks R x C for `Vectors` vectors; of quads for S = int32_t. Flipped: x has been (flipped_zeros).
template <class Arch, class S, int R, int C, int Vectors, bool Flipped = false>
struct block_dot {
  using shape = block_shape<Arch, S, R, C>;
  using batch_type = typename shape::batch_type;
  static constexpr int sums = simd::register_count<Arch> / 2;
  /// Registers of a block that are taken at once.
  static constexpr int part = std::min(shape::registers, std::max(1, sums / Vectors));
  /// Blocks in step, each with sums of its own.
  static constexpr int chains = std::max(1, std::min(4, 8 / (part * Vectors)));

  /// store(r, t, sum) for rows r of a row of blocks. lists(f): calls f(blocks, first, last, x) for pieces of the row,
  /// all but the last of a multiple of `chains` blocks; vector t stands at x + t * stride.
  template <class Lists, class Store>
  LACUNA_INLINE static void run(Lists&& lists, index stride, Store&& store) noexcept {
    constexpr index room = index{shape::registers} * shape::lanes;
    alignas(batch_type) S total[std::size_t{Vectors}][static_cast<std::size_t>(room)];
    for (index g = 0;; g += part) {
      if constexpr (part == shape::registers) g = 0;    // known, so that nothing depends on it
      g = std::min<index>(g, shape::registers - part);  // the last part may repeat some registers
      batch_type sum[std::size_t{part}][std::size_t{Vectors + Flipped}][std::size_t{chains}];
      for_each([&](auto p, auto t, auto n) LACUNA_INLINE_LAMBDA { sum[p][t][n] = batch_type(S{0}); });
      lists([&](auto blocks, index first, index last, S const* x)
                LACUNA_INLINE_LAMBDA { add(blocks, first, last, x, stride, g, sum); });
      simd::unroll<part>([&](auto p) LACUNA_INLINE_LAMBDA {
        simd::unroll<Vectors + Flipped>([&](auto t) LACUNA_INLINE_LAMBDA {
          simd::unroll<chains - 1>([&](auto n) LACUNA_INLINE_LAMBDA { sum[p][t][0] += sum[p][t][n + 1]; });
        });
        simd::unroll<Vectors>([&](auto t) LACUNA_INLINE_LAMBDA {
          if constexpr (Flipped) sum[p][t][0] -= sum[p][Vectors][0];
          sum[p][t][0].store_aligned(total[t] + (g + p) * shape::lanes);
        });
      });
      if (g + part == shape::registers) break;
    }
    for (index r = 0; r != R; ++r)
      for (index t = 0; t != Vectors; ++t) {
        S all = total[t][shape::row_at(r)];
        for (index c = 1; c < C; ++c) all = wrapping_sum(all, total[t][shape::row_at(r) + c]);
        store(r, t, all);
      }
  }

 private:
  template <class F>
  LACUNA_INLINE static void for_each(F&& f) noexcept {
    simd::unroll<part>([&](auto p) LACUNA_INLINE_LAMBDA {
      simd::unroll<Vectors + Flipped>(
          [&](auto t) LACUNA_INLINE_LAMBDA { simd::unroll<chains>([&](auto n) LACUNA_INLINE_LAMBDA { f(p, t, n); }); });
    });
  }

  template <class I, class W>
  LACUNA_INLINE static void add(
      block_list<I, W> a, index first, index last, S const* x, index stride, index g,
      batch_type (&sum)[std::size_t{part}][std::size_t{Vectors + Flipped}][std::size_t{chains}]) noexcept {
    constexpr int size = R * C;
    for_each_stored_blocks<size, shape::reach>(
        a, first, last, [&](W const* values, index from, index to) LACUNA_INLINE_LAMBDA {
          auto const one = [&](index e, auto n) LACUNA_INLINE_LAMBDA {
            auto const* const block = values + e * size;
            auto const* const x_block = x + static_cast<index>(a.columns[e]) * C;
            batch_type w[std::size_t{part}];
            simd::unroll<part>([&](auto p) LACUNA_INLINE_LAMBDA {
              w[p] = load_weights<typename shape::arch>(block + shape::values_at(g + p));
              if constexpr (Flipped)
                sum[p][Vectors][n] = add_products(w[p], flipped_zeros<typename shape::arch>(), sum[p][Vectors][n]);
            });
            simd::unroll<Vectors>([&](auto t) LACUNA_INLINE_LAMBDA {
              if constexpr (shape::packed) {
                auto const in = shape::load_x(x_block + t * stride);
                simd::unroll<part>([&](auto p)
                                       LACUNA_INLINE_LAMBDA { sum[p][t][n] = add_products(w[p], in, sum[p][t][n]); });
              } else {
                simd::unroll<part>([&](auto p) LACUNA_INLINE_LAMBDA {
                  sum[p][t][n] =
                      add_products(w[p], shape::load_x(x_block + t * stride + shape::inputs_at(g + p)), sum[p][t][n]);
                });
              }
            });
          };
          index e = from;
          for (; to - e >= chains; e += chains) {
            ask_for_blocks<chains * size* static_cast<int>(sizeof(W))>(values + e * size);
            simd::unroll<chains>([&](auto n) LACUNA_INLINE_LAMBDA { one(e + n, n); });
          }
          simd::unroll<chains - 1>([&](auto n) LACUNA_INLINE_LAMBDA {
            if (e + n < to) one(e + n, n);
          });
        });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
