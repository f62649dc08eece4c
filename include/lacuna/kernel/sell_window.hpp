// SPDX-License-Identifier: MIT
//
// The rows of a window of a tiled_sell matrix times a few vectors: what the kernels of one and of more columns share.
//
// A cell is multiplied diagonal by diagonal: a register of values, a register of positions, an element of x for each
// lane from the table in registers, one fma into sums that stand in L1 in the order of places. After the cell, sums
// are gathered into the order of rows and added up. The rest of a diagonal that fills no register keeps the other
// lanes of its sums: they are chosen by count, since 0 * Inf in a lane that stores nothing would be a NaN.
//
// For one vector, weights of bf16 on AVX-512 go by pairs of registers, slots of even and of odd number, which come
// apart without the port that permutes: 7 instead of 10 operations of it for 32 slots. Sums of a cell stand like that
// too until its end. On Zen weights of 16 bits go by pairs in order, whose x is looked up by halves.
//
// Bound: for a register of slots a load of weights and one of columns (a byte a slot), then for each vector a look-up
// of x, one fma, and a load and a store of sums in L1: with one vector three loads, a look-up and a store beside one
// fma, which never binds. From memory the bytes of the slots, sizeof(T) + 1 each.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/tiled_sell.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The sums of one window for Columns vectors.
template <class Arch, class View, int Columns>
class sell_window {
 public:
  using layout = typename View::layout;
  using value_type = typename View::value_type;
  using sum_type = accumulator_t<value_type>;
  using batch_type = simd::batch<sum_type, Arch>;
  using weights = simd::stored<Arch, value_type>;
  using positions = simd::positions<Arch, sum_type>;
  using halves = simd::lookup_halves<Arch, sum_type, static_cast<int>(layout::tile)>;
  /// Weights of 16 bits on Zen: two registers of x are looked up at once, weights and sums stay in order. Zen 5,
  /// 512x512 from L2, beside 32 bits and, for bf16, slots by number: bf16 at 50, 80, 95 % sparsity 6.6, 3.6, 1.7
  /// instead of 7.6, 4.0, 1.9 us, f16 6.5, 3.5, 1.7 instead of 7.6, 3.9, 1.7; float gains 0 to 4 %, and loses 10 at 80
  /// % from memory, where a step of two registers leaves more of each diagonal to its end. Intel takes two operations
  /// more for each permutation of 16 bits.
  static constexpr bool by_halves =
      lacuna::detail::tuned_for_zen && Columns == 1 && sizeof(value_type) == 2 && halves::available;
  using table = std::conditional_t<by_halves, halves, simd::lookup<Arch, sum_type, static_cast<int>(layout::tile)>>;
  static constexpr index lanes = static_cast<index>(batch_type::size);
  /// Slots of even and of odd number go to registers of their own, and so do the sums of a cell, until it has ended.
  using even_odd = simd::even_odd<Arch, value_type>;
  static constexpr bool by_number = [] {
    if constexpr (even_odd::available) return !by_halves && Columns == 1 && layout::tile <= even_odd::widest_table;
    return false;
  }();
  /// Entries between two tests for the end of a diagonal: a cache line of sums.
  static constexpr bool by_pairs = by_number || by_halves;
  static constexpr index step = by_pairs ? 2 * lanes : std::max(lanes, static_cast<index>(64 / sizeof(sum_type)));
  /// How far ahead of their use slots are asked for: 2 KB of floats, and 8 KB of values on Zen, where a core gets 40
  /// GB/s from memory with enough of it on the way. 2048x2048 from behind the caches of Zen 5, 512, 2048 and 4096 slots
  /// ahead: floats at 80 % sparsity 23, 31 and 25 GB/s; bf16 by halves, 2048, 4096 and 6144: 27, 37 and 31; from L3 the
  /// same but for 3 %. Intel's L3 is better off with 512.
  static constexpr index ahead = lacuna::detail::tuned_for_zen ? 8192 / static_cast<index>(sizeof(value_type)) : 512;

  /// Multiplies window w. tables(t) is an array-like of Columns tables of x for tile t.
  template <class Tables>
  LACUNA_INLINE void multiply(View a, index w, Tables&& tables) noexcept {
    auto const& grid = a.grid();
    auto const height = grid.height(w);
    for_each_column([&](auto c) LACUNA_INLINE_LAMBDA {
      for (index r = 0; r < height || r % step != 0; r += lanes) {  // whole steps: pairs reach behind the last row
        zero().store_unaligned(total_[c] + r);
        zero().store_unaligned(sum_[0][c] + r);
      }
    });
    int turn = 0;
    for (index t = 0; t != grid.tiles(); ++t) {
      auto const* const cell = a.cells().data() + grid.cell(w, t);
      if (cell[0].slot == cell[1].slot) continue;
      add_diagonals(a, cell, tables(t), sum_[turn]);
      add_in_order(a.places().data() + grid.places(w, t), height, sum_[turn], sum_[1 - turn]);
      turn = 1 - turn;
    }
  }
  /// Sums in the order of rows; behind the last row of the window stands anything.
  [[nodiscard]] LACUNA_INLINE sum_type const* sums(index column) const noexcept { return total_[column]; }

