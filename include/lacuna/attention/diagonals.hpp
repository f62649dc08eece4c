// SPDX-License-Identifier: MIT
//
// Keys at given distances from the query.
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

/// Bands of keys as seen from the query: position of the key minus that of the query.
template <std::integral I>
attention::key_set diagonals_of(std::span<I const> offsets, index width) {
  constexpr index most = index{1} << 48;
  if (width < 1 || width > most) fail<value_error>("diagonals: the width is ", width, ", expected 1 to 2^48");
  growing<attention::interval> bands;
  bands.reserve(static_cast<index>(offsets.size()));
  for (std::size_t n = 0; n != offsets.size(); ++n) {
    if (std::cmp_less(offsets[n], -most) || std::cmp_greater(offsets[n], most))
      fail<value_error>("diagonals: offset ", n, " is ", offsets[n], ", expected -2^48 to 2^48");
    index const nearest = 1 - static_cast<index>(offsets[n]);
    bands.push_back({nearest - width, nearest});
  }
  return attention::key_set(std::move(bands));
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention {

/// A query at position p sees the `width` keys p - offset, p - offset - 1, ... for each offset: the slanted lines of a
/// map of attention. diagonals({0}, 256) is window{256}; a negative offset looks ahead. A line as wide as a tile has
/// queries costs twice its keys, half of the work masked; wide ones less. Throws value_error if the width is less than
/// 1 or an offset no distance (beyond 2^48). O(n log n); copies share it. Source: H. Jiang et al., "MInference 1.0",
/// 2024 (vertical-slash); P. Chen et al., "Sparse-vDiT: Unleashing the Power of Sparse Attention to Accelerate Video
/// Diffusion Transformers", 2025.
class diagonals {
 public:
  template <std::integral I>
  LACUNA_INLINE explicit diagonals(std::span<I const> offsets, index width = 1)
      : bands_(detail::diagonals_of(offsets, width)) {}
  /// Any contiguous container of integers.
  template <class C>
    requires requires(C const& c) { std::span(c.data(), c.size()); }
  LACUNA_INLINE explicit diagonals(C const& offsets, index width = 1)
      : diagonals(std::span<typename C::value_type const>(offsets.data(), offsets.size()), width) {}
  LACUNA_INLINE diagonals(std::initializer_list<index> offsets, index width = 1)
      : diagonals(std::span<index const>(offsets.begin(), offsets.size()), width) {}

  [[nodiscard]] LACUNA_INLINE cover classify(tile t) const noexcept {
    return bands_.cover_of(t.k0 - t.q1 + 1, t.k1 - t.q0);  // every distance between the two occurs
  }
  [[nodiscard]] LACUNA_INLINE bool allows(index i, index j) const noexcept { return bands_.contains(j - i); }
  [[nodiscard]] LACUNA_INLINE std::uint64_t word(index i, index first, index count, index) const noexcept {
    return bands_.word(first - i, count);
  }
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    auto const& bands = bands_.intervals();
    index next = t.k0;
    auto const put = [&](index first, index last, cover how) LACUNA_INLINE_LAMBDA {
      first = first < next ? next : first;
      last = last < t.k1 ? last : t.k1;
      if (first < last) sink(first, next = last, how);
    };
    // A band's keys of all queries begin behind those that a query sees of the band before, since bands do not touch.
    for (index n = bands_.find(t.k0 - t.q1 + 1); n != bands.size() && bands[n].first + t.q0 < t.k1; ++n) {
      auto const [first, last] = bands[n];
      bool const wide = last - first >= t.q1 - t.q0;
      put(first + t.q0, wide ? first + t.q1 - 1 : last + t.q1 - 1, cover::partial);
      if (!wide) continue;
      put(first + t.q1 - 1, last + t.q0, cover::full);
      put(last + t.q0, last + t.q1 - 1, cover::partial);
    }
  }

 private:
  key_set bands_;
};

}  // namespace lacuna::attention
