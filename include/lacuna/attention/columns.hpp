// SPDX-License-Identifier: MIT
//
// Keys that every query sees.
#pragma once

#include <lacuna/attention/key_set.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/growing.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

template <std::integral I>
attention::key_set columns_of(std::span<I const> ids) {
  growing<attention::interval> keys;
  keys.reserve(static_cast<index>(ids.size()));
  for (std::size_t n = 0; n != ids.size(); ++n) {
    if (std::cmp_less(ids[n], 0) || std::cmp_greater(ids[n], INT32_MAX))
      fail<value_error>("columns: number ", n, " is ", ids[n], ", expected a key from 0 to 2^31 - 1");
    keys.push_back({static_cast<index>(ids[n]), static_cast<index>(ids[n]) + 1});
  }
  return attention::key_set(std::move(keys));
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention {

/// Every query sees the keys listed, in any order; the vertical lines of a map of attention. Like a sink it is not
/// causal by itself: write causal{} & (columns(ids) | diagonals(offsets)). In a plan they are single keys, whose
/// gathering is part of packing. Throws value_error if an id is negative or 2^31 or more. O(n log n); copies share it.
/// Source: H. Jiang et al., "MInference 1.0: Accelerating Pre-filling for Long-Context LLMs via Dynamic Sparse
/// Attention", 2024 (vertical-slash).
class columns {
 public:
  template <std::integral I>
  LACUNA_INLINE explicit columns(std::span<I const> ids) : keys_(detail::columns_of(ids)) {}
  /// Any contiguous container of integers.
  template <class C>
    requires requires(C const& c) { std::span(c.data(), c.size()); }
  LACUNA_INLINE explicit columns(C const& ids)
      : columns(std::span<typename C::value_type const>(ids.data(), ids.size())) {}
  LACUNA_INLINE columns(std::initializer_list<index> ids) : columns(std::span<index const>(ids.begin(), ids.size())) {}

  [[nodiscard]] LACUNA_INLINE cover classify(tile t) const noexcept { return keys_.cover_of(t.k0, t.k1); }
  [[nodiscard]] LACUNA_INLINE bool allows(index, index j) const noexcept { return keys_.contains(j); }
  [[nodiscard]] LACUNA_INLINE std::uint64_t word(index, index first, index count, index) const noexcept {
    return keys_.word(first, count);
  }
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    auto const& keys = keys_.intervals();
    for (index n = keys_.find(t.k0); n != keys.size() && keys[n].first < t.k1; ++n)
      sink(keys[n].first < t.k0 ? t.k0 : keys[n].first, keys[n].last < t.k1 ? keys[n].last : t.k1, cover::full);
  }

 private:
  key_set keys_;
};

}  // namespace lacuna::attention
