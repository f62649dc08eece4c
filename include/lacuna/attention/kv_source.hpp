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
/// `kv.contiguous()` that rows of keys, and those of values, stand one behind the other without gaps, for all tokens of
/// a head: then fewer addresses are asked for.
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

}  // namespace lacuna::attention
