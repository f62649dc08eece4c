// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A in CSR: a register of slots at a time, x gathered.
//
// Bound: a gather of eight floats takes about 5 cycles of a core with AVX2, longer than the latency of the fma that
// waits for it: one sum a row is enough there, two where registers have four lanes. The processor overlaps the rows;
// what binds short rows is the last, masked gather, the sum over its lanes and a mispredicted loop end, 10 to 15 cycles
// a row together. Reached with AVX-512, geometric mean over 23 matrices of DLMC at 50 to 98 %: 7.8 GFLOP/s, 9.5 with
// long rows, 5.3 with rows of ten slots, where Eigen has 2.6, 2.3 and 3.2. On Zen 5 eight loads take the place of a
// gather: 1.5 times the speed at 95 %, 2.0 at 50 % (512x512 and 2048x512).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct spmv<csr_layout, Arch> {
  static constexpr std::string_view name = "csr/gather";
  using arch = simd::gather_arch<Arch>;

  template <class View, class X, class Y>
  static constexpr bool accepts =
      simd::loadable<typename View::value_type, arch> && std::same_as<accumulator_t<typename View::value_type>, X>;

  /// See spmv_fallback::run.
  template <class View, class X, class Y, class Epilogue>
  static void run(View a, vector_view<X const> x, vector_view<Y> y, Epilogue const& ep, index first,
                  index last) noexcept {
    if (a.cols() > std::numeric_limits<std::int32_t>::max()) return spmv_fallback::run(a, x, y, ep, first, last);
    for (index i = first; i < last; i += 8)
      rows(a, x.data(), i, last - i < 8 ? last : i + 8, [&](index row, X sum) LACUNA_INLINE_LAMBDA {
        spmv_fallback::store<typename View::value_type>(sum, ep, y, row);
      });
  }

  /// store(i, sum) for up to eight rows first .. last, whose sums over lanes are found together.
  template <class View, class X, class Store>
  LACUNA_INLINE static void rows(View a, X const* x, index first, index last, Store&& store) noexcept {
    using batch = simd::batch<X, arch>;
    auto const* const offsets = a.offsets().data() + first;
    batch sums[8] = {batch(X{0}), batch(X{0}), batch(X{0}), batch(X{0}),
                     batch(X{0}), batch(X{0}), batch(X{0}), batch(X{0})};
    X total[8];
    X rest[8] = {};
    for (index g = 0; g != last - first; ++g) {
      auto const begin = static_cast<index>(offsets[g]);
      auto const count = static_cast<index>(offsets[g + 1]) - begin;
      sums[g] = dot(a.values().data() + begin, a.columns().data() + begin, count, x, rest[g]);
    }
    simd::sum_lanes<arch, X>::store(sums, total);
    for (index g = 0; g != last - first; ++g) store(first + g, total[g] + rest[g]);
  }

 private:
  /// The sum of values[s] * x[columns[s]], 0 <= s < count: over the lanes of the result, and `rest`.
  template <class V, class I, class X>
  [[nodiscard]] LACUNA_INLINE static simd::batch<X, arch> dot(V const* values, I const* columns, index count,
                                                              X const* x, X& rest) noexcept {
    using batch = simd::batch<X, arch>;
    using load = simd::stored<arch, V>;
    using gather = simd::gather<arch, X>;
    constexpr index lanes = static_cast<index>(batch::size);
    constexpr int sums = lanes < 8 ? 2 : 1;
    batch sum[2] = {batch(X{0}), batch(X{0})};
    index s = 0;
    for (; count - s >= sums * lanes; s += sums * lanes)
      simd::unroll<sums>([&](auto n) LACUNA_INLINE_LAMBDA {
        auto const at = s + n * lanes;
        sum[n] = simd::fma(load::load(values + at), gather::load(x, columns + at), sum[n]);
      });
    if (sums > 1 && count - s >= lanes) {
      sum[0] = simd::fma(load::load(values + s), gather::load(x, columns + s), sum[0]);
      s += lanes;
    }
    if constexpr (lanes <= 4 || !simd::fast_gathers<arch>) {  // lanes to be left out would cost more than they bring
      for (; s != count; ++s) rest += static_cast<X>(values[s]) * x[static_cast<index>(columns[s])];
    } else if (s != count) {
      auto const some = simd::first_lanes(count - s);
      sum[0] = simd::fma(load::load(values + s, some), gather::load(x, columns + s, some), sum[0]);
    }
    return sums > 1 ? sum[0] + sum[1] : sum[0];
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
