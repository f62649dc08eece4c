// SPDX-License-Identifier: MIT
//
// A pattern from a function of query and key.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>

#include <concepts>
#include <cstdint>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// Asks for every pair of the tile.
template <attention::pattern P>
void runs_by_pairs(P const& p, attention::tile t, attention::run_sink sink) {
  for (index first = t.k0; first < t.k1; first += 64) {
    index const count = t.k1 - first < 64 ? t.k1 - first : 64;
    std::uint64_t any = 0, all = ~std::uint64_t{0};
    for (index i = t.q0; i != t.q1; ++i) {
      auto const word = attention::allowed_word(p, i, first, count, t.head);
      any |= word;
      all &= word;
    }
    runs_of_words(first, any, all, sink);
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention {

/// Asks f(i, j), or f(i, j, head), whether the query at position i sees the key at position j: from_predicate{[](index
/// i, index j) { return (i - j) % 3 == 0; }}. It has to be callable from several threads at once, and must not throw.
///
/// Nothing is known of f, so every pair is asked for: a plan costs queries * keys calls for each head that differs, 16
/// million at 4096 tokens, about the time of dense attention with 64 dimensions. Keep the plan, or intersect with a
/// pattern that knows its tiles: causal{} & window{256} & from_predicate{f} asks for the window alone.
template <class F>
struct from_predicate {
  F f;

  [[nodiscard]] LACUNA_INLINE static constexpr cover classify(tile) noexcept { return cover::partial; }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j) const noexcept
    requires std::predicate<F const&, index, index>
  {
    return static_cast<bool>(f(i, j));
  }
  [[nodiscard]] LACUNA_INLINE constexpr bool allows(index i, index j, index head) const noexcept
    requires std::predicate<F const&, index, index, index>
  {
    return static_cast<bool>(f(i, j, head));
  }
  LACUNA_INLINE void runs(tile t, run_sink sink) const { lacuna::detail::runs_by_pairs(*this, t, sink); }
};

template <class F>
from_predicate(F) -> from_predicate<F>;

}  // namespace lacuna::attention
