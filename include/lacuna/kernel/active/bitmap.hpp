// SPDX-License-Identifier: MIT
//
// y = A^T x with A a bitmap and x a list of active inputs: the values of active rows are expanded to the lanes of their
// outputs and added to the sums.
//
// Four rows at a time: for each register of sums one load, four expansions and multiply-adds, one store. A gap expands
// to 0, which an Inf or NaN of x must not meet: rows of such an input are visited slot by slot.
//
// Bound: values and one bit an element of the active rows, and the bits of the others in between, once from memory; or
// 3 cycles for each register on AVX-512 (a mask move and an expand of two operations share one port).
//
// The bits of rows further on and the values of the next four are asked for: rows are found in the order of the list,
// and a processor does not look as far ahead as to the next one. Reached on Zen 5, AVX-512, 768 inputs x 3072 outputs
// at 50 %: 141 us from L3, 3.7 cycles a register, and 149 from memory, 33 GB/s (514 without asking); bf16 146, where
// visiting bits takes 1000; with 0.3, 0.5, 0.9 of the inputs left out 108, 85, 17 us from memory.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/sparse_vector.hpp>
#include <lacuna/kernel/active.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/prefetch.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct active_rows<bitmap_layout, Arch> {
  static constexpr std::string_view name = "active/bitmap";
  static constexpr int together = 4;

  template <class View>
  static constexpr bool accepts =
      !std::integral<typename View::value_type> && simd::has_batch<Arch, accumulator_t<typename View::value_type>>;

  /// See active_fallback::run. Expects first to be a multiple of 64, and last as well or the number of outputs.
  template <class T, class S>
  static void run(bitmap_view<T> a, sparse_vector_view<S> x, S* sums, index first, index last) noexcept {
    std::fill_n(sums, last - first, S{0});
    listed<T> rows{cursor<T>{a, first / 8}, x};
    for (index s = 0; s != x.stored();) {
      int count = 0;
      while (count != together && s + count != x.stored() && is_finite(x.values().data()[s + count])) ++count;
      rows.reach(s + 2 * together, last - first);
      row<T> some[together];
      for (int k = 0; k != count; ++k) some[k] = rows.at(s + k);
      if (count == together) {
        T const* next[together];  // the rows that come after these, which are asked for along with them
        for (int k = 0; k != together; ++k) next[k] = rows.at(s + together + k).packed;
        add_rows<together>(some, next, sums, first, last);
      } else {
        for (int k = 0; k != count; ++k) add_rows<1>(some + k, &some[k].packed, sums, first, last);
      }
      s += count;
      for (; s != x.stored() && !is_finite(x.values().data()[s]); ++s) {
        rows.reach(s + 1, last - first);
        add_slots(rows.at(s), sums, first, last);
      }
    }
  }

 private:
  /// The part of an active row that belongs to a range.
  template <class T>
  struct row {
    std::uint8_t const* bits;
    T const* packed;
    accumulator_t<T> value;
  };

  /// Finds the values of rows in increasing order: from the offset of their strip, or from where the last one was
  /// found.
  template <class T>
  struct cursor {
    bitmap_view<T> a;
    index skip;        // bytes of a row before the range
    index known = -1;  // a row
    index before = 0;  // values before it

    [[nodiscard]] LACUNA_INLINE row<T> find(index j, accumulator_t<T> value) noexcept {
      constexpr auto strip = bitmap_view<T>::rows_per_offset;
      if (known < 0 || known / strip != j / strip) {
        known = j / strip * strip;
        before = static_cast<index>(a.offsets().data()[j / strip]);
      }
      before += detail::count_bits(a.row_bits(known), (j - known) * a.bytes_per_row());
      known = j;
      auto const* const bits = a.row_bits(j);
      return {bits + skip, a.values().data() + before + detail::count_bits(bits, skip), value};
    }
  };
  /// The rows of a list from some element on, found before they are wanted; bits of those behind them are on their way.
  template <class T>
  struct listed {
    static constexpr index kept = 2 * together;
    cursor<T> from;
    sparse_vector_view<accumulator_t<T>> x;
    index found = 0;  // elements of x whose rows are known
    row<T> some[static_cast<std::size_t>(kept)]{};

    /// Finds those of elements before `end`, of which the last `kept` stay known.
    LACUNA_INLINE void reach(index end, index outputs) noexcept {
      auto const* const indices = x.indices().data();
      for (end = std::min(end, x.stored()); found < end; ++found) {
        if (x.stored() - found > together) {
          auto const* const bits = from.a.row_bits(static_cast<index>(indices[found + together])) + from.skip;
          for (index byte = 0; 8 * byte < outputs; byte += 64) simd::prefetch_ahead<1>(bits, byte);
        }
        some[found % kept] = from.find(static_cast<index>(indices[found]), x.values().data()[found]);
      }
    }
    /// That of element s, or of an earlier one behind the end.
    [[nodiscard]] LACUNA_INLINE row<T> const& at(index s) const noexcept { return some[s % kept]; }
  };

  /// Also where the compiler was told that there is nothing else.
  template <class S>
  [[nodiscard]] LACUNA_INLINE static bool is_finite(S value) noexcept {
    if constexpr (sizeof(S) == 4)
      return (__builtin_bit_cast(std::uint32_t, value) & 0x7F800000u) != 0x7F800000u;
    else
      return (__builtin_bit_cast(std::uint64_t, value) & 0x7FF0000000000000u) != 0x7FF0000000000000u;
  }

  /// Adds N rows, and asks for the values of as many others as far as they have as many.
  template <int N, class T, class S>
  static void add_rows(row<T> const* some, T const* const* next, S* sums, index first, index last) noexcept {
    using batch_type = simd::batch<S, Arch>;
    constexpr int lanes = static_cast<int>(batch_type::size);
    constexpr auto rows = static_cast<std::size_t>(N);
    std::uint8_t const* bits[rows];
    T const* packed[rows];
    batch_type value[rows];
    index ahead[rows];
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
      ahead[n] = static_cast<index>(reinterpret_cast<std::uintptr_t>(next[n]) -
                                    reinterpret_cast<std::uintptr_t>(some[n].packed));
      bits[n] = some[n].bits;
      packed[n] = some[n].packed;
      value[n] = batch_type(some[n].value);
    });
    auto const bytes = detail::ceil_div(last - first, 8);
    for (index byte = 0; byte < bytes; byte += 8) {
      std::uint64_t word[rows];
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA { word[n] = detail::load_bits(bits[n] + byte, bytes - byte); });
      auto* const sum = sums + 8 * byte;
      auto const left = last - first - 8 * byte;
      simd::unroll<64 / lanes>([&](auto step) LACUNA_INLINE_LAMBDA {
        if (left <= step * lanes) return;
        auto const exists = simd::first_lanes(left - step * lanes < lanes ? left - step * lanes : lanes);
        bool const whole = left - step * lanes >= lanes;
        auto total = whole ? batch_type::load_unaligned(sum + step * lanes)
                           : simd::masked<Arch, S>::load(sum + step * lanes, exists);
        simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
          auto const here = (word[n] >> (step * lanes)) & simd::first_lanes(lanes);
          if constexpr (N > 1) simd::prefetch_ahead<1>(packed[n], ahead[n]);
          total = simd::fma(simd::expand<Arch, T>::load(packed[n], here), value[n], total);
          packed[n] += std::popcount(here);
        });
        if (whole)
          total.store_unaligned(sum + step * lanes);
        else
          simd::masked<Arch, S>::store(sum + step * lanes, total, exists);
      });
    }
  }

  template <class T, class S>
  static void add_slots(row<T> some, S* sums, index first, index last) noexcept {
    detail::visit_bits(some.bits, detail::ceil_div(last - first, 8), [&](index i) LACUNA_INLINE_LAMBDA {
      sums[i] = multiply_add(sums[i], widened<S>(*some.packed++), some.value);
    });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
