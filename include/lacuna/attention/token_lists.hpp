// SPDX-License-Identifier: MIT
//
// Single keys, chosen for each query or for a few together.
#pragma once

#include <lacuna/attention/block_lists.hpp>
#include <lacuna/attention/block_mask.hpp>
#include <lacuna/attention/id_lists.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>

#include <cstdint>
#include <span>

namespace lacuna::attention {

/// For whom lists of tokens are.
struct token_options {
  index queries = 1;  ///< neighbours that share a list
  /// Whether the values of the matrix are added to the logits of their keys: -log(p) for a key that was drawn with
  /// probability p, log(n) for one that stands for n.
  bool biased = false;
  /// Position of the first query that has a list: shape.first_position() where the lists are those of a call.
  index first_position = 0;
  /// Lists of each slot where several sets stand one above the other; 0: there is one, of all rows.
  index rows_per_slot = 0;
  /// Which of those sets a head uses; none: there is one set, for all.
  std::span<std::int32_t const> slot_of_head = {};
};

/// A query sees the keys that its list names. The lists are a sparse matrix of any format, a row for each group of
/// `queries` queries and a column for each key. Make the plan with tile_queries = queries: a tile of several lists has
/// partial runs, and lists that give a key different biases have no plan for it.
///
/// Throws format_error if a key stands twice in a list or the rows make no whole sets, value_error for a bias that is
/// not finite, fewer than one query a list, lists that begin or end beyond 2^48, or a slot that is none. O(stored) to
/// make; copies share it.
/// Sources: S. Yang et al., "Post-Training Sparse Attention with Double Sparsity", 2024; Z. Chen et al., "MagicPIG",
/// 2024 (bias); DeepSeek-AI, "DeepSeek-V3.2", 2025 (lists shared by all heads).
class token_lists : public block_lists<lacuna::detail::equal_blocks, lacuna::detail::equal_blocks> {
 public:
  template <class A>
    requires requires(A const& a) { a.rows() + a.cols(); }
  LACUNA_INLINE explicit token_lists(A const& lists, token_options o = {})
      : token_lists(lists, o, lacuna::detail::rows_of_slot("token_lists", o.rows_per_slot, lists.rows())) {}

 private:
  template <class A>
  LACUNA_INLINE token_lists(A const& a, token_options const& o, index rows)
      : block_lists(
            "token_lists", lacuna::detail::checked_blocks("token_lists", "queries", o.queries, rows), {1, a.cols()},
            lacuna::detail::lists_of("token_lists", a, rows, a.cols(), {o.first_position, o.slot_of_head}, o.biased),
            o.first_position) {}
};

}  // namespace lacuna::attention
