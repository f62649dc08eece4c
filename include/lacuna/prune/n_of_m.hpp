// SPDX-License-Identifier: MIT
//
// The N:M pattern: in every M neighbours of a row, Keep stay.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna {

/// In each group of M neighbours along a row keeps the Keep highest scores; a short last group of L keeps min(Keep, L).
/// Of equal scores the one of lower column is dropped first. Throws value_error if a score is NaN. Memory beside the
/// mask: a row of floats for each worker, 16 for col_major weights. As a projection, with magnitude, the nearest N:M
/// matrix in the Euclidean norm.
template <int Keep, int M>
struct n_of_m {
  static_assert(1 <= Keep && Keep <= M && M <= 64, "lacuna: n_of_m<Keep, M> needs 1 <= Keep <= M <= 64");
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Bit a is true where key a is among the `keep` highest of `count`, all if there are fewer. Every pair is compared:
/// for M = 4 that is six comparisons without a branch.
template <std::unsigned_integral Key>
[[nodiscard]] LACUNA_INLINE std::uint64_t highest_of_group(Key const* keys, int count, int keep) noexcept {
  std::uint64_t bits = 0;
  for (int a = 0; a < count; ++a) {
    int dropped_before = 0;
    for (int b = 0; b < a; ++b) dropped_before += keys[b] <= keys[a];
    for (int b = a + 1; b < count; ++b) dropped_before += keys[b] < keys[a];
    bits |= static_cast<std::uint64_t>(dropped_before >= count - keep) << a;
  }
  return bits;
}

/// Sets, from bit `position` on, those bits of a row that are set in `bits`.
LACUNA_INLINE void set_bits(std::uint64_t* words, index position, std::uint64_t bits) noexcept {
  index const offset = position % 64;
  words[position / 64] |= bits << offset;
  if (offset != 0 && bits >> (64 - offset) != 0) words[position / 64 + 1] |= bits >> (64 - offset);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

template <executor E, score_source S, int Keep, int M>
void mark_kept(E&& exec, S const& scores, n_of_m<Keep, M> const& /*pattern*/, mask& keep) {
  index const cols = scores.cols();
  detail::for_each_line(exec, scores, 16, [&](index i, auto const* keys) {
    auto* const words = keep.row(i);
    index j = 0;
    for (; j + M <= cols; j += M) detail::set_bits(words, j, detail::highest_of_group(keys + j, M, Keep));
    if (j == cols) return;
    detail::set_bits(words, j, detail::highest_of_group(keys + j, static_cast<int>(cols - j), Keep));
  });
}

}  // namespace lacuna::inline LACUNA_ISA
