// SPDX-License-Identifier: MIT
//
// Who does the work: the executor concept, and the one that works alone.
#pragma once

#include <lacuna/core/config.hpp>

#include <concepts>

namespace lacuna {
namespace detail {

struct range_probe {
  void operator()(index, index, index) const {}
};

}  // namespace detail

/// Runs f over [0, n) in ranges: for_ranges(n, grain, f) calls f(first, last, worker) so that the ranges are disjoint
/// and cover [0, n), start at multiples of grain, and hold at least grain elements but for the last. worker is in [0,
/// concurrency()), and no two calls of one for_ranges that overlap in time share it. Nothing is called if n is 0. All
/// calls have returned when for_ranges returns; an exception that f throws is carried out to the caller.
template <class E>
concept executor = requires(E& exec, index n, detail::range_probe f) {
  { exec.concurrency() } -> std::convertible_to<index>;
  exec.for_ranges(n, n, f);
};

/// Works in the calling thread: one range, worker 0. The default of every verb.
struct serial {
  [[nodiscard]] LACUNA_INLINE static constexpr index concurrency() noexcept { return 1; }

  template <class F>
  LACUNA_INLINE static constexpr void for_ranges(index n, index /*grain*/, F&& f) {
    if (n > 0) f(index{0}, n, index{0});
  }
};

}  // namespace lacuna
