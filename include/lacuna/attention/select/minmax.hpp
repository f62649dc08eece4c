// SPDX-License-Identifier: MIT
//
// Index of page bounds: no key of a page can matter more than they say.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/block_table.hpp>
#include <lacuna/attention/select/score_kind.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

namespace lacuna::attention {

/// The largest and the least of each channel over the keys of each page of `page` neighbours. `select` scores a page
/// for a query by scale * sum over d of max(q_d * least_d, q_d * largest_d), which no logit of the page exceeds but for
/// rounding, and for a tile of queries by the largest of theirs. (A negative scale turns the bound around: do not.)
/// Costs 2 * dim / page numbers for each key: to score is to stream them. A key that is not finite makes scores that
/// are not either, and NaN is an error of `select`.
/// Source: J. Tang, Y. Zhao, K. Zhu, G. Xiao, B. Kasikci, S. Han, "Quest", ICML 2024.
class minmax {
 public:
  /// No keys yet. Throws shape_error for a negative count, or a page without keys.
  LACUNA_INLINE minmax(index heads, index dim, index page = 64) : bounds_(heads, 2 * dim), page_(page) {
    if (heads < 0 || dim < 0 || page < 1)
      detail::fail<shape_error>("minmax: ", heads, " heads of dimension ", dim, ", pages of ", page);
  }
  /// The index of k.
  template <class K>
  LACUNA_INLINE explicit minmax(heads_view<K> const k, index page = 64) : minmax(k.heads, k.dim, page) {
    append(k);
  }

  /// Adds the keys of the tokens that follow. The index has the same bits whether they come one by one or at once.
  /// O(keys * dim). Throws shape_error if heads or dim differ.
  template <class K>
  LACUNA_INLINE void append(heads_view<K> const k) {
    if (k.heads != heads() || k.dim != dim() || k.tokens < 0)
      detail::fail<shape_error>("minmax: the index has ", heads(), " heads of dimension ", dim(), ", k has ", k.heads,
                                " of ", k.dim);
    bounds_.grow(detail::ceil_div(tokens_ + k.tokens, page_));
    for (index h = 0; h != k.heads; ++h)
      for (index t = 0; t != k.tokens; ++t) {
        auto const token = tokens_ + t;
        float* const largest = bounds_.block(h, token / page_);
        float* const least = largest + k.dim;
        auto const* const key = k.row(h, t);
        if (token % page_ == 0)
          for (index d = 0; d != k.dim; ++d) largest[d] = least[d] = static_cast<float>(key[d]);
        else
          for (index d = 0; d != k.dim; ++d) {
            auto const x = static_cast<float>(key[d]);
            // A NaN stays: nothing is larger or less than it.
            largest[d] = x > largest[d] || x != x ? x : largest[d];
            least[d] = x < least[d] || x != x ? x : least[d];
          }
      }
    tokens_ += k.tokens;
  }
  /// Room for so many tokens: until there are more, append allocates nothing.
  LACUNA_INLINE void reserve(index tokens) { bounds_.reserve(detail::ceil_div(tokens, page_)); }

  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return bounds_.heads(); }
  [[nodiscard]] LACUNA_INLINE index dim() const noexcept { return bounds_.width() / 2; }
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return tokens_; }
  /// Keys of a page.
  [[nodiscard]] LACUNA_INLINE index unit() const noexcept { return page_; }
  [[nodiscard]] LACUNA_INLINE static constexpr score_kind kind() noexcept { return score_kind::logit; }
  /// dim largest, then dim least numbers of page p; those of page p + 1 follow.
  [[nodiscard]] LACUNA_INLINE float const* bounds(index head, index p) const noexcept { return bounds_.block(head, p); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return bounds_.bytes(); }

 private:
  block_table<float> bounds_;
  index page_;
  index tokens_ = 0;
};

}  // namespace lacuna::attention
