// SPDX-License-Identifier: MIT
//
// Blocks of different sizes.
#pragma once

#include <lacuna/attention/block_lists.hpp>
#include <lacuna/attention/id_lists.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/core/config.hpp>

#include <concepts>
#include <cstdint>
#include <span>

namespace lacuna::attention {

/// A block mask whose blocks have ends of their own: block b of queries holds those at positions first_position +
/// query_ends[b] to first_position + query_ends[b + 1], block c of keys those at key_ends[c] to key_ends[c + 1]; both
/// begin with 0 and rise. Clusters of queries and keys that were sorted by cluster are such blocks; so are the
/// sequences of a batch. The mask has a row for each block of queries, and a column for each block of keys; with slots
/// of heads several of them stand one above the other.
///
/// Throws format_error if ends do not begin with 0 and rise, or the mask has another count of rows or columns,
/// value_error for a slot that is none. O(stored) to make; copies share it.
/// Sources: A. Roy et al., "Efficient Content-Based Sparse Attention with Routing Transformers", 2020; S. Yang et al.,
/// "Sparse VideoGen2", 2025; Z. Ye et al., "FlashInfer", 2025 (ragged blocks).
class ragged_blocks : public block_lists<lacuna::detail::uneven_blocks, lacuna::detail::uneven_blocks> {
 public:
  template <std::integral I, class A>
  LACUNA_INLINE ragged_blocks(std::span<I const> query_ends, std::span<I const> key_ends, A const& blocks,
                              list_options o = {})
      : ragged_blocks(lacuna::detail::blocks_between("ragged_blocks", "queries", query_ends),
                      lacuna::detail::blocks_between("ragged_blocks", "keys", key_ends), blocks, o) {}
  /// Any contiguous containers of integers.
  template <class Q, class K, class A>
    requires requires(Q const& q, K const& k, A const& a) {
      std::span(q.data(), q.size()), std::span(k.data(), k.size()), a.rows() + a.cols();
    }
  LACUNA_INLINE ragged_blocks(Q const& query_ends, K const& key_ends, A const& blocks, list_options o = {})
      : ragged_blocks(
            lacuna::detail::blocks_between(
                "ragged_blocks", "queries",
                std::span<typename Q::value_type const>(query_ends.data(), query_ends.size())),
            lacuna::detail::blocks_between("ragged_blocks", "keys",
                                           std::span<typename K::value_type const>(key_ends.data(), key_ends.size())),
            blocks, o) {}

 private:
  template <class A>
  LACUNA_INLINE ragged_blocks(lacuna::detail::uneven_blocks const& queries, lacuna::detail::uneven_blocks const& keys,
                              A const& a, list_options const& o)
      : block_lists("ragged_blocks", queries, keys,
                    lacuna::detail::lists_of("ragged_blocks", a, queries.count, keys.count, o), o.first_position) {}
};

}  // namespace lacuna::attention
