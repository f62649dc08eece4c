// SPDX-License-Identifier: MIT
//
// y = epilogue(A x) with A in groups of int4: see int4_dot.
//
// Reached on Zen 5, 2048x2048 at 50 %, groups of 64, scales of f16: 55 us, 76 GFLOP/s, 22 GB/s of codes, scales and
// groups: 6.5 cycles for 64 codes.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/format/grouped_int4_layout.hpp>
#include <lacuna/kernel/int4_dot.hpp>
#include <lacuna/kernel/spmv.hpp>

#include <concepts>
#include <string_view>

namespace lacuna::kernel::inline LACUNA_ISA {

template <int G, class Arch>
struct spmv<grouped_int4_layout<G>, Arch> {
  static constexpr std::string_view name = "int4/groups";
  using dot = int4_dot<Arch, G, 1>;

  template <class View, class X, class Y>
  static constexpr bool accepts = dots_int4<Arch, G, typename View::scale_type> && std::same_as<X, float>;

  /// Elements of the copy of x that `prepare` makes.
  template <class View>
  [[nodiscard]] static index prepared_size(View a) noexcept {
    return dot::arranged(a.cols());
  }
  /// x, of any stride, in the order in which codes come to stand in registers.
  template <class View, class X>
  [[nodiscard]] static vector_view<float const> prepare(View a, vector_view<X const> x, float* to) noexcept {
    dot::arrange(a.cols(), 1, to, [&](index k, index) LACUNA_INLINE_LAMBDA { return x[k]; });
    return {to, prepared_size(a)};
  }
  /// See spmv_fallback::run.
  template <class View, class Y, class Epilogue>
  static void run(View a, vector_view<float const> x, vector_view<Y> y, Epilogue const& ep, index first,
                  index last) noexcept {
    dot::run(a, x.data(), first, last,
             [&](index i, index, float sum) LACUNA_INLINE_LAMBDA { spmv_fallback::store<float>(sum, ep, y, i); });
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
