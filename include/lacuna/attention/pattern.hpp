// SPDX-License-Identifier: MIT
//
// What an attention pattern is: which keys a query may see, asked tile by tile.
#pragma once

#include <lacuna/core/config.hpp>

#include <concepts>

namespace lacuna::attention {

/// Queries [q0, q1) against keys [k0, k1), never empty, counted as positions in one sequence: key j stands at position
/// j, and the queries are the last ones, so that query i of nq, against nk keys, stands at i + nk - nq. One rule then
/// covers a whole prompt, a chunk of it behind cached keys, and the decoding of one token. A position is negative where
/// there are more queries than keys.
struct tile {
  index q0 = 0;
  index q1 = 0;
  index k0 = 0;
  index k1 = 0;
};

/// How much of a tile a pattern allows: nothing (a kernel skips it), some (it asks for each pair), all (it asks no
/// more).
enum class cover : unsigned char { none, partial, full };

/// Says which keys a query may see. allows(i, j) tells whether the query at position i sees the key at position j;
/// classify(t) sums that up for a tile. `none` and `full` are promises; `partial` may always be said, and costs time
/// only. Both are called from noexcept kernels, from several threads at once, for key positions in [0, nk).
///
/// A pattern of your own is a struct with these two members. It composes with the others by `&` and `|`; among its
/// like, and for `~`, say `using lacuna::attention::operator~;` where you use it.
template <class P>
concept pattern = std::copy_constructible<P> && requires(P const& p, tile t, index i, index j) {
  { p.classify(t) } -> std::same_as<cover>;
  { p.allows(i, j) } -> std::convertible_to<bool>;
};

}  // namespace lacuna::attention
