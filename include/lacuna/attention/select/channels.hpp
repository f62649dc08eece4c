// SPDX-License-Identifier: MIT
//
// Index of label channels: the few channels of each key that tell what the others will say.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/score_kind.hpp>
#include <lacuna/attention/select/token_blocks.hpp>
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <cstdint>
#include <span>

namespace lacuna::attention {

/// Some channels of every key, chosen for each head beforehand (label_channels), 64 tokens of a channel side by side.
/// `select` scores each key for a query by scale * (sum of q_c k_c over the label channels), and for a tile of queries
/// by the largest of theirs. Costs `count` numbers for each key, of type T: float, bf16 or f16.
/// Source: S. Yang, Y. Sheng, J. E. Gonzalez, I. Stoica, L. Zheng, "Post-Training Sparse Attention with Double
/// Sparsity", 2024.
template <class T = float>
class channels {
 public:
  using value_type = T;
  static constexpr index tokens_a_block = 64;

  /// No keys yet. labels: for each head in turn its channels, as many for each; throws shape_error if they do not share
  /// out or a count is negative, value_error for one that is not in [0, dim).
  LACUNA_INLINE channels(index heads, index dim, std::span<std::int32_t const> labels)
      : labels_(labels), dim_(dim), count_(heads > 0 ? static_cast<index>(labels.size()) / heads : 0) {
    if (heads < 0 || dim < 0 || count_ * heads != labels_.size())
      detail::fail<shape_error>("channels: ", labels_.size(), " labels for ", heads, " heads of dimension ", dim,
                                ", expected as many for each head, and counts of 0 or more");
    for (index i = 0; i != labels_.size(); ++i)
      if (labels_[i] < 0 || labels_[i] >= dim)
        detail::fail<value_error>("channels: label ", i, " is channel ", labels_[i], ", expected 0 <= channel < ", dim);
    values_ = token_blocks<T>(heads, detail::checked_multiply(count_, tokens_a_block, "channels"), tokens_a_block);
  }
  /// The index of k.
  template <class K>
  LACUNA_INLINE channels(heads_view<K> const k, std::span<std::int32_t const> labels)
      : channels(k.heads, k.dim, labels) {
    append(k);
  }

  /// Adds the keys of the tokens that follow, rounded to T. The index has the same bits whether they come one by one or
  /// at once. O(keys * count). Throws shape_error if heads or dim differ.
  template <class K>
  LACUNA_INLINE void append(heads_view<K> const k) {
    values_.append("channels", dim_, k, [this](index h, T* block, index place, K const* key) LACUNA_INLINE_LAMBDA {
      auto const* const label = labels(h);
      for (index c = 0; c != count_; ++c) block[c * tokens_a_block + place] = T(static_cast<float>(key[label[c]]));
    });
  }
  /// Room for so many tokens: until there are more, append allocates nothing.
  LACUNA_INLINE void reserve(index tokens) { values_.reserve(tokens); }

  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return values_.heads(); }
  [[nodiscard]] LACUNA_INLINE index dim() const noexcept { return dim_; }
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return values_.tokens(); }
  /// It scores single keys.
  [[nodiscard]] LACUNA_INLINE static constexpr index unit() noexcept { return 1; }
  [[nodiscard]] LACUNA_INLINE static constexpr score_kind kind() noexcept { return score_kind::logit; }
  /// Label channels of a head.
  [[nodiscard]] LACUNA_INLINE index count() const noexcept { return count_; }
  [[nodiscard]] LACUNA_INLINE std::int32_t const* labels(index head) const noexcept {
    return labels_.data() + head * count_;
  }
  /// Channels x 64 numbers of the tokens 64 b ... 64 b + 63, zeros behind the last; those of block b + 1 follow.
  [[nodiscard]] LACUNA_INLINE T const* block(index head, index b) const noexcept { return values_.block(head, b); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return values_.bytes(); }

 private:
  token_blocks<T> values_;
  buffer<std::int32_t> labels_;
  index dim_;
  index count_;
};

}  // namespace lacuna::attention
