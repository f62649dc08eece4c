// SPDX-License-Identifier: MIT
//
// A vector or a few with rows of int8 whose columns are any, where there are no dots of bytes: slot by slot for one
// vector, two slots at a time for four or eight, whose bytes stand column by column.
//
// Bound on AVX2: three loads a slot for one vector, one cycle; else, for two slots, five loads and nine operations.
// Reached on Zen 3, 2048x2048 at 80 %, from L3, G operations/s that count, with 1, 2, 4, 8 vectors, beside tiles of 32
// columns (kernel/slot_quads.hpp): 3.5, 9, 19, 23 instead of 1.5, 3, 6, 11.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/few_quads.hpp>
#include <lacuna/kernel/gathered_quads.hpp>
#include <lacuna/kernel/quad.hpp>
#include <lacuna/kernel/slot_quads.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Few columns of X with rows of csr.
template <class Arch, bool Flipped>
struct few_columns_of_slots {
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return 16;
  }
  template <class View>
  static void run(View a, few_inputs<std::int32_t> x, std::int32_t* sums, index stride, index first, index last,
                  index width) noexcept {
    auto const* const bytes = reinterpret_cast<std::uint8_t const*>(x.data);
    for (index i = first; i != last; ++i, sums += stride) {
      slot_list const row{a.columns().data(), a.values().data(), static_cast<index>(a.offsets().data()[i]),
                          static_cast<index>(a.offsets().data()[i + 1])};
      switch (padded_vectors(width)) {
        case 1:
          one(row, bytes, sums);
          break;
        case 4:
          some<4>(row, a.stored(), bytes, sums);
          break;
        default:
          some<8>(row, a.stored(), bytes, sums);
          break;
      }
    }
  }

 private:
  static constexpr index step = 16;
  /// What every byte of X is too large by.
  static constexpr std::int32_t excess = Flipped ? 128 : 0;

  template <class I>
  static void one(slot_list<I> const& row, std::uint8_t const* x, std::int32_t* to) noexcept {
    std::uint32_t sum[4] = {};  // sums wrap around
    auto const product = [&](index e) LACUNA_INLINE_LAMBDA {
      return (std::int32_t{x[static_cast<index>(row.columns[e])]} - excess) * std::int32_t{row.values[e]};
    };
    index e = row.first;
    for (; row.last - e >= step; e += step) {
      ask_for_quad<step>(row.values + e);
      ask_for_quad<step* static_cast<int>(sizeof(I))>(row.columns + e);
      simd::unroll<step>([&](auto n)
                             LACUNA_INLINE_LAMBDA { sum[n % 4] += static_cast<std::uint32_t>(product(e + n)); });
    }
    for (; e != row.last; ++e) sum[0] += static_cast<std::uint32_t>(product(e));
    *to = static_cast<std::int32_t>(sum[0] + sum[1] + sum[2] + sum[3]);
  }

  template <int Vectors, class I>
  static void some(slot_list<I> const& row, index stored, std::uint8_t const* x, std::int32_t* to) noexcept {
    using pairs = simd::slot_pairs<Arch, Vectors>;
    auto sum = pairs::zero();
    std::uint32_t weights = 0;
    std::int16_t pair[std::size_t{step}];
    auto const four = [&](I const* columns, index e) LACUNA_INLINE_LAMBDA {
      auto const line = [&](index n) LACUNA_INLINE_LAMBDA { return x + static_cast<index>(columns[e + n]) * Vectors; };
      sum = pairs::add(sum, line(0), line(2), pair + e);
      sum = pairs::add(sum, line(1), line(3), pair + e + 2);
    };
    auto const widen = [&](std::int8_t const* values) LACUNA_INLINE_LAMBDA {
      simd::wide_dot4<Arch>::widen(values, pair);
      if constexpr (Flipped)
        for (index e = 0; e != step; ++e) weights += static_cast<std::uint32_t>(values[e]);
    };
    index e = row.first;
    for (; row.last - e >= step; e += step) {
      ask_for_quad<step>(row.values + e);
      ask_for_quad<step* static_cast<int>(sizeof(I))>(row.columns + e);
      widen(row.values + e);
      simd::unroll<step / 4>([&](auto q) LACUNA_INLINE_LAMBDA { four(row.columns + e, 4 * q); });
    }
    if (auto const rest = row.last - e; rest != 0) {
      // Slots behind the last one, of other rows if there are any, have weights of 0.
      bool const readable = stored - e >= step;
      I columns[std::size_t{step}];
      std::int8_t values[std::size_t{step}] = {};
      if (readable) {
        std::memcpy(values, row.values + e, std::size_t{step});
        for (index n = 0; n != step; ++n) values[n] = n < rest ? values[n] : std::int8_t{0};
      } else {
        std::copy(row.values + e, row.values + row.last, values);
        std::fill(columns, columns + step, row.columns[e]);
        std::copy(row.columns + e, row.columns + row.last, columns);
      }
      widen(values);
      for (index n = 0; n < rest; n += 4) four(readable ? row.columns + e : columns, n);
    }
    pairs::store(sum, to);
    if constexpr (Flipped)
      for (int v = 0; v != Vectors; ++v)
        to[v] = wrapping_sum(to[v], static_cast<std::int32_t>(0u - std::uint32_t{excess} * weights));
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
