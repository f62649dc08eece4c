// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A rows of bits, which are bitmap and the N:M formats with masks: see expand_dot for its bound.
//
// Reached, 4096x4096 from L3, AVX-512 with VBMI2, against a dense product that streams the same type (28 GB/s): bitmap
// at 50 % float 1.7 to 1.8, bf16 1.8 to 2.0; 2:4 float 1.8, bf16 1.9: the byte limit. f16 1.05, bound by its two
// shuffles more.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/kernel/expand_dot.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/stored.hpp>

#include <concepts>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct spmv_of_bits {
  template <class View, class X, class Y>
  static constexpr bool accepts =
      has_bit_rows<typename View::layout> && simd::loadable<typename View::value_type, Arch> && !std::integral<X>;

  /// Elements of the copy of x that `prepare` makes.
  template <class View>
  [[nodiscard]] static index prepared_size(View a) noexcept {
    return expanded<Arch, typename View::value_type>::size(a.cols());
  }
  /// x, of any stride and type, as `run` wants it.
  template <class View, class X>
  [[nodiscard]] static auto prepare(View a, vector_view<X const> x,
                                    accumulator_t<typename View::value_type>* to) noexcept {
    auto const finite = expanded<Arch, typename View::value_type>::copy(x.data(), x.stride(), x.size(), 1, to);
    return expanded_inputs<accumulator_t<typename View::value_type>>{to, a.cols(), finite};
  }
  /// See spmv_fallback::run.
  template <class View, class S, class Y, class Epilogue>
  static void run(View a, expanded_inputs<S> x, vector_view<Y> y, Epilogue const& ep, index first,
                  index last) noexcept {
    constexpr index block = 64;
    S sums[block];
    for (; first < last; first += block) {
      auto const rows = last - first < block ? last - first : block;
      expand_dot<Arch, typename View::value_type>::template run<1>(bit_rows_from(a, first), x, rows, sums, 1);
      for (index r = 0; r != rows; ++r) spmv_fallback::store<typename View::value_type>(sums[r], ep, y, first + r);
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
