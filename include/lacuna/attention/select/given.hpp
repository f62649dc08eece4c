// SPDX-License-Identifier: MIT
//
// Scores that somebody else has computed: a learned gate, an estimator of yours.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/score_kind.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

namespace lacuna::attention {

/// Borrows, for each head (of queries, or of keys where the heads of a group choose together) and tile of queries, one
/// score for each unit of `unit` keys: scores.row(head, tile)[u], hence scores.tokens counts tiles and scores.dim
/// units. Units that the tile does not see count for nothing, whatever they hold. Throws shape_error if the units are
/// not those of `tokens` keys. Systems: SeerAttention (a gate learns the mass of blocks), SEA, MiniMax's MSA.
class given {
 public:
  LACUNA_INLINE given(heads_view<float const> const scores, index tokens, index unit = 64,
                      score_kind kind = score_kind::mass)
      : scores_(scores), tokens_(tokens), unit_(unit), kind_(kind) {
    if (tokens < 0 || unit < 1 || scores.dim != detail::ceil_div(tokens, unit))
      detail::fail<shape_error>("given: ", scores.dim, " scores a tile for ", tokens, " keys in units of ", unit,
                                ", expected one for each unit");
  }

  [[nodiscard]] LACUNA_INLINE index heads() const noexcept { return scores_.heads; }
  [[nodiscard]] LACUNA_INLINE index tiles() const noexcept { return scores_.tokens; }
  [[nodiscard]] LACUNA_INLINE index tokens() const noexcept { return tokens_; }
  /// Keys of a unit.
  [[nodiscard]] LACUNA_INLINE index unit() const noexcept { return unit_; }
  [[nodiscard]] LACUNA_INLINE score_kind kind() const noexcept { return kind_; }
  [[nodiscard]] LACUNA_INLINE heads_view<float const> scores() const noexcept { return scores_; }

 private:
  heads_view<float const> scores_;
  index tokens_;
  index unit_;
  score_kind kind_;
};

}  // namespace lacuna::attention
