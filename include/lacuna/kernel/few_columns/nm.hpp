// SPDX-License-Identifier: MIT
//
// Few columns of X with N:M groups of codes: code_dot, four columns at a time. Groups that are masks: see bits.hpp.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/code_dot.hpp>
#include <lacuna/kernel/few_columns.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int Keep, int M, class Arch>
  requires(!nm_layout<Keep, M>::is_mask)
struct few_columns<nm_layout<Keep, M>, Arch> {
  template <class View>
  static constexpr index widest = code_shape<Arch, typename View::value_type, Keep, M>::available ? 4 : 0;

  /// Register tiles take 16 columns in the time of 7 of 1:4 and 2:8 here, and of 2 or 3 where x is gathered: 512x512
  /// with AVX-512, 4 and 8 columns: 1:4 20 and 40 us here, 35 and 36 there; 1:16 with 2 and 4, 9 and 17 against 12.
  template <class View>
  [[nodiscard]] static constexpr index most(View const&) noexcept {
    return code_dot<Arch, typename View::value_type, Keep, M>::looks_up ? 6 : 2;
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return 16;
  }
  /// By columns, and zeros up to a whole step of slots.
  template <class View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    return code_dot<Arch, typename View::value_type, Keep, M>::inputs(inputs) * width;
  }
  template <class View, class S>
  [[nodiscard]] static few_inputs<S> arrange(few_inputs<S> x, index width, S* to) noexcept {
    auto const line = code_dot<Arch, typename View::value_type, Keep, M>::inputs(x.inputs);
    if (line <= x.stride) return x;
    for (index c = 0; c != width; ++c) {
      std::copy(x.data + c * x.stride, x.data + c * x.stride + x.inputs, to + c * line);
      std::fill(to + c * line + x.inputs, to + (c + 1) * line, S{0});
    }
    return {to, line, x.inputs};
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    index t = 0;
    for (; width - t >= 4; t += 4) run_vectors<4>(a, x.data + t * x.stride, x.stride, sums + t, stride, first, last);
    if (width - t >= 2) {
      run_vectors<2>(a, x.data + t * x.stride, x.stride, sums + t, stride, first, last);
      t += 2;
    }
    if (t != width) run_vectors<1>(a, x.data + t * x.stride, x.stride, sums + t, stride, first, last);
  }

 private:
  template <int Vectors, class View, class S>
  static void run_vectors(View a, S const* x, index apart, S* sums, index stride, index first, index last) noexcept {
    code_dot<Arch, typename View::value_type, Keep, M>::template run<Vectors>(
        a, x, apart, first, last,
        [&](index i, index t, S sum) LACUNA_INLINE_LAMBDA { sums[(i - first) * stride + t] = sum; });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
