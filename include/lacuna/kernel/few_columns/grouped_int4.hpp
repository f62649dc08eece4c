// SPDX-License-Identifier: MIT
//
// Few columns of X with groups of int4: see int4_dot.
//
// Reached on Zen 5, AVX-512, 2048x2048 at 50 %, groups of 64, scales of f16, floats, 1, 2, 4, 8 columns: 55, 77, 126,
// 264 us, 76, 109, 133, 127 GFLOP/s of a peak of 245. Four columns share what becomes of the codes, so eight take twice
// the time.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/format/grouped_int4_layout.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/kernel/int4_dot.hpp>
#include <lacuna/simd/isa.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int G, class Arch>
struct few_columns<grouped_int4_layout<G>, Arch> {
  /// As many as there are registers for sums, weights and x.
  template <class View>
  static constexpr index widest = [] {
    if constexpr (dots_int4<Arch, G, typename View::scale_type>)
      return simd::register_count<Arch> == 32 ? 8 : 4;
    else
      return 0;
  }();
  /// Tiles of registers decode group by group for up to 64 columns: 2048x2048 at 50 %, 8, 16, 32 columns, 0.41, 0.76 ms
  /// here, 2.6 to 2.9 there; with AVX2 0.81, 1.6, 3.3 here, 2.6 to 3.3 there.
  template <class View>
  [[nodiscard]] static constexpr index most(View const&) noexcept {
    return simd::register_count<Arch> == 32 ? 48 : 24;
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return 16;
  }
  template <class View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    return width <= 2   ? int4_dot<Arch, G, 2>::arranged(inputs)
           : width <= 4 ? int4_dot<Arch, G, 4>::arranged(inputs)
                        : int4_dot<Arch, G, 8>::arranged(inputs);
  }
  template <class View>
  [[nodiscard]] static few_inputs<float> arrange(few_inputs<float> x, index width, float* to) noexcept {
    auto const element = [&](index k, index v) LACUNA_INLINE_LAMBDA { return x.data[v * x.stride + k]; };
    if (width <= 2)
      int4_dot<Arch, G, 2>::arrange(x.inputs, width, to, element);
    else if (width <= 4)
      int4_dot<Arch, G, 4>::arrange(x.inputs, width, to, element);
    else
      int4_dot<Arch, G, 8>::arrange(x.inputs, width, to, element);
    return {to, 0, x.inputs};
  }
  template <class View>
  static void run(View a, few_inputs<float> x, float* sums, index stride, index first, index last,
                  index width) noexcept {
    auto const store = [&](index i, index v, float sum) LACUNA_INLINE_LAMBDA { sums[(i - first) * stride + v] = sum; };
    if (width <= 2)
      int4_dot<Arch, G, 2>::run(a, x.data, first, last, store);
    else if (width <= 4 || widest<View> <= 4)
      int4_dot<Arch, G, 4>::run(a, x.data, first, last, store);
    else if constexpr (widest<View> > 4)
      int4_dot<Arch, G, 8>::run(a, x.data, first, last, store);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
