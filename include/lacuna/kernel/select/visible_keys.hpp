// SPDX-License-Identifier: MIT
//
// The keys that a pattern shows a tile of queries, whichever pattern it is.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>

#include <bit>
#include <cstdint>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The keys that a tile of queries sees, by pointer: scorers do not breed kernels with patterns. `runs` throws what the
/// sink throws, which may have to allocate, and what a pattern from elsewhere does.
struct visible_keys {
  void const* pattern = nullptr;
  void (*runs)(void const* pattern, attention::tile t, attention::run_sink sink) = nullptr;
  std::uint64_t (*word)(void const* pattern, index position, index first, index count, index head) = nullptr;
};

template <attention::pattern P>
[[nodiscard]] visible_keys visible_through(P const& pattern) noexcept {
  return {&pattern,
          [](void const* erased, attention::tile t, attention::run_sink sink) {
            attention::runs(*static_cast<P const*>(erased), t, sink);
          },
          [](void const* erased, index position, index first, index count, index head) {
            return attention::allowed_word(*static_cast<P const*>(erased), position, first, count, head);
          }};
}

/// f(first, last, bias) for the keys that some query of a tile sees, rising, none twice, and no others: a pattern may
/// say `partial` of keys that nobody sees, so that queries are asked there, 64 keys at once, until all 64 are seen.
template <class F>
void visit_visible(visible_keys keys, attention::tile t, F&& f) {
  auto visit = [&](index first, index last, attention::cover how, float bias) {
    if (how == attention::cover::full) {
      f(first, last, bias);
      return;
    }
    for (; first < last; first += 64) {
      auto const count = last - first < 64 ? last - first : 64;
      std::uint64_t seen = 0;
      for (index q = t.q0; q != t.q1 && seen != detail::bits_below(count); ++q)
        seen |= keys.word(keys.pattern, q, first, count, t.head);
      while (seen != 0) {
        index const from = std::countr_zero(seen), to = from + std::countr_one(seen >> from);
        f(first + from, first + to, bias);
        seen &= ~detail::bits_below(to);
      }
    }
  };
  if (t.k0 < t.k1) keys.runs(keys.pattern, t, visit);
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
