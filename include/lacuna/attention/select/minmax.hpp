// SPDX-License-Identifier: MIT
//
// Index of page bounds: no key of a page can matter more than they say.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/score_kind.hpp>
#include <lacuna/attention/select/token_blocks.hpp>
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
  LACUNA_INLINE minmax(index heads, index dim, index page = 64) : bounds_(heads, 2 * dim, page) {
    if (heads < 0 || dim < 0 || page < 1)
      detail::fail<shape_error>("minmax: ", heads, " heads of dimension ", dim, ", pages of ", page,
                                " keys, expected none below 0 and pages of 1 or more");
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
    auto const widen = [dim = dim()](index, float* largest, index place, K const* key) LACUNA_INLINE_LAMBDA {
      float* const least = largest + dim;
      if (place == 0)
        for (index d = 0; d != dim; ++d) largest[d] = least[d] = static_cast<float>(key[d]);
      else
        for (index d = 0; d != dim; ++d) {
          auto const x = static_cast<float>(key[d]);
          // A NaN stays: nothing is larger or less than it.
          largest[d] = x > largest[d] || x != x ? x : largest[d];
          least[d] = x < least[d] || x != x ? x : least[d];
        }
    };
    bounds_.append("minmax", dim(), k, widen);
  }
  /// Room for so many tokens: until there are more, append allocates nothing.
  LACUNA_INLINE void reserve(index tokens) { bounds_.reserve(tokens); }

  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return bounds_.heads(); }
  [[nodiscard]] LACUNA_INLINE index dim() const noexcept { return bounds_.width() / 2; }
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return bounds_.tokens(); }
  /// Keys of a page.
  [[nodiscard]] LACUNA_INLINE index unit() const noexcept { return bounds_.unit(); }
  [[nodiscard]] LACUNA_INLINE static constexpr score_kind kind() noexcept { return score_kind::logit; }
  /// dim largest, then dim least numbers of page p; those of page p + 1 follow.
  [[nodiscard]] LACUNA_INLINE float const* bounds(index head, index p) const noexcept { return bounds_.block(head, p); }
  [[nodiscard]] LACUNA_INLINE index bytes() const noexcept { return bounds_.bytes(); }

 private:
  token_blocks<float> bounds_;
};

}  // namespace lacuna::attention