 private:
  static constexpr index padded = (layout::window + step - 1) / step * step;

  using sums_type = sum_type[static_cast<std::size_t>(Columns)][static_cast<std::size_t>(padded)];

  [[nodiscard]] LACUNA_INLINE static batch_type zero() noexcept { return batch_type(sum_type{0}); }

  /// sums += the slots of a cell, in the order of places.
  template <class Tables>
  LACUNA_INLINE void add_diagonals(View a, tiled_sell_cell const* cell, Tables const& x, sums_type& sums) noexcept {
    auto const* column = a.columns().data() + cell->slot;
    auto const* value = a.values().data() + cell->slot;
    auto const* const end = a.columns().data() + a.columns().size();
    for (index d = cell[0].diagonal; d != cell[1].diagonal; ++d) {
      index const length = a.diagonals().data()[d];
      index p = 0;
      for (; p + step <= length; p += step) {
        ask_ahead(value + p, column + p);
        if constexpr (by_pairs) {
          add_pair(whole_pair(value + p, column + p, x[0]), p, sums);
        } else
          simd::unroll<static_cast<int>(step / lanes)>([&](auto r) LACUNA_INLINE_LAMBDA {
            auto const here = p + r * lanes;
            auto const at = positions::load(column + here);
            auto const w = weights::load(value + here);
            for_each_column([&](auto c) LACUNA_INLINE_LAMBDA {
              auto* const sum = sums[c] + here;
              simd::fma(w, x[c][at], batch_type::load_unaligned(sum)).store_unaligned(sum);
            });
          });
      }
      if constexpr (by_halves) ask_ahead(value + p, column + p);
      if constexpr (by_pairs) {
        if (p < length) add_rest_of_pair(value + p, column + p, p, length - p, end, x, sums);
      } else if constexpr (step == lanes) {
        if (p < length) add_rest(value + p, column + p, p, length - p, end, x, sums);
      } else {
        for (; p < length; p += lanes) add_rest(value + p, column + p, p, std::min(lanes, length - p), end, x, sums);
      }
      column += length;
      value += length;
    }
    if constexpr (by_number) put_in_order(a.diagonals().data()[cell->diagonal], sums);
  }

  /// Asks for the slots of a step, `ahead` of those that stand here. Floats gain nothing by doing so for the end of a
  /// diagonal too.
  LACUNA_INLINE static void ask_ahead(value_type const* value, std::uint8_t const* column) noexcept {
    constexpr auto bytes = static_cast<index>(sizeof(value_type));
    simd::prefetch_ahead<by_halves ? static_cast<int>(step * bytes) : 1>(value, ahead * bytes);
    simd::prefetch_ahead<1>(column, ahead);
  }

  /// Two registers of weights and what they meet in x: slots of even and of odd number, or by halves in order.
  struct pair {
    batch_type x[2];
    batch_type w[2];
  };
  [[nodiscard]] LACUNA_INLINE static pair whole_pair(value_type const* value, std::uint8_t const* column,
                                                     table const& x) noexcept {
    pair of;
    if constexpr (by_halves) {
      x.load(column, of.x[0], of.x[1]);
    } else {
      positions at[2];
      even_odd::load(column, at[0], at[1]);
      simd::unroll<2>([&](auto r) LACUNA_INLINE_LAMBDA { of.x[r] = x[at[r]]; });
    }
    if constexpr (by_number)
      even_odd::load(value, of.w[0], of.w[1]);
    else
      simd::unroll<2>([&](auto r) LACUNA_INLINE_LAMBDA { of.w[r] = weights::load(value + r * lanes); });
    return of;
  }
  /// The first `count` slots of a pair, which alone are read.
  [[nodiscard]] LACUNA_INLINE static pair part_of_pair(value_type const* value, std::uint8_t const* column, index count,
                                                       table const& x) noexcept {
    pair of;
    if constexpr (by_halves) {
      x.load(column, count, of.x[0], of.x[1]);
    } else {
      positions at[2];
      even_odd::load(column, count, at[0], at[1]);
      simd::unroll<2>([&](auto r) LACUNA_INLINE_LAMBDA { of.x[r] = x[at[r]]; });
    }
    if constexpr (by_number)
      even_odd::load(value, simd::first_lanes(count), of.w[0], of.w[1]);
    else
      simd::unroll<2>([&](auto r) LACUNA_INLINE_LAMBDA {
        of.w[r] = weights::load(value + r * lanes, simd::first_lanes(count_in(r, count)));
      });
    return of;
  }
  /// How many of the first `count` slots of a pair are in register r.
  [[nodiscard]] LACUNA_INLINE static index count_in(int r, index count) noexcept {
    if constexpr (by_number) return (count + 1 - r) / 2;
    return std::clamp<index>(count - r * lanes, 0, lanes);
  }

