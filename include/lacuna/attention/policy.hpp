// SPDX-License-Identifier: MIT
//
// How much of a plan is computed: all of it, or what weighs enough.
#pragma once

#include <lacuna/core/config.hpp>

#include <concepts>

namespace lacuna::attention {

/// Every pair of the plan counts.
struct exact {};

/// Leaves out a tile of (up to 64) keys for a block of (up to 64) rows of queries where no logit comes up to
/// `lambda` times the weight of the row's largest so far, that is, where each row's largest logit in the tile is below
/// its largest before by more than -ln(lambda): neither exponentials nor values are computed there. What is left out
/// weighs less than lambda for each key, against the largest weight of 1. With lambda = 0 nothing is left out and every
/// bit is that of `exact`. Where blocks begin depends on the plan alone, not on the number of threads.
/// Source: BLASST, "Dynamic blocked attention sparsity via softmax thresholding", 2025.
struct skip_below {
  double lambda = 0;  ///< in [0, 1]
};

/// Goes through the keys in the order of the plan, and ends a block of (up to 64) rows of queries with the first tile
/// of (up to 64) keys that adds to no row more than a share `tau` of its mass so far: for plans that are ordered by
/// importance. With tau = 0 it never ends early and every bit is that of `exact`.
/// Source: S2O, "Early stopping for sparse attention via online permutation", 2026.
struct stop_below {
  double tau = 0;  ///< in [0, 1]
};

/// One of the three.
template <class P>
concept policy = std::same_as<P, exact> || std::same_as<P, skip_below> || std::same_as<P, stop_below>;

}  // namespace lacuna::attention
