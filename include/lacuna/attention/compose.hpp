// SPDX-License-Identifier: MIT
//
// Patterns made of patterns: a & b, a | b, ~a.
#pragma once

#include <lacuna/attention/composed_runs.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>

#include <cstdint>

namespace lacuna::attention {

/// What a and b allow both; written a & b. Their biases add up.
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
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j, index head = 0) const noexcept {
    return attention::allows(a, i, j, head) && attention::allows(b, i, j, head);
  }
  [[nodiscard]] LACUNA_INLINE constexpr std::uint64_t word(index i, index first, index count,
                                                           index head) const noexcept {
    auto const x = allowed_word(a, i, first, count, head);
    return x == 0 ? x : x & allowed_word(b, i, first, count, head);
  }
  /// O(runs of a * a search in b + runs of both): let a be the one of few runs.
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    detail::runs_of_both<B> within{b, t, sink};
    attention::runs(a, t, within);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool biased() const noexcept {
    return attention::biased(a) || attention::biased(b);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool alike(index g, index h) const noexcept {
    return attention::alike(a, g, h) && attention::alike(b, g, h);
  }
  LACUNA_INLINE constexpr void validate(shape s) const {
    attention::validate(a, s);
    attention::validate(b, s);
  }
};

/// What a or b allows; written a | b. Where a lets all queries of a tile see a key, that key has the bias that a gives
/// it. Where it lets some, and b lets others, the two biases have to be equal: there is no plan for such a tile.
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
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j, index head = 0) const noexcept {
    return attention::allows(a, i, j, head) || attention::allows(b, i, j, head);
  }
  [[nodiscard]] LACUNA_INLINE constexpr std::uint64_t word(index i, index first, index count,
                                                           index head) const noexcept {
    auto const x = allowed_word(a, i, first, count, head);
    return x == detail::bits_below(count) ? x : x | allowed_word(b, i, first, count, head);
  }
  /// O(runs of a and b, a search in b for each run of a): write columns(ids) | b, keys that stand apart first.
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    detail::runs_of_either<B> merge{b, t, sink, t.k0};
    attention::runs(a, t, merge);
    merge.fill_to(t.k1);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool biased() const noexcept {
    return attention::biased(a) || attention::biased(b);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool alike(index g, index h) const noexcept {
    return attention::alike(a, g, h) && attention::alike(b, g, h);
  }
  LACUNA_INLINE constexpr void validate(shape s) const {
    attention::validate(a, s);
    attention::validate(b, s);
  }
};

/// What a does not allow; written ~a. It has no bias.
template <pattern A>
struct inverse {
  A a;

  [[nodiscard]] LACUNA_INLINE constexpr cover classify(tile t) const noexcept {
    cover const x = a.classify(t);
    if (x == cover::partial) return x;
    return x == cover::none ? cover::full : cover::none;
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j, index head = 0) const noexcept {
    return !attention::allows(a, i, j, head);
  }
  [[nodiscard]] LACUNA_INLINE constexpr std::uint64_t word(index i, index first, index count,
                                                           index head) const noexcept {
    return ~allowed_word(a, i, first, count, head) & detail::bits_below(count);
  }
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    detail::runs_of_inverse rest{sink, t.k0};
    attention::runs(a, t, rest);
    rest.fill_to(t.k1);
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool alike(index g, index h) const noexcept {
    return attention::alike(a, g, h);
  }
  LACUNA_INLINE constexpr void validate(shape s) const { attention::validate(a, s); }
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
