// SPDX-License-Identifier: MIT
//
// Index of mean keys: what a block of keys says on average.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/score_kind.hpp>
#include <lacuna/attention/select/token_blocks.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

namespace lacuna::attention {

/// The sums of the keys of each block of `block` neighbours, from which `select` scores the block for a tile of
/// queries: scale * (mean of the queries)·(mean of the keys). Both means are of what is there: the last block and the
/// last tile may be shorter. With block = 1 it scores single keys by pooled queries. Costs dim / block numbers for each
/// key; to score a tile of queries takes the mean of them and 1 / block of the multiply-adds of one query with all
/// keys. Source: H. Jiang et al., "MInference 1.0", 2024 (block-sparse heads); likewise SparseD, InfLLM v2.
class mean_pool {
 public:
  /// No keys yet. Throws shape_error for a negative count, or a block without keys.
  LACUNA_INLINE mean_pool(index heads, index dim, index block = 64) : sums_(heads, dim, block) {
    if (heads < 0 || dim < 0 || block < 1)
      detail::fail<shape_error>("mean_pool: ", heads, " heads of dimension ", dim, ", blocks of ", block,
                                " keys, expected none below 0 and blocks of 1 or more");
  }
  /// The index of k.
  template <class K>
  LACUNA_INLINE explicit mean_pool(heads_view<K> const k, index block = 64) : mean_pool(k.heads, k.dim, block) {
    append(k);
  }

  /// Adds the keys of the tokens that follow. The index has the same bits whether they come one by one or at once.
  /// O(keys * dim). Throws shape_error if heads or dim differ.
  template <class K>
  LACUNA_INLINE void append(heads_view<K> const k) {
    sums_.append("mean_pool", dim(), k, [dim = dim()](index, float* sum, index, K const* key) LACUNA_INLINE_LAMBDA {
      for (index d = 0; d != dim; ++d) sum[d] += static_cast<float>(key[d]);
    });
  }
  /// Room for so many tokens: until there are more, append allocates nothing.
  LACUNA_INLINE void reserve(index tokens) { sums_.reserve(tokens); }

  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return sums_.heads(); }
  [[nodiscard]] LACUNA_INLINE index dim() const noexcept { return sums_.width(); }
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return sums_.tokens(); }
  /// Keys of a block.
  [[nodiscard]] LACUNA_INLINE index unit() const noexcept { return sums_.unit(); }
  [[nodiscard]] LACUNA_INLINE static constexpr score_kind kind() noexcept { return score_kind::logit; }
  /// The sum of the keys of block b, dim numbers; that of block b + 1 follows.
  [[nodiscard]] LACUNA_INLINE float const* sum(index head, index b) const noexcept { return sums_.block(head, b); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return sums_.bytes(); }

 private:
  token_blocks<float> sums_;
};

}  // namespace lacuna::attention
