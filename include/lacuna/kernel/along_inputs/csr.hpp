// SPDX-License-Identifier: MIT
//
// Few columns of X with rows of csr: gathers for one token after the other, while a row's slots are in the L1 cache.
//
// Bound: as spmv, a gather of eight floats takes 5 cycles of a core with AVX2, for each token; the register tiles of
// `spmm` take an fma's latency, 4 cycles, for each slot, however few the tokens.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/csr.hpp>
#include <lacuna/kernel/along_inputs.hpp>
#include <lacuna/kernel/spmv/csr.hpp>
#include <lacuna/simd/stored.hpp>
#include <lacuna/simd/unroll.hpp>

#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct along_inputs<csr_layout, Arch> {
  using vectors = spmv<csr_layout, Arch>;

  template <class View>
  static constexpr bool accepts = simd::loadable<typename View::value_type, typename vectors::arch>;

  template <class View>
  [[nodiscard]] static index most(View const& a) noexcept {
    return a.cols() <= std::numeric_limits<std::int32_t>::max() ? 4 : 0;  // what a gather takes
  }
  template <class View>
  [[nodiscard]] static constexpr index size(index inputs) noexcept {
    return inputs;
  }
  template <class View, class X>
  static bool copy(X const* x, index stride, index inputs, index, index t,
                   accumulator_t<typename View::value_type>* to) noexcept {
    to += t * inputs;
    for (index k = 0; k != inputs; ++k) to[k] = static_cast<accumulator_t<typename View::value_type>>(x[k * stride]);
    return true;  // x is read opposite slots only
  }
  template <int Tokens, class View, class S, class Store>
  static void run(View a, column_copy<S> x, index first, index last, Store&& store) noexcept {
    for (index i = first; i < last; i += 8)
      simd::unroll<Tokens>([&](auto t) LACUNA_INLINE_LAMBDA {
        vectors::rows(a, x.data + t * x.inputs, i, last - i < 8 ? last : i + 8,
                      [&](index row, S sum) LACUNA_INLINE_LAMBDA { store(row, t, sum); });
      });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
