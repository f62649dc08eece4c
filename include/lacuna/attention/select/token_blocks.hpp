// SPDX-License-Identifier: MIT
//
// A block_table that tokens are appended to, one after the other: what every index of keys does.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/block_table.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/moved_along.hpp>

namespace lacuna::attention {

/// heads x blocks x width numbers about blocks of `unit` neighbouring tokens, the last of which may be shorter.
template <class T>
class token_blocks {
 public:
  LACUNA_INLINE token_blocks() noexcept = default;
  LACUNA_INLINE token_blocks(index heads, index width, index unit) noexcept : table_(heads, width), unit_(unit) {}

  /// Calls add(head, block, place, key) for each of the tokens that follow: the numbers of its block (zeros before its
  /// first token), its place there, and its `dim` numbers. Throws shape_error, in the name of `who`, if heads or dim
  /// of k are others; then nothing is added.
  template <class K, class F>
  LACUNA_INLINE void append(char const* who, index dim, heads_view<K> const k, F&& add) {
    if (k.heads != heads() || k.dim != dim || k.tokens < 0)
      detail::fail<shape_error>(who, ": the index has ", heads(), " heads of dimension ", dim, ", k has ", k.heads,
                                " of ", k.dim);
    table_.grow(detail::ceil_div(tokens_ + k.tokens, unit_));
    for (index h = 0; h != k.heads; ++h)
      for (index t = 0; t != k.tokens; ++t)
        add(h, table_.block(h, (tokens_ + t) / unit_), (tokens_ + t) % unit_, k.row(h, t));
    tokens_ = tokens_ + k.tokens;
  }
  /// Room for so many tokens: until there are more, append allocates nothing.
  LACUNA_INLINE void reserve(index tokens) { table_.reserve(detail::ceil_div(tokens, unit_)); }

  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return table_.heads(); }
  [[nodiscard]] LACUNA_INLINE index width() const noexcept { return table_.width(); }
  [[nodiscard]] LACUNA_INLINE index unit() const noexcept { return unit_; }
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return tokens_; }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return table_.bytes(); }
  [[nodiscard]] LACUNA_INLINE T const* block(index head, index b) const noexcept { return table_.block(head, b); }

 private:
  block_table<T> table_;
  index unit_ = 1;
  lacuna::detail::moved_along<index> tokens_;
};

}  // namespace lacuna::attention
