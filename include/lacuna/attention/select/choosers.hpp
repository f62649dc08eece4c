// SPDX-License-Identifier: MIT
//
// Which units of keys to take, given their scores: what may be said to `select`.
#pragma once

#include <lacuna/core/config.hpp>

namespace lacuna::attention {

/// The k units of highest score, or all if there are fewer; of equal scores the lower unit.
struct top_k {
  index k = 0;
};

/// The fewest units, highest score first, of equal scores the lower unit, whose shares add up to p: shares of the sum
/// of scores where they are masses, of the softmax over the units where they are logits. p >= 1 takes all, p <= 0 none.
/// Where nothing has weight: masses that are all 0 give none, logits that are all -infinity have equal shares.
struct top_p {
  double p = 0.9;
};

/// The units whose score exceeds a threshold.
struct above {
  float threshold = 0;
};

/// The units whose score is at most theta below the anchor, which is the highest score among the units that the forced
/// pattern touches, or among all where it touches none. For logits: a difference is a ratio of weights. Nothing is
/// below an anchor of no mass, or of -infinity: it takes all units. Source: Y. Zhang et al., "AnchorAttention:
/// Difference-Aware Sparse Attention with Stripe Granularity", 2025, where the anchor is the highest logit of the
/// initial tokens and the local window.
struct anchor_diff {
  float theta = 0;
};

}  // namespace lacuna::attention
