// SPDX-License-Identifier: MIT
//
// Few columns of X with rows of bits, which are bitmap and the N:M formats with masks: see expand_dot.
//
// Bound and what is reached: kernel/expand_dot.hpp.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/kernel/bits_of_bytes.hpp>
#include <lacuna/kernel/bits_of_pairs.hpp>
#include <lacuna/kernel/byte_vector.hpp>
#include <lacuna/kernel/expand_dot.hpp>
#include <lacuna/kernel/expanded.hpp>
#include <lacuna/kernel/few_columns.hpp>
#include <lacuna/simd/stored.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// few_columns for bitmaps and the N:M formats whose codes are masks.
template <class Arch>
struct few_columns_of_bits {
  /// int8, exact: values are expanded once for eight columns, each of which takes one dot more (bits_of_bytes).
  template <class View>
  static constexpr bool of_bytes =
      bytes_with<Arch, typename View::value_type, std::uint8_t> && simd::expands_bytes<Arch>;

  template <class View>
  static constexpr index widest =
      has_bit_rows<typename View::layout> && (of_bytes<View> || simd::loadable<typename View::value_type, Arch>) ? 8
                                                                                                                 : 0;

  /// Here columns cost the same whatever the density, in register tiles, where those that have less than three
  /// registers are written out as numbers first, the less the sparser. Zen 5, AVX-512, float, 512x512, us here and
  /// there, at 50, 75, 85, 90, 95 % sparsity: 4 columns 17 beside 54, 31, 21, 17, 13; 8 columns 23 beside the same; 16
  /// and 24 columns 46 and 70 beside 54 and 88, at 65 % 42 and 65; of double each half as many. AVX2, 2048x512, 12, 16,
  /// 24 columns: at 50 % 352 and 473, 420 and 447, 624 and 475, at 65 % 346 and 275, 413 and 274, 409 (16 here) and
  /// 368. int8 with AVX2 on Zen 3, 2048x2048: 1, 4, 8 columns 0.3, 0.5, 0.8 ms whatever the density; tiles with 8 to
  /// 24 columns 2.5 to 3.5, 1.3 to 1.8, 0.8 to 1.2, 0.6 to 0.9 at 50, 80, 90, 95 %.
  template <class View>
  [[nodiscard]] static index most(View a) noexcept {
    auto const inputs = static_cast<double>(a.rows()) * static_cast<double>(a.cols());
    auto const density = static_cast<double>(a.stored()) / (inputs > 0 ? inputs : 1);
    if constexpr (simd::avx512<Arch> && !of_bytes<View>) {
      index const of_floats = density >= 0.42 ? 24 : density >= 0.17 ? 8 : density >= 0.09 ? 4 : 2;
      return of_floats * 4 / static_cast<index>(sizeof(accumulator_t<typename View::value_type>));
    } else if constexpr (simd::avx512<Arch>) {
      auto const passes = static_cast<index>(7 * density);
      return passes < 1 ? 8 : 8 * (passes < 3 ? passes : 3);
    } else if constexpr (takes_pairs<View, Arch>) {
      return std::min(static_cast<index>(4 + 40 * density), index{32});
    } else if constexpr (of_bytes<View>) {
      return static_cast<index>(32 * density);
    } else {
      auto const passes = index{7 * density >= 1} + index{7 * density >= 3};
      // Zen 3, 512x512, 2048x512, 3072x768, time in tiles over that here: 8 columns 1.0 to 1.08 at 70 %, 0.73 to 0.86
      // at 80; 3 and 4 columns 1.1 to 1.3 at 80 %, 0.86 to 0.93 at 90; 2 columns 1.05 to 1.11 at 90 %, 0.96 to 1.02
      // at 95.
      constexpr bool tiles_soon = simd::avx2<Arch> && lacuna::detail::tuned_for_zen;
      if (tiles_soon && std::same_as<typename View::value_type, float> && density < 0.25)
        return density < 0.075 ? 1 : density < 0.15 ? 2 : 4;
      return passes < 1 ? 4 : 8 * passes;
    }
  }
  template <class View>
  [[nodiscard]] static constexpr index unit(View const&) noexcept {
    return 16;
  }
  /// Columns that there are kernels for; those that are not there are zeros.
  [[nodiscard]] static constexpr index padded(index width) noexcept { return width <= 2 ? 2 : width <= 4 ? 4 : 8; }
  template <class View>
  [[nodiscard]] static constexpr index writes(index width) noexcept {
    return padded(width);
  }

  template <class View>
  [[nodiscard]] static constexpr index arranged(index inputs, index width) noexcept {
    if constexpr (takes_pairs<View, Arch>)
      return pairs_kernel<View, Arch>::line(inputs) * padded(width);
    else if constexpr (of_bytes<View>)
      return few_bytes::arranged(inputs, padded(width));
    else
      return expanded<Arch, typename View::value_type>::size(inputs) * padded(width);
  }
  template <class View, class S>
  [[nodiscard]] static few_inputs<S> arrange(few_inputs<S> x, index width, S* to) noexcept {
    auto const tokens = padded(width);
    if constexpr (takes_pairs<View, Arch>) {
      auto const element = [&](index c, index k) LACUNA_INLINE_LAMBDA { return x.data[c * x.stride + k]; };
      pairs_kernel<View, Arch>::arrange(x.inputs, width, tokens, element, to);
      return {to, 0, x.inputs, true};
    } else if constexpr (of_bytes<View>) {
      return few_bytes::arrange(x, width, tokens, to);
    } else {
      using form = expanded<Arch, typename View::value_type>;
      bool finite = true;
      if (width != tokens) std::fill(to, to + arranged<View>(x.inputs, width), S{0});
      for (index c = 0; c != width; ++c) finite &= form::copy(x.data + c * x.stride, 1, x.inputs, tokens, to + 64 * c);
      return {to, 0, x.inputs, finite};
    }
  }
  template <class View, class S>
  static void run(View a, few_inputs<S> x, S* sums, index stride, index first, index last, index width) noexcept {
    if (width <= 2)
      run_columns<2>(a, x, sums, stride, first, last);
    else if (width <= 4)
      run_columns<4>(a, x, sums, stride, first, last);
    else
      run_columns<8>(a, x, sums, stride, first, last);
  }

 private:
  template <int Columns, class View, class S>
  static void run_columns(View a, few_inputs<S> x, S* sums, index stride, index first, index last) noexcept {
    auto const rows = bit_rows_from(a, first);
    if constexpr (takes_pairs<View, Arch>)
      pairs_kernel<View, Arch>::template run<Columns>(rows, reinterpret_cast<std::int16_t const*>(x.data), last - first,
                                                      sums, stride);
    else if constexpr (of_bytes<View>)
      few_bytes::visit(x, [&]<class X>(byte_vector<X> in, index apart) LACUNA_INLINE_LAMBDA {
        bits_of_bytes<Arch, X>::template run<Columns>(rows, in, last - first, sums, apart, stride);
      });
    else
      expand_dot<Arch, typename View::value_type>::template run<Columns>(
          rows, expanded_inputs<S>{x.data, x.inputs, x.finite}, last - first, sums, stride);
  }
};

template <class Arch>
struct few_columns<bitmap_layout, Arch> : few_columns_of_bits<Arch> {};
}  // namespace lacuna::kernel::inline LACUNA_ISA
