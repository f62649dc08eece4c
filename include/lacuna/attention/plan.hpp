// SPDX-License-Identifier: MIT
//
// What attention computes, written down: for each tile of queries its runs of keys and its single keys, in order.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace lacuna::attention {

/// Neighbouring keys [first, first + count) that a tile of queries meets. Where `partial`, not every query of the tile
/// sees every one of them, and the plan's mask is asked; else all see all. `bias` is added to each (scaled) logit.
struct run {
  std::int32_t first = 0;
  std::int32_t count = 0;
  float bias = 0;
  bool partial = false;

  [[nodiscard]] LACUNA_INLINE friend constexpr bool operator==(run const&, run const&) noexcept = default;
};

/// Which keys of partial runs a query sees, whatever the type of the pattern that knows: one call by pointer for a
/// query and at most 64 keys. Bit j of the word says whether the query at `position`, of `head`, sees key `first + j`;
/// bits from `count` on are 0.
struct pair_mask {
  void const* pattern = nullptr;
  std::uint64_t (*word)(void const* pattern, index position, index first, index count, index head) noexcept = nullptr;
};

}  // namespace lacuna::attention

namespace lacuna::detail::inline LACUNA_ISA {

template <attention::pattern P>
std::uint64_t word_of_pattern(void const* p, index position, index first, index count, index head) noexcept {
  return attention::allowed_word(*static_cast<P const*>(p), position, first, count, head);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention {

/// The pattern as a kernel asks it. It is not copied: it has to live as long.
template <pattern P>
[[nodiscard]] LACUNA_INLINE pair_mask mask_of(P const& p) noexcept {
  return {&p, detail::word_of_pattern<P>};
}

/// Borrows a plan. Heads that attend alike share a slot: row r = slot * tiles() + tile has the runs [run_offsets[r],
/// run_offsets[r + 1]) and, after them, the keys [token_offsets[r], token_offsets[r + 1]) of tokens, which every query
/// of the tile sees. A key stands at most once in a row. The order within a row is kept by `stop_below`, and is that of
/// the sums.
struct plan_view {
  attention::shape shape;
  index tile_queries = 64;                     ///< queries in a tile, the last one may be shorter
  std::span<std::int32_t const> slot_of_head;  ///< heads
  std::span<index const> run_offsets;          ///< slots * tiles() + 1
  std::span<run const> runs;
  std::span<index const> token_offsets;  ///< slots * tiles() + 1, or empty: no single keys
  std::span<std::int32_t const> tokens;  ///< keys seen by every query of the tile
  std::span<float const> token_bias;     ///< added to the logit of each token, or empty: 0
  pair_mask mask;                        ///< asked where a run is partial

  [[nodiscard]] LACUNA_INLINE constexpr index tiles() const noexcept {
    return shape.queries / tile_queries + (shape.queries % tile_queries != 0);
  }
  [[nodiscard]] LACUNA_INLINE constexpr index row(index head, index tile) const noexcept {
    return slot_of_head[static_cast<std::size_t>(head)] * tiles() + tile;
  }
  /// The first head that has a row; -1 if none has.
  [[nodiscard]] LACUNA_INLINE constexpr index head_of(index row) const noexcept {
    for (std::size_t h = 0; h != slot_of_head.size(); ++h)
      if (slot_of_head[h] == row / tiles()) return static_cast<index>(h);
    return -1;
  }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<run const> runs_of(index row) const noexcept {
    auto const r = static_cast<std::size_t>(row);
    auto const first = static_cast<std::size_t>(run_offsets[r]);
    return runs.subspan(first, static_cast<std::size_t>(run_offsets[r + 1]) - first);
  }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<std::int32_t const> tokens_of(index row) const noexcept {
    if (token_offsets.empty()) return {};
    auto const r = static_cast<std::size_t>(row);
    auto const first = static_cast<std::size_t>(token_offsets[r]);
    return tokens.subspan(first, static_cast<std::size_t>(token_offsets[r + 1]) - first);
  }
  [[nodiscard]] LACUNA_INLINE constexpr std::span<float const> token_bias_of(index row) const noexcept {
    if (token_bias.empty()) return {};
    auto const r = static_cast<std::size_t>(row);
    auto const first = static_cast<std::size_t>(token_offsets[r]);
    return token_bias.subspan(first, static_cast<std::size_t>(token_offsets[r + 1]) - first);
  }
};

}  // namespace lacuna::attention
