// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A an N:M matrix: see code_dot. Masks (2:4, 4:8) of a row, one behind the other, are a bit for
// each column: where no registers of positions can be made of them (double and NEON, say), a row is multiplied as one
// of a bitmap.
//
// Bound and what is reached: kernel/code_dot.hpp, kernel/expand_dot.hpp.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/block_dot.hpp>
#include <lacuna/kernel/code_dot.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/kernel/spmv/bits.hpp>

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// By lookup, whatever the groups are.
template <int Keep, int M, class Arch>
struct spmv_by_lookup {
  template <class View, class X, class Y>
  static constexpr bool accepts = code_shape<Arch, typename View::value_type, Keep, M>::available && !std::integral<X>;

  /// Elements of the copy of x that `prepare` may make.
  template <class View>
  [[nodiscard]] static index prepared_size(View a) noexcept {
    return code_dot<Arch, typename View::value_type, Keep, M>::inputs(a.cols());
  }
  /// x, of any stride and type, as `run` wants it: as it is, if it ends with a step and need not be arranged.
  template <class View, class X>
  [[nodiscard]] static auto prepare(View a, vector_view<X const> x,
                                    accumulator_t<typename View::value_type>* to) noexcept {
    using dot = code_dot<Arch, typename View::value_type, Keep, M>;
    auto const size = prepared_size(a);
    auto padded = padded_vector(x, size, to);
    if constexpr (dot::arranges) {
      if (padded.data() != to) std::copy(padded.data(), padded.data() + size, to);
      dot::arrange(to, size);
      padded = {to, size};
    }
    return padded;
  }
  /// See spmv_fallback::run.
  template <class View, class S, class Y, class Epilogue>
  static void run(View a, vector_view<S const> x, vector_view<Y> y, Epilogue const& ep, index first,
                  index last) noexcept {
    code_dot<Arch, typename View::value_type, Keep, M>::template run<1>(
        a, x.data(), 0, first, last, [&](index i, index, S sum) LACUNA_INLINE_LAMBDA {
          spmv_fallback::store<typename View::value_type>(sum, ep, y, i);
        });
  }
};

/// Codes.
template <int Keep, int M, class Arch>
struct spmv<nm_layout<Keep, M>, Arch> : spmv_by_lookup<Keep, M, Arch> {
  static constexpr std::string_view name = "nm/lookup";
};

/// Masks: looked up where registers of positions can be made of them, else expanded.
template <int Keep, int M, class Arch>
  requires(nm_layout<Keep, M>::is_mask)
struct spmv<nm_layout<Keep, M>, Arch> {
  static constexpr std::string_view name = "nm/masks";

  template <class View>
  using kernel = std::conditional_t<code_shape<Arch, typename View::value_type, Keep, M>::available,
                                    spmv_by_lookup<Keep, M, Arch>, spmv_of_bits<Arch>>;

  template <class View, class X, class Y>
  static constexpr bool accepts = kernel<View>::template accepts<View, X, Y>;
  template <class View>
  [[nodiscard]] static index prepared_size(View a) noexcept {
    return kernel<View>::prepared_size(a);
  }
  template <class View, class X>
  [[nodiscard]] static auto prepare(View a, vector_view<X const> x,
                                    accumulator_t<typename View::value_type>* to) noexcept {
    return kernel<View>::prepare(a, x, to);
  }
  template <class View, class X, class Y, class Epilogue>
  static void run(View a, X x, vector_view<Y> y, Epilogue const& ep, index first, index last) noexcept {
    kernel<View>::run(a, x, y, ep, first, last);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
