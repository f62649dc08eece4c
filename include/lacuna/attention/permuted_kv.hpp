// SPDX-License-Identifier: MIT
//
// Keys and values in another order than they are stored in.
#pragma once

#include <lacuna/attention/kv_source.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace lacuna::attention {

/// Token t is token ids[t] of `source`: keys that were sorted or clustered are addressed by their original ids, or the
/// other way round, without moving them. ids may repeat and leave out tokens. Holds a copy of the source, which
/// borrows, and borrows ids. Throws value_error where an id is no token of the source; O(ids).
template <kv_source S>
class permuted_kv {
 public:
  using key_type = typename S::key_type;
  using value_type = typename S::value_type;

  permuted_kv(S source, std::span<std::int32_t const> ids) : source_(source), ids_(ids) {
    for (std::size_t t = 0; t != ids.size(); ++t)
      if (ids[t] < 0 || ids[t] >= source.tokens())
        detail::fail<value_error>("permuted_kv: id ", t, " is token ", ids[t], ", expected 0 <= token < ",
                                  source.tokens());
  }

  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return static_cast<index>(ids_.size()); }
  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return source_.heads(); }
  [[nodiscard]] LACUNA_INLINE index key_dim() const noexcept { return source_.key_dim(); }
  [[nodiscard]] LACUNA_INLINE index value_dim() const noexcept { return source_.value_dim(); }

  LACUNA_INLINE void key_rows(index head, index first, index count, key_type const** to) const noexcept {
    source_.key_rows(head, ids_.data() + first, count, to);
  }
  LACUNA_INLINE void key_rows(index head, std::int32_t const* ids, index count, key_type const** to) const noexcept {
    for (index t = 0; t != count; ++t) source_.key_rows(head, ids_.data() + ids[t], 1, to + t);
  }
  LACUNA_INLINE void value_rows(index head, index first, index count, value_type const** to) const noexcept {
    source_.value_rows(head, ids_.data() + first, count, to);
  }
  LACUNA_INLINE void value_rows(index head, std::int32_t const* ids, index count,
                                value_type const** to) const noexcept {
    for (index t = 0; t != count; ++t) source_.value_rows(head, ids_.data() + ids[t], 1, to + t);
  }

 private:
  S source_;
  std::span<std::int32_t const> ids_;
};

template <class S, class Ids>
permuted_kv(S, Ids const&) -> permuted_kv<S>;

}  // namespace lacuna::attention
