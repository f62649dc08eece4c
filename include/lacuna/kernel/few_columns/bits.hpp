// SPDX-License-Identifier: MIT
//
// Few columns of X with rows of bits, which are bitmap and the N:M formats with masks: see expand_dot.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/kernel/expand_dot.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/simd/stored.hpp>

#include <algorithm>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct few_columns_of_bits {
  template <class View>
  static constexpr index widest =
      has_bit_rows<typename View::layout> && simd::loadable<typename View::value_type, Arch> ? 8 : 0;

  /// Eight columns take 10 cycles for 16 inputs here, up to 32 take 4 or 5 for each slot in register tiles. It holds
  /// with AVX2, too: 512x512 at 50, 70, 80, 90 % sparsity, 8 columns 69, 67, 69, 65 us, 16 columns 137, 133 here, 85,
  /// 58 in register tiles, 32 there 198, 130, 100, 70.
  template <class View>
  [[nodiscard]] static index most(View a) noexcept {
    auto const inputs = static_cast<double>(a.rows()) * static_cast<double>(a.cols());
    auto const passes = static_cast<index>(7 * static_cast<double>(a.stored()) / (inputs > 0 ? inputs : 1));
    return passes < 1 ? 4 : 8 * (passes < 3 ? passes : 3);
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return 16;
  }
  /// Columns that there are kernels for; those that are not there are zeros.
  [[nodiscard]] static constexpr index padded(index width) noexcept { return width <= 2 ? 2 : width <= 4 ? 4 : 8; }

  template <class View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    return expanded<Arch, typename View::value_type>::size(inputs) * padded(width);
  }
  template <class View, class S>
  [[nodiscard]] static few_inputs<S> arrange(few_inputs<S> x, index width, S* to) noexcept {
    using form = expanded<Arch, typename View::value_type>;
    auto const tokens = padded(width);
    bool finite = true;
    if (width != tokens) std::fill(to, to + arranged<View>(x.inputs, width), S{0});
    for (index c = 0; c != width; ++c) finite &= form::copy(x.data + c * x.stride, 1, x.inputs, tokens, to + 64 * c);
    return {to, 0, x.inputs, finite};
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    using dot = expand_dot<Arch, typename View::value_type>;
    auto const rows = bit_rows_from(a, first);
    expanded_inputs<S> const in{x.data, x.inputs, x.finite};
    if (width <= 2)
      dot::template run<2>(rows, in, last - first, sums, stride);
    else if (width <= 4)
      dot::template run<4>(rows, in, last - first, sums, stride);
    else
      dot::template run<8>(rows, in, last - first, sums, stride);
  }
};

template <class Arch>
struct few_columns<bitmap_layout, Arch> : few_columns_of_bits<Arch> {};
}  // namespace lacuna::kernel::inline LACUNA_ISA
