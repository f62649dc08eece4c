// SPDX-License-Identifier: MIT
//
// What the rows of a selection have in common, whoever chooses.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan_builder.hpp>
#include <lacuna/attention/select/options.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/kernel/select/score.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

/// What every row of a selection has in common.
struct row_rules {
  attention::shape shape;
  attention::plan_options options;
  bool share_group = false;  ///< query heads that read one head of keys choose together, and share a slot
  bool by_score = false;     ///< rows begin with what is forced, and go on by falling score
  float scale = 1;
  visible_keys forced;
  visible_keys within;

  [[nodiscard]] index tiles() const noexcept { return detail::ceil_div(shape.queries, options.tile_queries); }
  [[nodiscard]] index slots() const noexcept { return share_group ? shape.kv_heads : shape.heads; }
  [[nodiscard]] index rows() const noexcept { return slots() * tiles(); }
  /// The head whose patterns count for a slot.
  [[nodiscard]] index head_of(index slot) const noexcept { return share_group ? slot * shape.group() : slot; }
  /// A plan without rows that knows the slot of each head.
  [[nodiscard]] attention::plan_builder slots_of_heads() const {
    attention::plan_builder plan(shape, options);
    for (index h = 0; h != shape.heads; ++h) plan.set_slot(share_group ? h / shape.group() : h);
    return plan;
  }
  [[nodiscard]] attention::tile tile(index slot, index t) const noexcept {
    auto const p = shape.first_position(), first = t * options.tile_queries;
    auto const last = first + options.tile_queries < shape.queries ? first + options.tile_queries : shape.queries;
    return {p + first, p + last, 0, shape.keys, head_of(slot)};
  }
};

/// A score that no choice can be made from.
struct wrong_score {
  index slot = -1;  ///< -1: there is none
  index tile = 0;
  index unit = 0;
};

/// The rules of a selection, checked. Borrows the patterns. Throws shape_error and value_error as a plan_builder and
/// the patterns do, and value_error where heads that choose together have different patterns.
template <attention::pattern F, attention::pattern W>
row_rules rules_of(attention::shape s, F const& forced, W const& within, select_options const& o) {
  attention::plan_options const plan{.tile_queries = o.tile_queries, .single_keys = o.single_keys};
  attention::plan_builder const checks_shape(s, plan);
  attention::validate(forced, s);
  attention::validate(within, s);
  if (o.share_group)
    for (index h = 0; h != s.heads; ++h) {
      auto const first = h / s.group() * s.group();
      if (!attention::alike(forced, first, h) || !attention::alike(within, first, h))
        detail::fail<value_error>("select: heads ", first, " and ", h, " choose together, but their patterns differ");
    }
  row_rules rules;
  rules.shape = s;
  rules.options = plan;
  rules.share_group = o.share_group && s.heads != 0;  // else there is no slot to share
  rules.by_score = o.by_score;
  rules.forced = visible_through(forced);
  rules.within = visible_through(within);
  return rules;
}

}  // namespace lacuna::kernel::inline LACUNA_ISA
