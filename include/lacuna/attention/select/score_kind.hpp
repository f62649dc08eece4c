// SPDX-License-Identifier: MIT
//
// What the numbers of a scorer mean, hence how those of several queries become one.
#pragma once

namespace lacuna::attention {

/// A scorer gives each unit of keys (a block, a page, a token) one number for each query or tile of queries.
enum class score_kind : unsigned char {
  logit,  ///< an estimate or a bound of scale * q·k: queries and heads that choose together count with the largest
  mass    ///< a share of the softmax, never negative: they count with their sum
};

}  // namespace lacuna::attention
