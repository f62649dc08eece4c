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
#include <lacuna/core/shared_array.hpp>

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
/// causal by itself: write causal{} & (columns(ids) | diagonals(offsets)). In a plan they are single keys, up
/// to four neighbours at a time, or runs. Throws value_error if an id is negative or 2^31 or more. O(n log n); copies
/// share it. Source: H. Jiang et al., "MInference 1.0: Accelerating Pre-filling for Long-Context LLMs via Dynamic
/// Sparse Attention", 2024 (vertical-slash).
class columns {
 public:
  template <std::integral I>
  LACUNA_INLINE explicit columns(std::span<I const> ids) : keys_(detail::columns_of(ids)) {
    split();
  }
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
    auto const* const ids = apart_.data();
    auto const& blocks = blocks_.intervals();
    index from = lacuna::detail::ids_below(ids, apart_.size(), t.k0);
    for (index n = blocks_.find(t.k0); n != blocks.size() && blocks[n].first < t.k1; ++n) {
      index const to = lacuna::detail::ids_below(ids, apart_.size(), blocks[n].first);
      if (to > from) sink.keys(ids + from, to - from, cover::full);
      from = to > from ? to : from;
      sink(blocks[n].first < t.k0 ? t.k0 : blocks[n].first, blocks[n].last < t.k1 ? blocks[n].last : t.k1, cover::full);
    }
    index const to = lacuna::detail::ids_below(ids, apart_.size(), t.k1);
    if (to > from) sink.keys(ids + from, to - from, cover::full);
  }

 private:
  /// Up to four neighbours are listed one by one, more are a run.
  LACUNA_INLINE void split() {
    growing<std::int32_t> apart;
    growing<interval> blocks;
    for (auto const& keys : keys_.intervals().span()) {
      if (keys.last - keys.first > 4)
        blocks.push_back(keys);
      else
        for (index j = keys.first; j != keys.last; ++j) apart.push_back(static_cast<std::int32_t>(j));
    }
    apart_ = shared_array<std::int32_t>(std::move(apart));
    blocks_ = key_set(std::move(blocks));
  }

  key_set keys_;
  shared_array<std::int32_t> apart_;
  key_set blocks_;
};

}  // namespace lacuna::attention
