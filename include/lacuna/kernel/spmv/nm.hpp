// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A an N:M matrix. Where groups are masks (2:4, 4:8), the masks of a row, one behind the other,
// are a bit for each column, so a row is multiplied as one of a bitmap; groups of codes (1:4, 2:8): see code_dot.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/nm.hpp>
#include <lacuna/kernel/block_dot.hpp>
#include <lacuna/kernel/code_dot.hpp>
#include <lacuna/kernel/spmv.hpp>
#include <lacuna/kernel/spmv/bits.hpp>

#include <concepts>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int Keep, int M, class Arch>
struct spmv<nm_layout<Keep, M>, Arch> : spmv_of_bits<Arch> {
  static constexpr std::string_view name = "nm/expand";
};

template <int Keep, int M, class Arch>
  requires(!nm_layout<Keep, M>::is_mask)
struct spmv<nm_layout<Keep, M>, Arch> {
  static constexpr std::string_view name = "nm/lookup";

  template <class View, class X, class Y>
  static constexpr bool accepts = code_shape<Arch, typename View::value_type, Keep, M>::available && !std::integral<X>;

  /// Elements of the copy of x that `prepare` may make.
  template <class View>
  [[nodiscard]] static index prepared_size(View a) noexcept {
    return code_dot<Arch, typename View::value_type, Keep, M>::inputs(a.cols());
  }
  /// x, of any stride and type, as `run` wants it: as it is, if it ends with a step.
  template <class View, class X>
  [[nodiscard]] static auto prepare(View a, vector_view<X const> x,
                                    accumulator_t<typename View::value_type>* to) noexcept {
    return padded_vector(x, prepared_size(a), to);
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

}  // namespace lacuna::kernel::inline LACUNA_ISA
