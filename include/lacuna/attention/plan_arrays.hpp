// SPDX-License-Identifier: MIT
//
// The memory of a plan.
#pragma once

#include <lacuna/attention/plan.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/format/arrays.hpp>

#include <cstdint>
#include <utility>

namespace lacuna::attention {

/// Owns the arrays of a plan_view, which says what they are. Anybody may fill them; `validate` tells whether they are a
/// plan.
struct plan_arrays {
  LACUNA_INLINE plan_arrays() noexcept = default;
  // Written out to be inlined: implied, they may stay out of line, compiled for another processor.
  LACUNA_INLINE plan_arrays(plan_arrays const&) = default;
  /// Leaves a plan of no heads, which `attend` refuses for any heads.
  LACUNA_INLINE plan_arrays(plan_arrays&& other) noexcept
      : shape(std::exchange(other.shape, {.heads = 0, .kv_heads = 0})),
        tile_queries(other.tile_queries),
        slot_of_head(std::move(other.slot_of_head)),
        run_offsets(std::move(other.run_offsets)),
        runs(std::move(other.runs)),
        token_offsets(std::move(other.token_offsets)),
        tokens(std::move(other.tokens)),
        token_bias(std::move(other.token_bias)) {}
  LACUNA_INLINE plan_arrays& operator=(plan_arrays const&) = default;
  LACUNA_INLINE plan_arrays& operator=(plan_arrays&& other) noexcept {
    shape = std::exchange(other.shape, {.heads = 0, .kv_heads = 0});
    tile_queries = other.tile_queries;
    slot_of_head = std::move(other.slot_of_head);
    run_offsets = std::move(other.run_offsets);
    runs = std::move(other.runs);
    token_offsets = std::move(other.token_offsets);
    tokens = std::move(other.tokens);
    token_bias = std::move(other.token_bias);
    return *this;
  }
  LACUNA_INLINE ~plan_arrays() = default;

  attention::shape shape;
  index tile_queries = 64;
  growing<std::int32_t> slot_of_head;
  growing<index> run_offsets;
  growing<run> runs;
  growing<index> token_offsets;
  growing<std::int32_t> tokens;
  growing<float> token_bias;

  /// Without a mask: sound where no run is partial.
  [[nodiscard]] LACUNA_INLINE plan_view view(pair_mask mask = {}) const noexcept {
    return {shape,       tile_queries,         slot_of_head.span(), run_offsets.span(),
            runs.span(), token_offsets.span(), tokens.span(),       token_bias.span(),
            mask};
  }
};

/// Whether two plans hold the same runs and single keys, in the same order, for the same shape: one may then stand for
/// the other, in another layer say. What masks their partial runs is not compared. O(plan).
[[nodiscard]] LACUNA_INLINE bool operator==(plan_view const& a, plan_view const& b) noexcept {
  using detail::equal_arrays;
  return a.shape == b.shape && a.tile_queries == b.tile_queries && equal_arrays(a.slot_of_head, b.slot_of_head) &&
         equal_arrays(a.run_offsets, b.run_offsets) && equal_arrays(a.runs, b.runs) &&
         equal_arrays(a.token_offsets, b.token_offsets) && equal_arrays(a.tokens, b.tokens) &&
         equal_arrays(a.token_bias, b.token_bias);
}

}  // namespace lacuna::attention
