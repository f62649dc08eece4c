// SPDX-License-Identifier: MIT
//
// Many heads of queries, keys, values or outputs in one allocation.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>

#include <type_traits>

namespace lacuna {

/// Borrows heads x tokens x dim numbers: element d of token t of head h is data[h * head_stride + t * token_stride +
/// d]. Both usual orders are views: tokens x heads x dim (head_stride = dim, token_stride = heads * dim) and heads x
/// tokens x dim (head_stride = tokens * dim, token_stride = dim). T is const where nothing is written.
template <class T>
struct heads_view {
  using value_type = std::remove_const_t<T>;

  T* data = nullptr;
  index heads = 0;
  index tokens = 0;
  index dim = 0;
  index head_stride = 0;
  index token_stride = 0;

  /// heads x tokens x dim, without gaps.
  [[nodiscard]] LACUNA_INLINE static constexpr heads_view heads_first(T* data, index heads, index tokens,
                                                                      index dim) noexcept {
    return {data, heads, tokens, dim, tokens * dim, dim};
  }
  /// tokens x heads x dim, without gaps: as a projection of tokens x features leaves them.
  [[nodiscard]] LACUNA_INLINE static constexpr heads_view tokens_first(T* data, index heads, index tokens,
                                                                       index dim) noexcept {
    return {data, heads, tokens, dim, dim, heads * dim};
  }
  /// The dim numbers of one token of one head.
  [[nodiscard]] LACUNA_INLINE constexpr T* row(index head, index token) const noexcept {
    return data + head * head_stride + token * token_stride;
  }
  /// One head as a matrix of tokens x dim.
  [[nodiscard]] LACUNA_INLINE constexpr dense_view<T> head(index h) const noexcept {
    return {data + h * head_stride, tokens, dim, token_stride};
  }
  /// A view that is not written through.
  [[nodiscard]] LACUNA_INLINE constexpr operator heads_view<T const>() const noexcept
    requires(!std::is_const_v<T>)
  {
    return {data, heads, tokens, dim, head_stride, token_stride};
  }
};

}  // namespace lacuna
