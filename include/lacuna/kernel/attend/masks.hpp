// SPDX-License-Identifier: MIT
//
// Takes scores out that a row may not see.
//
// Bound: a load, a choice, a maximum and a store for a register of scores, which stand in L1; only for tiles of which a
// row sees a part, and there for the slots that some row of the register sees.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/kernel/attend/reach.hpp>
#include <lacuna/kernel/attend/tile.hpp>
#include <lacuna/simd/isa.hpp>
#include <lacuna/simd/math.hpp>

#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Bit i of word j and bit j of word i change places: what each row sees becomes who sees each key. 192 steps of words.
/// Source: H. S. Warren, "Hacker's Delight", 2003, 7-3.
LACUNA_INLINE void transpose_bits(std::uint64_t (&word)[64]) noexcept {
  std::uint64_t mask = 0x00000000FFFFFFFFu;
  for (int width = 32; width != 0; width >>= 1, mask ^= mask << width)
    for (int i = 0; i < 64; i = ((i | width) + 1) & ~width) {
      auto const swap = ((word[i] >> width) ^ word[i | width]) & mask;
      word[i | width] ^= swap;
      word[i] ^= swap << width;
    }
}

/// Scores of pairs whose bit is not set become -inf, whatever they were; the peaks are those of the others. Bit i of
/// seen[s] says whether row i sees slot s. Slots that `reaches` leaves out for a register of rows stay as they are.
template <class Arch, class A>
void attend_mask(A* scores, index count, index rows, std::uint64_t const* seen, A* peak,
                 attend_reaches reaches = {}) noexcept {
  using batch_type = simd::batch<A, Arch>;
  constexpr auto lanes = static_cast<index>(batch_type::size);
  batch_type const nothing(-std::numeric_limits<A>::infinity());
  for (index i = 0; i < rows; i += lanes) {
    batch_type top(std::numeric_limits<A>::lowest());
    auto const reach = reaches(i, lanes, count);
    for (index s = reach.first; s < reach.last; ++s) {
      auto* const p = scores + s * attend_tile::rows + i;
      auto const score = simd::choose_lanes(seen[s] >> i, batch_type::load_aligned(p), nothing);
      score.store_aligned(p);
      top = simd::max(score, top);
    }
    top.store_aligned(peak + i);
  }
}

/// Whether all numbers of some rows are finite.
template <class Arch, class A>
[[nodiscard]] bool attend_all_finite(A const* const* rows, index count, index dim) noexcept {
  using batch_type = simd::batch<A, Arch>;
  constexpr auto lanes = static_cast<index>(batch_type::size);
  batch_type const zero(A{0});
  A rest{};
  auto sum = zero;  // of products with 0: 0, or NaN
  for (index s = 0; s != count; ++s) {
    index c = 0;
    for (; c + lanes <= dim; c += lanes) sum = simd::fma(batch_type::load_unaligned(rows[s] + c), zero, sum);
    for (; c != dim; ++c) rest += rows[s][c] * A{0};
  }
  return simd::all(sum == zero) && rest == A{0};
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
