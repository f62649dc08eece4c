// SPDX-License-Identifier: MIT
//
// Few columns of X with rows of csr: gathers for one column after the other, while a row's slots are in the L1 cache.
//
// Bound: as spmv, a gather of eight floats takes 5 cycles of a core with AVX2, for each column; the register tiles of
// `spmm` take an fma's latency, 4 cycles, for each slot, however few the columns.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/spmv/csr.hpp>
#include <lacuna/simd/stored.hpp>

#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct few_columns<csr_layout, Arch> {
  using vectors = spmv<csr_layout, Arch>;

  template <class View>
  static constexpr index widest = simd::loadable<typename View::value_type, typename vectors::arch> ? 4 : 0;

  /// Where a register for each row of X fits the cache, rows in step take it for all its columns in the time of two
  /// gathers: 2048x512 at 80 %, 2, 4 and 5 columns, 101, 190, 106 us with AVX-512, 108, 176, 99 with AVX2. Where it
  /// does not, four columns are gathered as fast: 2048x2048 at 90 %, 197, 401, 405 us; at 98 %, 52, 98, 147. With AVX2,
  /// where a row of X is half as long, rows in step are as fast for two columns too, if X fits 32 KB: 512x512 at
  /// 50 %, 55 against 62 us, 2048x512 at 80, 90, 98 %, 102 against 112, 54 against 65, 19 against 24; 512x2048 at 80 %,
  /// 113 against 103.
  template <class View>
  [[nodiscard]] static index most(View const& a) noexcept {
    if (a.cols() > std::numeric_limits<std::int32_t>::max()) return 0;  // what a gather takes
    using batch = simd::batch<accumulator_t<typename View::value_type>, Arch>;
    auto const bytes = a.cols() * static_cast<index>(sizeof(batch));
    if (simd::avx2<Arch> && bytes <= 32768) return 1;
    return bytes <= 73728 ? 2 : 4;
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return 16;
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    for (index i = first; i < last; i += 8)
      for (index c = 0; c != width; ++c)
        vectors::rows(a, x.data + c * x.stride, i, last - i < 8 ? last : i + 8,
                      [&](index row, S sum) LACUNA_INLINE_LAMBDA { sums[(row - first) * stride + c] = sum; });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
