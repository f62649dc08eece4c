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
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/bitmap.hpp>
#include <lacuna/format/bits.hpp>
#include <lacuna/format/sparse_vector.hpp>
#include <lacuna/kernel/active.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
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
    cursor at{a, first / 8};
    index s = 0;
    row<T> some[together];
    while (s != x.stored()) {
      int count = 0;
      for (; s != x.stored() && count != together; ++s) {
        auto const next = at.find(static_cast<index>(x.indices().data()[s]), x.values().data()[s]);
        if (!is_finite(next.value)) break;
        some[count++] = next;
      }
      if (count == together)
        add_rows<together>(some, sums, first, last);
      else
        for (int k = 0; k != count; ++k) add_rows<1>(some + k, sums, first, last);
      for (; s != x.stored() && !is_finite(x.values().data()[s]); ++s)
        add_slots(at.find(static_cast<index>(x.indices().data()[s]), x.values().data()[s]), sums, first, last);
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
  template <class T>
  cursor(bitmap_view<T>, index) -> cursor<T>;

  /// Also where the compiler was told that there is nothing else.
  template <class S>
  [[nodiscard]] LACUNA_INLINE static bool is_finite(S value) noexcept {
    if constexpr (sizeof(S) == 4)
      return (__builtin_bit_cast(std::uint32_t, value) & 0x7F800000u) != 0x7F800000u;
    else
      return (__builtin_bit_cast(std::uint64_t, value) & 0x7FF0000000000000u) != 0x7FF0000000000000u;
  }

  template <int N, class T, class S>
  static void add_rows(row<T> const* some, S* sums, index first, index last) noexcept {
    using batch_type = simd::batch<S, Arch>;
    constexpr int lanes = static_cast<int>(batch_type::size);
    constexpr auto rows = static_cast<std::size_t>(N);
    std::uint8_t const* bits[rows];
    T const* packed[rows];
    batch_type value[rows];
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
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
