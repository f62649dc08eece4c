// SPDX-License-Identifier: MIT
//
// Rows of groups of int4 times a few vectors: lanes along the inputs of a group, whose weights become floats in
// registers. What spmv and few columns of grouped_int4 share.
//
// Bound, G = 16 and one vector on AVX-512: for sixteen codes four operations on two ports (the table of scaled numbers,
// a shift, a look-up, the fma) and four loads on two: 2 cycles for the 8 bytes of codes and the 4 to 8 of scale and
// group; G = 32: 3.5 cycles for 16 and 4 to 8. So less than the bytes bind one core: int8 in blocks of 1 x 16 with
// 16-bit columns would read its 18 bytes in the same 2 cycles at 32 GB/s. Another vector costs a load and an fma. AVX2
// takes eleven operations on two ports. Scales of 16 bits are widened 128 at a time.
//
// Reached, 4096x4096 at 50 %, scales of f16, one vector, from L3: 0.40 ms (G = 32: 0.36), 2.7 cycles for sixteen codes,
// 16 GB/s; int8 in blocks of 1 x 16 takes 3.9 ms in kernels of its own. 2, 4, 8 vectors 0.5, 0.95, 1.7 ms.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/grouped_int4.hpp>
#include <lacuna/kernel/weights.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Groups of G inputs, a multiple of sixteen, and scales of float or 16 bits.
template <class Arch, int G, class Scale>
concept dots_int4 = G % 16 == 0 && simd::loadable<Scale, Arch> && sizeof(Scale) <= 4;

/// Vectors in step: element k of group g of vector v, in the order of scaled_int4, stands at
/// x[(g * G + k) * Vectors ... ], sixteen of each vector after the other.
template <class Arch, int G, int Vectors>
struct int4_dot {
  using weights = simd::scaled_int4<Arch>;
  using batch_type = simd::batch<float, Arch>;
  static constexpr int lanes = static_cast<int>(batch_type::size);
  static constexpr int registers = weights::registers;
  static constexpr int units = G / 16;
  static constexpr int sums = Vectors >= 8 ? 1 : Vectors >= 4 ? 2 : 4;  // of a vector
  static constexpr int together = std::max(1, 4 / units);               // groups in step

  static constexpr index tile = std::max<index>(1, 32768 / (index{4} * G * Vectors));  // groups of inputs
  static constexpr index rows = 16;

  /// Elements of the arranged copies of vectors of so many inputs.
  [[nodiscard]] static constexpr index arranged(index inputs) noexcept { return (inputs + G - 1) / G * G * Vectors; }
  /// Element k of vector v is f(k, v) for v < width; others are 0.
  template <class F>
  static void arrange(index inputs, index width, float* to, F&& f) noexcept {
    for (index first = 0; first < inputs; first += G)
      for (index u = 0; u != units; ++u)
        for (index v = 0; v != Vectors; ++v, to += 16)
          for (int l = 0; l != 16; ++l) {
            auto const nibble = weights::at(l);
            index const k = first + 8 * u + nibble / 2 + nibble % 2 * (G / 2);
            to[l] = v < width && k < inputs ? f(k, v) : 0.0f;
          }
  }

  /// store(i, v, sum) for rows first .. last. Where four vectors or more leave L1, in tiles of columns that do not,
  /// with sums of `rows` rows kept between them: their registers from L2 would take 1.3 times as long.
  template <class View, class Store>
  static void run(View a, float const* x, index first, index last, Store&& store) noexcept {
    for (index i = first; i < last; i += rows) run_rows(a, x, i, std::min(i + rows, last), store);
  }

 private:
  using all_sums = batch_type[std::size_t{Vectors}][std::size_t{sums}];

  LACUNA_INLINE static void clear(all_sums& sum) noexcept {
    simd::unroll<Vectors>([&](auto v) LACUNA_INLINE_LAMBDA {
      simd::unroll<sums>([&](auto s) LACUNA_INLINE_LAMBDA { sum[v][s] = batch_type(0.0f); });
    });
  }
  [[nodiscard]] LACUNA_INLINE static batch_type total(batch_type const (&sum)[std::size_t{sums}]) noexcept {
    auto all = sum[0];
    simd::unroll<sums - 1>([&](auto s) LACUNA_INLINE_LAMBDA { all += sum[s + 1]; });
    return all;
  }

