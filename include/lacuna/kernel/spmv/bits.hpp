// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A rows of bits, which are bitmap and the N:M formats with masks: see expand_dot for its bound.
//
// Reached with four rows of floats side by side, 4096x4096 from L3, AVX-512 with VBMI2, against a dense product that
// streams the same type (28 GB/s): bitmap at 50 % float 1.7 to 1.8, bf16 1.8 to 2.0; 2:4 float 1.8, bf16 1.9: the byte
// limit. f16 1.05, bound by its two shuffles more. AVX2, of the byte limit: bitmap at 50 % 17 % from L2 (512x512), 34
// from L3 (2048x512).
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/bit_rows.hpp>
#include <lacuna/kernel/bits_of_bytes.hpp>
#include <lacuna/kernel/bits_of_pairs.hpp>
#include <lacuna/kernel/byte_vector.hpp>
#include <lacuna/kernel/expand_dot.hpp>
#include <lacuna/kernel/expanded.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/simd/stored.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// spmv for bitmaps and the N:M formats whose codes are masks.
template <class Arch>
struct spmv_of_bits {
  template <class View, class X, class Y>
  static constexpr bool accepts =
      has_bit_rows<typename View::layout> && (bytes_with<Arch, typename View::value_type, X> ||
                                              (simd::loadable<typename View::value_type, Arch> && !std::integral<X>));

  /// Elements of the copy of x that `prepare` makes.
  template <class View>
  [[nodiscard]] static index prepared_size(View a) noexcept {
    if constexpr (takes_pairs<View, Arch>)
      return pairs_kernel<View, Arch>::line(a.cols());
    else if constexpr (std::integral<typename View::value_type>)
      return byte_vector_size(a.cols());
    else
      return expanded<Arch, typename View::value_type>::size(a.cols());
  }
  /// x, of any stride and type, as `run` wants it.
  template <class View, class X>
  [[nodiscard]] static auto prepare(View a, vector_view<X const> x,
                                    accumulator_t<typename View::value_type>* to) noexcept {
    if constexpr (takes_pairs<View, Arch>) {
      return pairs_kernel<View, Arch>::arrange(
          x.size(), 1, 1, [&](index, index k) LACUNA_INLINE_LAMBDA { return x[k]; }, to);
    } else if constexpr (std::integral<typename View::value_type>) {
      return copy_bytes(x, to);
    } else {
      auto const finite = expanded<Arch, typename View::value_type>::copy(x.data(), x.stride(), x.size(), 1, to);
      return expanded_inputs<accumulator_t<typename View::value_type>>{to, a.cols(), finite};
    }
  }
  /// See spmv_fallback::run. `x` is what `prepare` returned.
  template <class View, class In, class Y, class Epilogue>
  static void run(View a, In x, vector_view<Y> y, Epilogue const& ep, index first, index last) noexcept {
    using V = typename View::value_type;
    constexpr index block = 64;
    accumulator_t<V> sums[block];
    for (; first < last; first += block) {
      auto const rows = last - first < block ? last - first : block;
      if constexpr (takes_pairs<View, Arch>)
        pairs_kernel<View, Arch>::run(bit_rows_from(a, first), x, rows, sums);
      else
        multiply(bit_rows_from(a, first), x, rows, sums);
      for (index r = 0; r != rows; ++r) spmv_fallback::store<V>(sums[r], ep, y, first + r);
    }
  }

 private:
  template <class V, class S>
  LACUNA_INLINE static void multiply(bit_rows<V> a, expanded_inputs<S> x, index rows, S* sums) noexcept {
    expand_dot<Arch, V>::template run<1>(a, x, rows, sums, 1);
  }
  template <class X>
  LACUNA_INLINE static void multiply(bit_rows<std::int8_t> a, byte_vector<X> x, index rows,
                                     std::int32_t* sums) noexcept {
    bits_of_bytes<Arch, X>::run(a, x, rows, sums);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
