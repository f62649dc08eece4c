// SPDX-License-Identifier: MIT
//
// Refuses operands that hold an Inf or a NaN: one of them would spread over a whole factorisation.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/sort_key.hpp>

#include <atomic>
#include <concepts>
#include <limits>

namespace lacuna::detail::inline LACUNA_ISA {

/// False for Inf and NaN, also where the compiler was told that there are none (-ffast-math).
template <std::floating_point T>
[[nodiscard]] LACUNA_INLINE constexpr bool is_finite(T value) noexcept {
  using Key = sort_key_t<T>;
  constexpr Key sign = Key{1} << (8 * sizeof(Key) - 1);
  constexpr Key infinity = sizeof(Key) == 4 ? Key{0x7F800000u} : static_cast<Key>(0x7FF0000000000000u);
  return (__builtin_bit_cast(Key, value) & ~sign) < infinity;
}

/// What the message calls the place of an element.
struct element_words {
  char const* matrix;
  char const* row;
  char const* col;
};
inline constexpr element_words weight_words{"W", "row", "column"};
inline constexpr element_words token_words{"X", "token", "input"};
inline constexpr element_words hessian_words{"H", "row", "column"};

/// Throws value_error, naming the first place in row-major order, if an element of m, converted to S, is an Inf or a
/// NaN. One pass over m.
template <std::floating_point S, executor E, scalar T, order Order>
void require_finite(E&& exec, dense_view<T const, Order> m, char const* verb, element_words words) {
  constexpr bool by_row = Order == order::row_major;
  constexpr auto none = std::numeric_limits<index>::max();
  std::atomic<index> first_place{none};
  index const lines = by_row ? m.rows() : m.cols();
  index const length = by_row ? m.cols() : m.rows();
  for_lines(exec, lines, length, 1, [&](index first, index last, index) {
    for (index line = first; line != last; ++line) {
      T const* const values = m.data() + line * m.stride();
      sort_key_t<S> bad = 0;
      for (index k = 0; k != length; ++k) bad |= static_cast<sort_key_t<S>>(!is_finite(convert<S>(values[k])));
      if (bad == 0) continue;
      for (index k = 0; k != length; ++k) {
        if (is_finite(convert<S>(values[k]))) continue;
        index const place = by_row ? line * m.cols() + k : k * m.cols() + line;
        auto known = first_place.load(std::memory_order_relaxed);
        while (place < known && !first_place.compare_exchange_weak(known, place, std::memory_order_relaxed)) {
        }
        break;  // places rise along a line
      }
    }
  });
  index const place = first_place.load(std::memory_order_relaxed);
  if (place == none) return;
  index const i = place / m.cols();
  index const j = place % m.cols();
  fail<value_error>(verb, ": ", words.matrix, " in ", words.row, " ", i, ", ", words.col, " ", j, " is ",
                    convert<S>(m(i, j)), ", expected a finite number");
}

}  // namespace lacuna::detail::inline LACUNA_ISA