  template <class View, class Store>
  static void run_rows(View a, float const* x, index first, index last, Store&& store) noexcept {
    alignas(batch_type) float kept[std::size_t{rows * Vectors}][std::size_t{lanes}];
    index next[rows];
    for (index i = first; i != last; ++i) next[i - first] = static_cast<index>(a.offsets().data()[i]);
    index limit = 0;
    do {
      bool const fresh = limit == 0;
      limit = Vectors < 4 ? a.group_cols() : limit + tile;
      bool const whole = limit >= a.group_cols();
      for (index i = first; i != last; ++i) {
        auto const begin = next[i - first];
        auto end = static_cast<index>(a.offsets().data()[i + 1]);
        if (!whole) next[i - first] = end = first_from(a.groups().data(), begin, end, limit);
        all_sums sum;
        clear(sum);
        add_groups(a, begin, end, x, sum);
        simd::unroll<Vectors>([&](auto v) LACUNA_INLINE_LAMBDA {
          auto* const at = kept[(i - first) * Vectors + v];
          (fresh ? total(sum[v]) : batch_type::load_aligned(at) + total(sum[v])).store_aligned(at);
        });
      }
    } while (limit < a.group_cols());
    auto const count = (last - first) * Vectors;
    for (index n = 0; n < count; n += 8) {
      batch_type eight[8];
      float all[8];
      simd::unroll<8>([&](auto k) LACUNA_INLINE_LAMBDA {
        eight[k] = n + k < count ? batch_type::load_aligned(kept[n + k]) : batch_type(0.0f);
      });
      simd::sum_lanes<Arch, float>::store(eight, all);
      for (index k = 0; k != 8 && n + k < count; ++k) store(first + (n + k) / Vectors, (n + k) % Vectors, all[k]);
    }
  }

  /// The first of increasing groups begin .. end that is not below `limit`, or end.
  template <class I>
  [[nodiscard]] LACUNA_INLINE static index first_from(I const* groups, index begin, index end, index limit) noexcept {
    while (end - begin >= 8 && static_cast<index>(groups[begin + 7]) < limit) begin += 8;
    while (begin != end && static_cast<index>(groups[begin]) < limit) ++begin;
    return begin;
  }

  template <class View>
  LACUNA_INLINE static void add_groups(View a, index begin, index end, float const* x, all_sums& sum) noexcept {
    auto const* const groups = a.groups().data() + begin;
    auto const* const codes = a.codes().data() + begin * (G / 2);
    typename View::scale_type const* const scales[1] = {a.scales().data() + begin};
    for_each_piece<Arch, float>(scales, end - begin,
                                [&](index from, index size, float const* const(&scale)[1]) LACUNA_INLINE_LAMBDA {
                                  add(groups + from, codes + from * (G / 2), scale[0], size, x, sum);
                                });
  }

  template <class I>
  LACUNA_INLINE static void add(I const* groups, std::uint8_t const* codes, float const* scales, index count,
                                float const* x, all_sums& sum) noexcept {
    auto const one = [&](index g, auto n) LACUNA_INLINE_LAMBDA {
      weights const scaled(scales[g]);
      auto const* const input = x + static_cast<index>(groups[g]) * (G * Vectors);
      auto const some = [&](index first, auto size) LACUNA_INLINE_LAMBDA {
        simd::unroll<decltype(size)::value>([&](auto u) LACUNA_INLINE_LAMBDA {
          batch_type w[std::size_t{registers}];
          scaled.load(codes + g * (G / 2) + (first + u) * 8, w);
          simd::unroll<Vectors>([&](auto v) LACUNA_INLINE_LAMBDA {
            simd::unroll<registers>([&](auto r) LACUNA_INLINE_LAMBDA {
              constexpr int s =
                  ((decltype(n)::value * units + decltype(u)::value) * registers + decltype(r)::value) % sums;
              auto const* const at = input + ((first + u) * Vectors + v) * 16 + r * lanes;
              sum[v][s] = simd::fma(w[r], batch_type::load_unaligned(at), sum[v][s]);
            });
          });
        });
      };
      constexpr int step = units <= 8 ? units : 4;  // in a row, without a loop
      for (index first = 0; first != units / step * step; first += step)
        some(first, std::integral_constant<int, step>{});
      if constexpr (units % step != 0) some(units / step * step, std::integral_constant<int, units % step>{});
    };
    index g = 0;
    for (; count - g >= together; g += together) {
      simd::prefetch_ahead<together * G / 2>(codes + g * (G / 2), 2048);
      simd::unroll<together>([&](auto n) LACUNA_INLINE_LAMBDA { one(g + n, n); });
    }
    simd::unroll<together - 1>([&](auto n) LACUNA_INLINE_LAMBDA {
      if (g + n < count) one(g + n, n);
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
