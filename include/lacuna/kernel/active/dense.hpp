// SPDX-License-Identifier: MIT
//
// y = W x with W dense and x a list of active inputs: only their columns are read.
//
// Column-major W: each active input is a line of W. Eight lines at a time are added to 4096 sums, which stay in L1,
// four registers of sums a step; eight lines are what one core needs in flight to fill its share of memory. The order
// of additions to a sum is that of the list, so neither tiles nor ranges change a bit.
//
// Bound: the bytes of the active lines. From L1, one load for each multiply-add and one load and store of the sums for
// eight. Reached on Zen 5, 3072 outputs x 768 inputs from memory, 0, 0.3, 0.5, 0.9 of the inputs left out: float 232,
// 142, 81, 11 us, 41, 46, 58, 86 GB/s (fewer are partly in L3), bf16 157, 112, 72, 6: 30 GB/s, bound by instructions.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/sparse_vector.hpp>
#include <lacuna/kernel/product.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/tile.hpp>
#include <lacuna/simd/unroll.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The kernel of dense W on one Arch. What all kernels for active inputs offer: `name`, and run.
template <order Order, class Arch>
struct active_dense;

template <class Arch>
struct active_dense<order::col_major, Arch> {
  static constexpr std::string_view name = "active/columns";
  static constexpr index tile = 4096;  // sums: 16 KB of float, a third of L1
  static constexpr int together = 8;   // lines in flight
  static constexpr int registers = 4;  // of sums a step, so that their additions overlap

  /// sums[i - first] = sum of W(i, j) x(j) over the elements that x stores, for i = first .. last. Reads nothing of
  /// other columns of W.
  template <class A, class S>
  static void run(dense_view<A const, order::col_major> w, sparse_vector_view<S> x, S* sums, index first,
                  index last) noexcept {
    for (index i = first; i < last; i += tile, sums += tile) {
      auto const count = std::min(tile, last - i);
      std::fill_n(sums, count, S{0});
      index s = 0;
      for (; x.stored() - s >= together; s += together) add_lines<together>(w, x, s, i, sums, count);
      for (; s != x.stored(); ++s) add_lines<1>(w, x, s, i, sums, count);
    }
  }

 private:
  template <int N, class A, class S>
  static void add_lines(dense_view<A const, order::col_major> w, sparse_vector_view<S> x, index s, index i, S* sums,
                        index count) noexcept {
    using batch_type = simd::batch<S, Arch>;
    constexpr auto lines = static_cast<std::size_t>(N);
    A const* start[lines];
    batch_type value[lines];
    simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
      start[n] = &w(i, static_cast<index>(x.indices().data()[s + n]));
      value[n] = batch_type(x.values().data()[s + n]);
    });
    simd::for_each_tile<Arch, S, registers>(count, [&](auto sum, index c) LACUNA_INLINE_LAMBDA {
      using tile_type = decltype(sum);
      simd::unroll<tile_type::registers>([&](auto r) LACUNA_INLINE_LAMBDA { sum.value[r] = sum.load(sums + c, r); });
      simd::unroll<N>([&](auto n) LACUNA_INLINE_LAMBDA {
        simd::unroll<tile_type::registers>([&](auto r) LACUNA_INLINE_LAMBDA {
          sum.value[r] = simd::fma(value[n], sum.load_as(start[n] + c + r * tile_type::lanes), sum.value[r]);
        });
      });
      simd::unroll<tile_type::registers>([&](auto r) LACUNA_INLINE_LAMBDA { sum.store(sums + c, sum.value[r], r); });
    });
  }
};

/// Row-major W: each output gathers its row's elements opposite the list, in four sums against the latency of an
/// addition. Every cache line of W that holds an active column is read, which above some tenth of them is all of W.
template <class Arch>
struct active_dense<order::row_major, Arch> {
  static constexpr std::string_view name = "active/gather";

  /// See above.
  template <class A, class S>
  static void run(dense_view<A const, order::row_major> w, sparse_vector_view<S> x, S* sums, index first,
                  index last) noexcept {
    auto const* const at = x.indices().data();
    auto const* const value = x.values().data();
    for (index i = first; i != last; ++i) {
      auto const* const row = w.data() + i * w.stride();
      S sum[4] = {};
      index s = 0;
      for (; x.stored() - s >= 4; s += 4)
        for (index k = 0; k != 4; ++k)
          sum[k] = multiply_add(sum[k], widened<S>(row[static_cast<index>(at[s + k])]), value[s + k]);
      for (; s != x.stored(); ++s) sum[0] = multiply_add(sum[0], widened<S>(row[static_cast<index>(at[s])]), value[s]);
      sums[i - first] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
