// SPDX-License-Identifier: MIT
//
// Loops with a constant number of steps, written out.
#pragma once

#include <lacuna/core/config.hpp>

#include <type_traits>
#include <utility>

namespace lacuna::simd::inline LACUNA_ISA {

/// f(0), f(1), ... f(N - 1), each argument a constant of type std::integral_constant<int, n>. Registers in an array
/// stay registers only if every index is a constant, and gcc 12 does not unroll a loop for that at -O2.
template <int N, class F>
LACUNA_INLINE constexpr void unroll(F&& f) {
  [&]<int... n>(std::integer_sequence<int, n...>)
      LACUNA_INLINE_LAMBDA { (f(std::integral_constant<int, n>{}), ...); }(std::make_integer_sequence<int, N>{});
}

}  // namespace lacuna::simd::inline LACUNA_ISA
