// SPDX-License-Identifier: MIT
//
// Patterns made of patterns: a & b, a | b, ~a.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>

namespace lacuna::attention {

/// What a and b allow both; written a & b.
template <pattern A, pattern B>
struct both {
  A a;
  B b;

  [[nodiscard]] LACUNA_INLINE constexpr cover classify(tile t) const noexcept {
    cover const x = a.classify(t);
    if (x == cover::none) return x;
    cover const y = b.classify(t);
    return x == cover::full || y == cover::none ? y : cover::partial;
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j) const noexcept {
    return a.allows(i, j) && b.allows(i, j);
  }
};

/// What a or b allows; written a | b.
template <pattern A, pattern B>
struct either {
  A a;
  B b;

  [[nodiscard]] LACUNA_INLINE constexpr cover classify(tile t) const noexcept {
    cover const x = a.classify(t);
    if (x == cover::full) return x;
    cover const y = b.classify(t);
    return x == cover::none || y == cover::full ? y : cover::partial;
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j) const noexcept {
    return a.allows(i, j) || b.allows(i, j);
  }
};

/// What a does not allow; written ~a.
template <pattern A>
struct inverse {
  A a;

  [[nodiscard]] LACUNA_INLINE constexpr cover classify(tile t) const noexcept {
    cover const x = a.classify(t);
    if (x == cover::partial) return x;
    return x == cover::none ? cover::full : cover::none;
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j) const noexcept { return !a.allows(i, j); }
};

template <class A, class B>
both(A, B) -> both<A, B>;
template <class A, class B>
either(A, B) -> either<A, B>;
template <class A>
inverse(A) -> inverse<A>;

/// Intersection: a query sees a key where both patterns let it.
template <pattern A, pattern B>
[[nodiscard]] LACUNA_INLINE constexpr both<A, B> operator&(A const& a, B const& b) {
  return {a, b};
}

/// Union: a query sees a key where one of the patterns lets it.
template <pattern A, pattern B>
[[nodiscard]] LACUNA_INLINE constexpr either<A, B> operator|(A const& a, B const& b) {
  return {a, b};
}

/// Complement: a query sees a key where the pattern does not let it.
template <pattern A>
[[nodiscard]] LACUNA_INLINE constexpr inverse<A> operator~(A const& a) {
  return {a};
}

}  // namespace lacuna::attention
