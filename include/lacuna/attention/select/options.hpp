// SPDX-License-Identifier: MIT
//
// What select is made of: how rows are chosen, what scores, what chooses.
#pragma once

#include <lacuna/attention/select/choosers.hpp>
#include <lacuna/attention/select/score_kind.hpp>
#include <lacuna/core/config.hpp>

#include <concepts>
#include <cstdint>
#include <span>

namespace lacuna {

/// What select may be told beyond its operands.
struct select_options {
  /// Queries that choose together, and share a row of the plan.
  index tile_queries = 64;
  /// The longest run that is stored as single keys (see attention::plan_options).
  index single_keys = 4;
  /// The query heads that read one head of keys choose together: by the largest of their logits, or the sum of their
  /// masses. Attention then reads each key once for all of them.
  bool share_group = false;
  /// Rows of the plan begin with what is forced and go on by falling score, for attention::stop_below; else keys rise.
  /// (Of no use for a probe, whose choice is one for all tiles.)
  bool by_score = false;
  /// Factor of every q·k, larger than 0; 0 stands for 1 / sqrt(dim). It does not change what top_k takes of logits.
  double scale = 0;
};

/// Scores units of keys: unit(u) covers keys [u * unit(), (u + 1) * unit()) of tokens(). What scores is a
/// specialisation of kernel::select_scores.
template <class S>
concept scorer = requires(S const& s) {
  { s.heads() } -> std::convertible_to<index>;
  { s.tokens() } -> std::convertible_to<index>;
  { s.unit() } -> std::convertible_to<index>;
  { s.kind() } -> std::same_as<attention::score_kind>;
};

/// Takes some of the scored units: one of attention/select/choosers.hpp, or a type of your own with
/// `choose(scores, places)`, which writes the places of those that it takes among the scores (a
/// std::span<float const>, of the units that the tile sees, none of them NaN) to a std::int32_t*, rising, and returns
/// how many. It is called from several threads at once, must not throw, and must not call verbs of the library, which
/// work in the memory that its scores stand in.
template <class C>
concept chooser = std::same_as<C, attention::top_k> || std::same_as<C, attention::top_p> ||
                  std::same_as<C, attention::above> || std::same_as<C, attention::anchor_diff> ||
                  requires(C const& c, std::span<float const> scores, std::int32_t* places) {
                    { c.choose(scores, places) } -> std::convertible_to<index>;
                  };

}  // namespace lacuna
