// SPDX-License-Identifier: MIT
//
// Keys and values in blocks of tokens that stand anywhere in a pool: the cache of a server.
#pragma once

#include <lacuna/attention/kv_source.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace lacuna::attention {

/// Borrows a pool: number d of token t of block b of a head stands at data[b * block_stride + head * head_stride + t *
/// token_stride + d]. The usual layout is blocks x heads x block x dim (block_stride = heads * block * dim, head_stride
/// = block * dim, token_stride = dim), where the keys of a head in a block are one piece of memory; any other strides
/// do, such as those of blocks x block x heads x dim.
template <class T>
struct paged_view {
  using value_type = std::remove_const_t<T>;

  T* data = nullptr;
  index blocks = 0;
  index heads = 0;
  index block = 0;  ///< tokens in a block
  index dim = 0;
  index block_stride = 0;
  index head_stride = 0;
  index token_stride = 0;

  /// blocks x heads x block x dim, without gaps.
  [[nodiscard]] LACUNA_INLINE static constexpr paged_view packed(T* data, index blocks, index heads, index block,
                                                                 index dim) noexcept {
    return {data, blocks, heads, block, dim, heads * block * dim, block * dim, dim};
  }
  /// The dim numbers of token t of a block.
  [[nodiscard]] LACUNA_INLINE constexpr T* row(index b, index head, index t) const noexcept {
    return data + b * block_stride + head * head_stride + t * token_stride;
  }
  /// A view that is not written through.
  [[nodiscard]] LACUNA_INLINE constexpr operator paged_view<T const>() const noexcept
    requires(!std::is_const_v<T>)
  {
    return {data, blocks, heads, block, dim, block_stride, head_stride, token_stride};
  }
};

/// The keys and values of one sequence: token t is token t % block of block table[t / block] of the pools. Borrows both
/// pools and the table. Throws shape_error where the pools differ in blocks, heads or tokens of a block, or the table
/// is too short for `tokens` tokens, and value_error where it names a block that does not exist; O(tokens / block).
template <class K, class V = K>
class paged_kv {
 public:
  using key_type = K;
  using value_type = V;

  paged_kv(paged_view<K const> k, paged_view<V const> v, std::span<std::int32_t const> table, index tokens)
      : k_(k), v_(v), table_(table), tokens_(tokens) {
    if (k.blocks != v.blocks || k.heads != v.heads || k.block != v.block)
      detail::fail<shape_error>("paged_kv: k has ", k.blocks, " blocks of ", k.heads, "x", k.block, " tokens, v has ",
                                v.blocks, " of ", v.heads, "x", v.block);
    if (tokens < 0 || (tokens != 0 && k.block <= 0))
      detail::fail<shape_error>("paged_kv: ", tokens, " tokens in blocks of ", k.block,
                                ", expected none below 0, in blocks of 1 or more");
    auto const needed = tokens == 0 ? 0 : (tokens - 1) / k.block + 1;
    if (static_cast<index>(table.size()) < needed)
      detail::fail<shape_error>("paged_kv: ", tokens, " tokens stand in ", needed, " blocks of ", k.block,
                                ", the table has ", table.size(), " entries");
    for (index n = 0; n != needed; ++n) {
      auto const block = table[static_cast<std::size_t>(n)];
      if (block < 0 || block >= k.blocks)
        detail::fail<value_error>("paged_kv: entry ", n, " of the table is block ", block, ", expected 0 <= block < ",
                                  k.blocks);
    }
  }

  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return tokens_; }
  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return k_.heads; }
  [[nodiscard]] LACUNA_INLINE index key_dim() const noexcept { return k_.dim; }
  [[nodiscard]] LACUNA_INLINE index value_dim() const noexcept { return v_.dim; }

  /// Whether the rows of some tokens stand one behind the other, without gaps: those of a block may.
  [[nodiscard]] LACUNA_INLINE bool contiguous(index first, index count) const noexcept {
    return count == 0 ||
           (k_.token_stride == k_.dim && v_.token_stride == v_.dim && first % k_.block + count <= k_.block);
  }

  LACUNA_INLINE void key_rows(index head, index first, index count, K const** to) const noexcept {
    run_rows(k_, head, first, count, to);
  }
  LACUNA_INLINE void key_rows(index head, std::int32_t const* ids, index count, K const** to) const noexcept {
    listed_rows(k_, head, ids, count, to);
  }
  LACUNA_INLINE void value_rows(index head, index first, index count, V const** to) const noexcept {
    run_rows(v_, head, first, count, to);
  }
  LACUNA_INLINE void value_rows(index head, std::int32_t const* ids, index count, V const** to) const noexcept {
    listed_rows(v_, head, ids, count, to);
  }

 private:
  /// One division a block, not a token.
  template <class T>
  LACUNA_INLINE void run_rows(paged_view<T const> const& pool, index head, index first, index count,
                              T const** to) const noexcept {
    while (count > 0) {
      index const within = first % pool.block;
      index const here = pool.block - within < count ? pool.block - within : count;
      T const* const row = pool.row(table_[static_cast<std::size_t>(first / pool.block)], head, within);
      for (index t = 0; t != here; ++t) to[t] = row + t * pool.token_stride;
      first += here;
      to += here;
      count -= here;
    }
  }
  template <class T>
  LACUNA_INLINE void listed_rows(paged_view<T const> const& pool, index head, std::int32_t const* ids, index count,
                                 T const** to) const noexcept {
    constexpr index most = index{1} << 31;  // no id reaches it
    auto const block = static_cast<std::uint32_t>(pool.block < most ? pool.block : most);
    for (index t = 0; t != count; ++t) {
      auto const id = static_cast<std::uint32_t>(ids[t]);
      to[t] = pool.row(table_[id / block], head, static_cast<index>(id % block));
    }
  }

  paged_view<K const> k_;
  paged_view<V const> v_;
  std::span<std::int32_t const> table_;
  index tokens_;
};

template <class K, class V, class Table>
paged_kv(paged_view<K>, paged_view<V>, Table const&, index) -> paged_kv<std::remove_const_t<K>, std::remove_const_t<V>>;

}  // namespace lacuna::attention
