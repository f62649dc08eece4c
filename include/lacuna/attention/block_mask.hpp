// SPDX-License-Identifier: MIT
//
// Which blocks of keys each block of queries sees.
#pragma once

#include <lacuna/attention/block_lists.hpp>
#include <lacuna/attention/id_lists.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <cstdint>
#include <span>

namespace lacuna::attention {

/// Sizes and places of the blocks of a mask.
struct block_options {
  index queries = 64;  ///< in a block
  index keys = 64;     ///< in a block
  /// Position of the first query of the first row: shape.first_position() where the mask is about the queries of a
  /// call, 0 where it is about the whole sequence.
  index first_position = 0;
  /// Blocks of queries of each slot where several masks stand one above the other; 0: there is one, of all rows.
  index rows_per_slot = 0;
  /// Which of those masks a head uses; none: there is one mask, for all.
  std::span<std::int32_t const> slot_of_head = {};
};

}  // namespace lacuna::attention

namespace lacuna::detail::inline LACUNA_ISA {

/// `count` blocks of `size`, one behind the other. Throws value_error unless they are a sequence.
inline equal_blocks checked_blocks(char const* who, char const* what, index size, index count) {
  if (size < 1) fail<value_error>(who, ": blocks of ", size, " ", what, ", expected 1 or more");
  if (count > 0 && size > most_position / count)
    fail<value_error>(who, ": ", count, " blocks of ", size, " ", what, ", expected at most 2^48 positions");
  return {size, count};
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention {

/// A query sees the blocks of keys that its block of queries has a slot for. The mask is a sparse matrix of any format,
/// with a row for each block of queries and a column for each block of keys (values count for nothing, stored zeros
/// are seen), or a lacuna::mask. Blocks may be of any size, and need not be square; a tile of the plan that holds whole
/// blocks, or lies in one, has no partial run. Several masks, one above the other, serve different heads.
///
/// Throws format_error if a column stands twice in a row or the rows make no whole masks, value_error for a size below
/// 1, blocks that begin or end beyond 2^48, or a slot that is none. O(stored) to make; copies share it. Whoever has
/// learned or estimated a mask, uses it here. Sources: J. Guo et al., "Block Sparse Attention", 2024; Y. Gao et al.,
/// "SeerAttention", 2024; J. Yuan et al., "Native Sparse Attention", 2025.
class block_mask : public block_lists<lacuna::detail::equal_blocks, lacuna::detail::equal_blocks> {
 public:
  template <class A>
    requires requires(A const& a) { a.rows() + a.cols(); }
  LACUNA_INLINE explicit block_mask(A const& blocks, block_options o = {})
      : block_mask(blocks, o, lacuna::detail::rows_of_slot("block_mask", o.rows_per_slot, blocks.rows())) {}

 private:
  template <class A>
  LACUNA_INLINE block_mask(A const& a, block_options const& o, index rows)
      : block_lists("block_mask", lacuna::detail::checked_blocks("block_mask", "queries", o.queries, rows),
                    lacuna::detail::checked_blocks("block_mask", "keys", o.keys, a.cols()),
                    lacuna::detail::lists_of("block_mask", a, rows, a.cols(), {o.first_position, o.slot_of_head}),
                    o.first_position) {}
};

}  // namespace lacuna::attention
