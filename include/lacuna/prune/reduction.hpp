// SPDX-License-Identifier: MIT
//
// How the scores of many weights become the score of the block, row, column or head that they are.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/prune/sort_key.hpp>

#include <cmath>
#include <limits>

namespace lacuna {

/// The sum of the scores, the root of the sum of their squares, or the largest one. With `magnitude` they are the
/// structured norms L1, L2 and Linf.
enum class reduction : unsigned char { sum, l2, largest };

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// A reduction in three steps: `with` takes a score in, `join` what another part was reduced to, `end` comes once.
struct sum_up {
  static constexpr double start = 0.0;
  LACUNA_INLINE static constexpr double with(double sum, double score) noexcept { return sum + score; }
  LACUNA_INLINE static constexpr double join(double a, double b) noexcept { return a + b; }
  LACUNA_INLINE static constexpr double end(double sum) noexcept { return sum; }
};
struct sum_squares {
  static constexpr double start = 0.0;
  LACUNA_INLINE static constexpr double with(double sum, double score) noexcept { return sum + score * score; }
  LACUNA_INLINE static constexpr double join(double a, double b) noexcept { return a + b; }
  LACUNA_INLINE static double end(double sum) noexcept { return std::sqrt(sum); }
};
struct take_largest {
  static constexpr double start = -std::numeric_limits<double>::infinity();
  LACUNA_INLINE static constexpr double with(double largest, double score) noexcept {
    return is_nan(largest) || score <= largest ? largest : score;
  }
  LACUNA_INLINE static constexpr double join(double a, double b) noexcept { return with(a, b); }
  LACUNA_INLINE static constexpr double end(double largest) noexcept { return largest; }
};

/// The first two steps where the reduction is known at run time only: one body instead of three.
[[nodiscard]] LACUNA_INLINE constexpr double start_of(reduction how) noexcept {
  return how == reduction::largest ? take_largest::start : 0.0;
}
[[nodiscard]] LACUNA_INLINE constexpr double reduced(reduction how, double known, double score) noexcept {
  if (how == reduction::sum) return sum_up::with(known, score);
  return how == reduction::l2 ? sum_squares::with(known, score) : take_largest::with(known, score);
}

/// f(the steps of the reduction).
template <class F>
LACUNA_INLINE decltype(auto) with_reduction(reduction how, F&& f) {
  switch (how) {
    case reduction::l2:
      return f(sum_squares{});
    case reduction::largest:
      return f(take_largest{});
    case reduction::sum:
      break;
  }
  return f(sum_up{});
}

}  // namespace lacuna::detail::inline LACUNA_ISA