  /// sums += the pair, whose first slot is at place p.
  LACUNA_INLINE static void add_pair(pair const& of, index p, sums_type& sums) noexcept {
    simd::unroll<2>([&](auto r) LACUNA_INLINE_LAMBDA {
      auto* const sum = sums[0] + p + r * lanes;
      simd::fma(of.w[r], of.x[r], batch_type::load_unaligned(sum)).store_unaligned(sum);
    });
  }

  /// add_rest for pairs: `count` < 2 * lanes.
  template <class Tables>
  LACUNA_INLINE static void add_rest_of_pair(value_type const* value, std::uint8_t const* column, index p, index count,
                                             std::uint8_t const* end, Tables const& x, sums_type& sums) noexcept {
    auto const of =
        end - column >= 2 * lanes ? whole_pair(value, column, x[0]) : part_of_pair(value, column, count, x[0]);
    simd::unroll<2>([&](auto r) LACUNA_INLINE_LAMBDA {
      auto* const sum = sums[0] + p + r * lanes;
      auto const before = batch_type::load_unaligned(sum);
      auto const bits = simd::first_lanes(count_in(r, count));
      simd::choose_lanes(bits, simd::fma(of.w[r], of.x[r], before), before).store_unaligned(sum);
    });
  }

  /// The sums of the first `count` places in the order of places.
  LACUNA_INLINE static void put_in_order(index count, sums_type& sums) noexcept {
    for (index p = 0; p < count; p += 2 * lanes)
      for_each_column([&](auto c) LACUNA_INLINE_LAMBDA {
        auto even = batch_type::load_unaligned(sums[c] + p);
        auto odd = batch_type::load_unaligned(sums[c] + p + lanes);
        even_odd::in_order(even, odd);
        even.store_unaligned(sums[c] + p);
        odd.store_unaligned(sums[c] + p + lanes);
      });
  }

  /// The end of a diagonal, `count` slots at places p, p + 1, ...; whole registers are read where there is memory.
  template <class Tables>
  LACUNA_INLINE void add_rest(value_type const* value, std::uint8_t const* column, index p, index count,
                              std::uint8_t const* end, Tables const& x, sums_type& sums) noexcept {
    auto const bits = simd::first_lanes(count);
    bool const whole = end - column >= lanes;
    auto const at = whole ? positions::load(column) : positions::load(column, count);
    auto const w = whole ? weights::load(value) : weights::load(value, bits);
    for_each_column([&](auto c) LACUNA_INLINE_LAMBDA {
      auto* const sum = sums[c] + p;
      auto const before = batch_type::load_unaligned(sum);
      simd::choose_lanes(bits, simd::fma(w, x[c][at], before), before).store_unaligned(sum);
    });
  }

  /// total[r] += from[place[r]]; next[r] = 0, for the next cell: two sets of sums in turn.
  LACUNA_INLINE void add_in_order(std::uint8_t const* place, index height, sums_type const& from,
                                  sums_type& next) noexcept {
    for (index r = 0; r < height; r += lanes) {
      auto const at = height - r >= lanes ? positions::load(place + r) : positions::load(place + r, height - r);
      for_each_column([&](auto c) LACUNA_INLINE_LAMBDA {
        (batch_type::load_unaligned(total_[c] + r) + at.gather(from[c])).store_unaligned(total_[c] + r);
        zero().store_unaligned(next[c] + r);
      });
    }
    if constexpr (by_number)  // the odd register of the last pair
      if (auto const end = (height + lanes - 1) / lanes * lanes; end % step != 0)
        for_each_column([&](auto c) LACUNA_INLINE_LAMBDA { zero().store_unaligned(next[c] + end); });
  }

  template <class F>
  LACUNA_INLINE static void for_each_column(F&& f) noexcept {
    simd::unroll<Columns>(f);
  }

  // Aligned, though not loaded as such: xsimd asserts that in every aligned load of a build without NDEBUG.
  alignas(64) sums_type sum_[2];
  alignas(64) sums_type total_;
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
