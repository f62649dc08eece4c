// SPDX-License-Identifier: MIT
//
// Steps of a strip of a panel matrix: a column of each row, or of each pair of rows, times its line of X, added to sums
// in registers.
//
// Bound, for a pair of rows and 8 registers: a shared step is 16 fma, 8 loads of X, 2 of values, 1 of a column: 11
// loads at two a cycle hide behind 8 cycles of fma. An own step is 16 fma and 16 + 2 + 2 loads: 10 cycles, 80 % of the
// peak. Strips of four rows: own steps of 16 fma and 21 loads in four registers each, 76 %; of 8 and 13 in two, 61 %.
// Of eight rows: own steps of 16 fma and 23 loads in two registers each, 70 %.
//
// AVX2, pairs of rows in four registers each, of 8 for sums: a shared step is 8 fma and 7 loads, two own ones are 16
// and 18, 89 % of the peak. Reached by Zen 3, all in L1 and calm: shared steps 99 %, own steps 70 where each loads its
// values.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/pin.hpp>
#include <lacuna/simd/unroll.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Strips of H rows, N registers of sums each. Lines of X are `pitch` apart, which may be known when this is compiled.
/// Values are of S, or of any type W that simd::broadcast widens.
template <class Arch, int H, int N, class S>
struct panel_steps {
  using batch = simd::batch<S, Arch>;
  using row = batch[std::size_t{N}];
  using strip = row[std::size_t{H}];
  static constexpr index lanes = static_cast<index>(batch::size);
  /// Whether values are loaded by four and spread: where loads are two a cycle, all of them together, and a port that
  /// permutes has no multiply-add to start.
  static constexpr bool spreads_weights = simd::avx2<Arch> && simd::register_count<Arch> < 32 && sizeof(S) == 4;
  /// Whether there is `add_own_twice`.
  static constexpr bool two_at_once = H == 2 && spreads_weights;

  /// The type that values of T are best read in: T, or S, widened beforehand.
  template <class T>
  using value_t = std::conditional_t<spreads_weights && simd::broadcast<Arch, S, T>::at_once, T, S>;

  /// A column for each pair of rows.
  template <class Pitch, class W>
    requires(H > 1)
  LACUNA_INLINE static void add_shared(strip& sum, S const* x, Pitch pitch, std::uint16_t const* column,
                                       W const* value) noexcept {
    columns_of<H / 2> const at(column);
    simd::unroll<H / 2>([&](auto p) LACUNA_INLINE_LAMBDA {
      auto const* const from = x + at[p] * pitch;
      auto const w = simd::broadcast<Arch, S, W>::two(value + 2 * p);
      simd::unroll<N>([&](auto r) LACUNA_INLINE_LAMBDA {
        auto v = batch::load_unaligned(from + r * lanes);
        simd::pin(v);
        sum[2 * p][r] = simd::fma(w.first, v, sum[2 * p][r]);
        sum[2 * p + 1][r] = simd::fma(w.second, v, sum[2 * p + 1][r]);
      });
    });
  }

  /// A column for each row. With AVX2 four rows take their values from one load. With AVX-512, of eight rows of two
  /// registers four take their values from one load, spread by the port that permutes: 21 loads instead of 24 for 16
  /// multiply-adds, 5 to 8 % of the time. Four rows of two or four registers gain nothing by it, eight of one lose 7 %.
  template <class Pitch, class W>
  LACUNA_INLINE static void add_own(strip& sum, S const* x, Pitch pitch, std::uint16_t const* column,
                                    W const* value) noexcept {
    constexpr int spread = spreads_weights ? H / 4 * 4 : H == 8 && N == 2 && simd::avx512<Arch> ? 4 : 0;
    columns_of<H> const at(column);
    simd::unroll<spread / 4>([&](auto q) LACUNA_INLINE_LAMBDA {
      auto const four = four_of(value + 4 * q);
      simd::unroll<4>([&](auto h) LACUNA_INLINE_LAMBDA {
        add(sum[4 * q + h], x + at[4 * q + h] * pitch, simd::spread<Arch, S, decltype(h)::value>::run(four));
      });
    });
    simd::unroll<H - spread>([&](auto k) LACUNA_INLINE_LAMBDA {
      constexpr int h = decltype(k)::value + spread;
      add(sum[h], x + at[h] * pitch, simd::broadcast<Arch, S, W>::one(value + h));
    });
  }

  /// Two own steps, by one load of columns and one of values.
  template <class Pitch, class W>
    requires two_at_once
  LACUNA_INLINE static void add_own_twice(strip& sum, S const* x, Pitch pitch, std::uint16_t const* column,
                                          W const* value) noexcept {
    columns_of<4> const at(column);
    auto const four = four_of(value);
    simd::unroll<4>([&](auto k) LACUNA_INLINE_LAMBDA {
      add(sum[k % 2], x + at[k] * pitch, simd::spread<Arch, S, decltype(k)::value>::run(four));
    });
  }

  /// A column of one row, times its weight in all lanes.
  LACUNA_INLINE static void add(row& sum, S const* x, batch w) noexcept {
    simd::unroll<N>([&](auto r)
                        LACUNA_INLINE_LAMBDA { sum[r] = simd::fma(w, batch::load_unaligned(x + r * lanes), sum[r]); });
  }

 private:
  /// Four values in a register, over and over.
  template <class W>
  [[nodiscard]] LACUNA_INLINE static batch four_of(W const* value) noexcept {
    auto four = simd::broadcast<Arch, S, W>::four(value);
    simd::pin(four);
    return four;
  }

  /// `count` columns, two bytes each, by one load for each four: the load ports are what own steps wait for.
  template <int count>
  struct columns_of {
    std::uint64_t word[std::size_t{(count + 3) / 4}] = {};

    LACUNA_INLINE explicit columns_of(std::uint16_t const* column) noexcept {
      std::memcpy(word, column, 2 * static_cast<std::size_t>(count));
    }
    [[nodiscard]] LACUNA_INLINE index operator[](int n) const noexcept {
      auto const place = std::endian::native == std::endian::little ? n % 4 : 3 - n % 4;
      return static_cast<index>(word[n / 4] >> (16 * place) & 0xFFFFu);
    }
  };
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
