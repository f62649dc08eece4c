// SPDX-License-Identifier: MIT
//
// Few columns of X with rows of csr: gathers of pairs of columns, or of one column after the other, while a row's slots
// are in the L1 cache.
//
// Bound: a gather takes a load for each of its lanes, whether they are of 32 bits or of 64: two columns of floats that
// stand in turn take the gathers of one. Reached with AVX-512 beside two products with a vector: 1.35 times as fast in
// the mean of 23 matrices of DLMC, 1.0 to 1.6, but 0.8 to 0.9 where the product takes 1 us and copies of X count
// (64x256 at 95 %); AVX2 1.1 to 1.65, and 0.84 there. Columns one by one, of other types and on other processors, take
// what a vector takes. The register tiles of `spmm` take an fma's latency, 4 cycles, for each slot, however few the
// columns.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/spmv/csr.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/stored.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct few_columns<csr_layout, Arch> {
  using vectors = spmv<csr_layout, Arch>;
  using arch = typename vectors::arch;

  /// Two columns of x stand in turn, and are gathered together.
  template <class View>
  static constexpr bool takes_pairs = simd::avx2<arch> && std::same_as<accumulator_t<typename View::value_type>, float>;

  template <class View>
  static constexpr index widest = simd::loadable<typename View::value_type, arch> ? 4 : 0;
  static constexpr bool writes_width = true;

  /// Where a register for each row of X fits the cache, rows in step take three columns and more in the time of one
  /// and a half pairs: 2048x512 at 80 %, 2, 3, 4 columns, 81, 125, 126 us with AVX-512, pairs 79, 148, 161. Where it
  /// does not, four columns are gathered faster: 2048x2048 at 90 %, 430 and 313 us. Of columns that are gathered one by
  /// one, two take as long as rows in step, with AVX2 longer if X fits 32 KB.
  template <class View>
  [[nodiscard]] static index most(View const& a) noexcept {
    if (a.cols() > std::numeric_limits<std::int32_t>::max()) return 0;  // what a gather takes
    using batch = simd::batch<accumulator_t<typename View::value_type>, Arch>;
    auto const bytes = a.cols() * static_cast<index>(sizeof(batch));
    if (!takes_pairs<View> && simd::avx2<Arch> && bytes <= 32768) return 1;
    return bytes < 73728 ? 2 : 4;
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return 16;
  }

  template <class View>
    requires takes_pairs<View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    constexpr auto lanes = static_cast<index>(simd::batch<float, Arch>::size);
    return width * (detail::ceil_div(inputs, lanes) * lanes);
  }
  template <class View>
    requires takes_pairs<View>
  [[nodiscard]] static few_inputs<float> arrange(few_inputs<float> x, index width, float* to) noexcept {
    index c = 0;
    for (; width - c >= 2; c += 2) {
      auto const* const one = x.data + c * x.stride;
      auto const* const other = one + x.stride;
      auto* const pairs = to + c * x.stride;
      for (index k = 0; k != x.inputs; ++k) {
        pairs[2 * k] = one[k];
        pairs[2 * k + 1] = other[k];
      }
    }
    if (c != width) std::copy_n(x.data + c * x.stride, x.inputs, to + c * x.stride);
    return {to, x.stride, x.inputs};
  }

  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    for (index i = first; i < last; i += 8) {
      index const end = last - i < 8 ? last : i + 8;
      index c = 0;
      if constexpr (takes_pairs<View>)
        for (; width - c >= 2; c += 2)
          for (index row = i; row != end; ++row)
            add_pairs(a, x.data + c * x.stride, row, sums + (row - first) * stride + c);
      for (; c != width; ++c)
        vectors::rows(a, x.data + c * x.stride, i, end,
                      [&](index row, S sum) LACUNA_INLINE_LAMBDA { sums[(row - first) * stride + c] = sum; });
    }
  }

 private:
  /// The sums of a row for a pair of columns.
  template <class View>
  LACUNA_INLINE static void add_pairs(View const& a, float const* x, index row, float* to) noexcept {
    using load = simd::stored<arch, typename View::value_type>;
    using pairs = simd::gather_pairs<arch>;
    using batch = simd::batch<float, arch>;
    constexpr index lanes = static_cast<index>(batch::size);
    auto const begin = static_cast<index>(a.offsets().data()[row]);
    auto const* const value = a.values().data() + begin;
    auto const* const column = a.columns().data() + begin;
    auto const count = static_cast<index>(a.offsets().data()[row + 1]) - begin;
    batch sum[2] = {batch(0.0f), batch(0.0f)};
    batch weight[2];
    index s = 0;
    for (; count - s >= lanes; s += lanes) {
      pairs::twice(load::load(value + s), weight);
      sum[0] = simd::fma(weight[0], pairs::load(x, column + s), sum[0]);
      sum[1] = simd::fma(weight[1], pairs::load(x, column + s + lanes / 2), sum[1]);
    }
    if (s != count) {
      auto const some = simd::first_lanes(count - s);
      pairs::twice(load::load(value + s, some), weight);
      sum[0] = simd::fma(weight[0], pairs::load(x, column + s, some), sum[0]);
      if (count - s > lanes / 2)
        sum[1] = simd::fma(weight[1], pairs::load(x, column + s + lanes / 2, some >> (lanes / 2)), sum[1]);
    }
    pairs::sum(sum[0] + sum[1], to);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
