// SPDX-License-Identifier: MIT
//
// Heads of queries and keys between guard pages, and what a kernel of a scorer is asked for.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/core/config.hpp>

#include "guard.hpp"
#include "random.hpp"

#include <cstring>
#include <vector>

namespace lacuna_test {

/// heads x tokens x dim random numbers, read-only, the first or the last next to a guard page; heads or tokens are the
/// outer order, and there may be gaps (of NaN) between rows.
template <class T>
class guarded_heads {
 public:
  guarded_heads(random& r, lacuna::index heads, lacuna::index tokens, lacuna::index dim, bool tokens_outer = false,
                lacuna::index gap = 0, placement where = placement::upper)
      : view_{nullptr,
              heads,
              tokens,
              dim,
              tokens_outer ? dim + gap : tokens * (dim + gap),
              tokens_outer ? heads * (dim + gap) : dim + gap},
        memory_(heads * tokens * dim == 0 ? 0 : heads * tokens * (dim + gap) - gap, where) {
    if (memory_.size() != 0)
      std::memset(static_cast<void*>(memory_.data()), 0xFF, static_cast<std::size_t>(memory_.size()) * sizeof(T));
    view_.data = memory_.data();
    for (lacuna::index h = 0; h != heads; ++h)
      for (lacuna::index t = 0; t != tokens; ++t)
        for (lacuna::index d = 0; d != dim; ++d) memory_[view_.row(h, t) - view_.data + d] = T(r.normal());
    memory_.make_read_only();
    view_.data = memory_.data();
  }
  [[nodiscard]] lacuna::heads_view<T const> view() const noexcept { return view_; }
  /// Tokens [first, last).
  [[nodiscard]] lacuna::heads_view<T const> part(lacuna::index first, lacuna::index last) const noexcept {
    lacuna::heads_view<T const> v = view_;
    v.data += first * v.token_stride;
    v.tokens = last - first;
    return v;
  }
  [[nodiscard]] double operator()(lacuna::index h, lacuna::index t, lacuna::index d) const noexcept {
    return static_cast<double>(view_.row(h, t)[d]);
  }

 private:
  lacuna::heads_view<T> view_;
  guarded<T> memory_;
};

/// q(h, i)·k(g, j).
template <class Q, class K>
[[nodiscard]] double dot(guarded_heads<Q> const& q, lacuna::index h, lacuna::index i, guarded_heads<K> const& k,
                         lacuna::index g, lacuna::index j) {
  double sum = 0;
  for (lacuna::index d = 0; d != k.view().dim; ++d) sum += q(h, i, d) * k(g, j, d);
  return sum;
}

/// Cuts n tokens into pieces of random length: what is appended to an index one after the other.
[[nodiscard]] inline std::vector<lacuna::index> random_cuts(random& r, lacuna::index n) {
  std::vector<lacuna::index> cuts{0};
  while (cuts.back() != n) cuts.push_back(std::min(n, cuts.back() + r.below(1 + n / 3)));
  return cuts;
}

}  // namespace lacuna_test
