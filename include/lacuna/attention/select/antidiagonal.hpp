// SPDX-License-Identifier: MIT
//
// Sums over antidiagonals of q k^T: a sixteenth of the work says where the weight is.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/score_kind.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <type_traits>

namespace lacuna::attention {

/// Scores blocks of `block` keys by their share of a softmax over antidiagonals. Queries of a tile and keys are cut
/// into groups of `stride`; group I meets group J with the sum over s of q(I, stride - 1 - s)·k(J, s), the products on
/// the antidiagonal of their square, which every row, column and diagonal of it crosses. That sum, times scale /
/// stride, is the logit of the pair of groups (places that a short last group lacks add nothing); a softmax over the
/// groups of keys turns the logits of each group of queries into shares, and a block has the sum of those of its groups
/// and of the groups of queries of the tile. Pairs of groups of which no query sees any key are left out.
///
/// Borrows the keys, so there is nothing to append to: give it the longer view. Costs 1 / stride of the multiply-adds
/// of q k^T. A worker keeps the logits of some tiles: keys / stride for each group of queries, half a megabyte, or more
/// where those of one tile (of all heads that read the same keys) do not fit. `block` is a multiple of `stride`, which
/// is at most 2^31, else shape_error. Source: R. Xu, G. Xiao, H. Huang, J. Guo, S. Han, "XAttention", ICML 2025.
template <class K>
class antidiagonal {
 public:
  using key_type = K;

  LACUNA_INLINE explicit antidiagonal(heads_view<K const> const k, index stride = 16, index block = 64)
      : k_(k), stride_(stride), block_(block) {
    constexpr index most = index{1} << 31;  // more keys than a plan can name
    if (stride < 1 || stride > most || block < 1 || block % stride != 0)
      detail::fail<shape_error>("antidiagonal: blocks of ", block, " keys in groups of ", stride,
                                ", expected whole groups of 1 to 2^31");
  }

  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return k_.heads; }
  [[nodiscard]] LACUNA_INLINE index dim() const noexcept { return k_.dim; }
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return k_.tokens; }
  /// Keys of a block.
  [[nodiscard]] LACUNA_INLINE index unit() const noexcept { return block_; }
  [[nodiscard]] LACUNA_INLINE static constexpr score_kind kind() noexcept { return score_kind::mass; }
  [[nodiscard]] LACUNA_INLINE index stride() const noexcept { return stride_; }
  [[nodiscard]] LACUNA_INLINE heads_view<K const> keys() const noexcept { return k_; }

 private:
  heads_view<K const> k_;
  index stride_;
  index block_;
};

template <class K>
antidiagonal(heads_view<K>) -> antidiagonal<std::remove_const_t<K>>;
template <class K>
antidiagonal(heads_view<K>, index) -> antidiagonal<std::remove_const_t<K>>;
template <class K>
antidiagonal(heads_view<K>, index, index) -> antidiagonal<std::remove_const_t<K>>;

}  // namespace lacuna::attention
