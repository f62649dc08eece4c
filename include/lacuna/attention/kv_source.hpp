// SPDX-License-Identifier: MIT
//
// Where keys and values come from: the concept. A kernel asks for the addresses of the rows it is about to read.
#pragma once

#include <lacuna/core/config.hpp>

#include <concepts>
#include <cstdint>

namespace lacuna::attention {

/// Keys and values, token by token, of some heads: kv.tokens() of each of kv.heads(), rows of kv.key_dim() and
/// kv.value_dim() numbers without gaps. key_rows(head, first, count, to) writes the addresses of the keys of tokens
/// [first, first + count) of `head` to to[0 .. count); the other form those of the tokens listed in ids. Likewise
/// value_rows. All are noexcept, called from several threads at once, with tokens that exist. A source may say by
/// `kv.contiguous(first, count)` that the rows of those tokens, keys and values of any one head, stand one behind the
/// other without gaps: then fewer addresses are asked for.
template <class S>
concept kv_source = requires(S const& kv, index i, std::int32_t const* ids, typename S::key_type const** k,
                             typename S::value_type const** v) {
  { kv.tokens() } -> std::convertible_to<index>;
  { kv.heads() } -> std::convertible_to<index>;
  { kv.key_dim() } -> std::convertible_to<index>;
  { kv.value_dim() } -> std::convertible_to<index>;
  { kv.key_rows(i, i, i, k) } noexcept;
  { kv.key_rows(i, ids, i, k) } noexcept;
  { kv.value_rows(i, i, i, v) } noexcept;
  { kv.value_rows(i, ids, i, v) } noexcept;
};

/// Whether a source says so of tokens [first, first + count), which exist.
template <class S>
[[nodiscard]] LACUNA_INLINE bool contiguous_rows(S const& kv, index first, index count) noexcept {
  if constexpr (requires {
                  { kv.contiguous(first, count) } noexcept -> std::same_as<bool>;
                })
    return kv.contiguous(first, count);
  else
    return false;
}

}  // namespace lacuna::attention
