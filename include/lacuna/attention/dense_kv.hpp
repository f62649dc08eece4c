// SPDX-License-Identifier: MIT
//
// Keys and values in plain arrays.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/kv_source.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <cstdint>
#include <type_traits>

namespace lacuna::attention {

/// Borrows keys and values as two views of heads, in any order of heads and tokens; v may be k, or a part of it. Throws
/// shape_error where the heads or tokens of the two differ.
template <class K, class V = K>
class dense_kv {
 public:
  using key_type = K;
  using value_type = V;

  dense_kv(heads_view<K const> k, heads_view<V const> v) : k_(k), v_(v) {
    if (k.heads != v.heads || k.tokens != v.tokens)
      detail::fail<shape_error>("dense_kv: k has ", k.heads, " heads of ", k.tokens, " tokens, v has ", v.heads,
                                " heads of ", v.tokens);
  }

  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return k_.tokens; }
  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return k_.heads; }
  [[nodiscard]] LACUNA_INLINE index key_dim() const noexcept { return k_.dim; }
  [[nodiscard]] LACUNA_INLINE index value_dim() const noexcept { return v_.dim; }

  /// Whether the rows of tokens that follow each other stand one behind the other, without gaps.
  [[nodiscard]] LACUNA_INLINE bool contiguous(index /*first*/, index /*count*/) const noexcept {
    return k_.token_stride == k_.dim && v_.token_stride == v_.dim;
  }

  LACUNA_INLINE void key_rows(index head, index first, index count, K const** to) const noexcept {
    for (index t = 0; t != count; ++t) to[t] = k_.row(head, first + t);
  }
  LACUNA_INLINE void key_rows(index head, std::int32_t const* ids, index count, K const** to) const noexcept {
    for (index t = 0; t != count; ++t) to[t] = k_.row(head, ids[t]);
  }
  LACUNA_INLINE void value_rows(index head, index first, index count, V const** to) const noexcept {
    for (index t = 0; t != count; ++t) to[t] = v_.row(head, first + t);
  }
  LACUNA_INLINE void value_rows(index head, std::int32_t const* ids, index count, V const** to) const noexcept {
    for (index t = 0; t != count; ++t) to[t] = v_.row(head, ids[t]);
  }

 private:
  heads_view<K const> k_;
  heads_view<V const> v_;
};

template <class K, class V>
dense_kv(heads_view<K>, heads_view<V>) -> dense_kv<std::remove_const_t<K>, std::remove_const_t<V>>;

}  // namespace lacuna::attention
