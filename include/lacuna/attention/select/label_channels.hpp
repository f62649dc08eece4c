// SPDX-License-Identifier: MIT
//
// Which channels tell most about q·k, from a calibration run.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <cstdint>

namespace lacuna::detail::inline LACUNA_ISA {

/// The `count` largest of n sizes, in increasing order of place, of equal ones the first.
inline void largest_places(double const* size, index n, index count, std::int32_t* places) {
  buffer<unsigned char> taken(n);
  for (index c = 0; c != count; ++c) {
    index best = 0;
    while (taken[best] != 0) ++best;
    for (index i = best + 1; i < n; ++i)
      if (taken[i] == 0 && size[i] > size[best]) best = i;
    taken[best] = 1;
  }
  for (index i = 0; i != n; ++i)
    if (taken[i] != 0) *places++ = static_cast<std::int32_t>(i);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention::inline LACUNA_ISA {

/// For each head of k the `count` channels c with the largest sum of |q_c k_c| over the tokens (each query with its own
/// key) and the query heads that read this head; in increasing order, of equal ones the lower. q and k are calibration
/// data of the same tokens, behind the rotary embedding. Throws shape_error if the two do not fit together, value_error
/// if there are fewer channels or a NaN among the sums. O(tokens * heads * dim + kv heads * dim * count).
/// Source: the authors' calibration of Double Sparsity.
template <class Q, class K>
[[nodiscard]] buffer<std::int32_t> label_channels(heads_view<Q> const q, heads_view<K> const k, index count) {
  if (q.tokens != k.tokens || q.dim != k.dim || (k.heads == 0 ? q.heads != 0 : q.heads % k.heads != 0))
    detail::fail<shape_error>("label_channels: q has ", q.heads, " heads of ", q.tokens, " tokens of dimension ", q.dim,
                              ", k has ", k.heads, " of ", k.tokens, " of ", k.dim);
  if (count < 0 || count > k.dim)
    detail::fail<value_error>("label_channels: count is ", count, ", expected 0 to ", k.dim, ", the dimension");
  buffer<std::int32_t> labels(detail::checked_multiply(k.heads, count, "label_channels"));
  buffer<double> size(k.dim);
  for (index g = 0; g != k.heads; ++g) {
    for (auto& s : size) s = 0;
    auto const group = q.heads / k.heads;
    for (index h = g * group; h != (g + 1) * group; ++h)
      for (index t = 0; t != k.tokens; ++t)
        for (index d = 0; d != k.dim; ++d) {
          auto const product = static_cast<double>(q.row(h, t)[d]) * static_cast<double>(k.row(g, t)[d]);
          size[d] += product < 0 ? -product : product;
        }
    for (index d = 0; d != k.dim; ++d)
      if (!(size[d] >= 0)) detail::fail<value_error>("label_channels: channel ", d, " of head ", g, " is not a number");
    detail::largest_places(size.data(), k.dim, count, labels.data() + g * count);
  }
  return labels;
}

}  // namespace lacuna::attention::inline LACUNA_ISA
