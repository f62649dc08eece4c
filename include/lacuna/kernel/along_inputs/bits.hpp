// SPDX-License-Identifier: MIT
//
// Few columns of X with rows of bits, which are bitmap and the N:M formats with masks: see expand_dot.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/kernel/along_inputs.hpp>
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/kernel/expand_dot.hpp>
#include <lacuna/simd/stored.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct along_inputs_of_bits {
  template <class View>
  static constexpr bool accepts = bit_rows<View>::available && simd::loadable<typename View::value_type, Arch>;

  /// Eight tokens take 10 cycles for 16 inputs here, up to 32 take 4 or 5 for each slot in register tiles.
  template <class View>
  [[nodiscard]] static index most(View a) noexcept {
    auto const inputs = static_cast<double>(a.rows()) * static_cast<double>(a.cols());
    auto const passes = static_cast<index>(7 * static_cast<double>(a.stored()) / (inputs > 0 ? inputs : 1));
    return passes < 1 ? 4 : 8 * (passes < 3 ? passes : 3);
  }
  template <class View>
  [[nodiscard]] static constexpr index size(index inputs) noexcept {
    return expanded<Arch, typename View::value_type>::size(inputs);
  }
  template <class View, class X>
  static bool copy(X const* x, index stride, index inputs, index tokens, index t,
                   accumulator_t<typename View::value_type>* to) noexcept {
    return expanded<Arch, typename View::value_type>::copy(x, stride, inputs, tokens, to + 64 * t);
  }
  template <int Tokens, class View, class S, class Store>
  static void run(View a, column_copy<S> x, index first, index last, Store&& store) noexcept {
    expand_dot<Arch, typename View::value_type>::template run<Tokens>(bit_rows<View>{a}, x, first, last, store);
  }
};

template <class Arch>
struct along_inputs<bitmap_layout, Arch> : along_inputs_of_bits<Arch> {};
template <int Keep, int M, class Arch>
struct along_inputs<nm_layout<Keep, M>, Arch> : along_inputs_of_bits<Arch> {
  /// The register tiles of N:M take 32 columns in the time of 12 here.
  template <class View>
  [[nodiscard]] static constexpr index most(View const&) noexcept {
    return 8;
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
