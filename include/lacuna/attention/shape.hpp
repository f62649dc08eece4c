// SPDX-License-Identifier: MIT
//
// How many queries, keys and heads an attention call is about.
#pragma once

#include <lacuna/core/config.hpp>

namespace lacuna::attention {

/// Query i of `queries` stands at position i + keys - queries of the sequence, key j at position j (see tile). heads is
/// a multiple of kv_heads: query head h reads the keys of head h * kv_heads / heads, so that neighbours share them
/// (grouped and multi-query attention).
struct shape {
  index queries = 0;
  index keys = 0;
  index heads = 1;
  index kv_heads = 1;

  /// Position of the first query: negative where there are more queries than keys.
  [[nodiscard]] LACUNA_INLINE constexpr index first_position() const noexcept { return keys - queries; }
  /// Query heads that share one head of keys.
  [[nodiscard]] LACUNA_INLINE constexpr index group() const noexcept { return kv_heads == 0 ? 0 : heads / kv_heads; }
  [[nodiscard]] LACUNA_INLINE friend constexpr bool operator==(shape, shape) noexcept = default;
};

}  // namespace lacuna::attention
