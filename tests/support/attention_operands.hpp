// SPDX-License-Identifier: MIT
//
// Operands of attention over many heads, and what became of them.
#pragma once

#include <lacuna/attention/dense_kv.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/scalar.hpp>

#include "attention_heads.hpp"
#include "random.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace lacuna_test {

template <class T>
[[nodiscard]] bool same_bits(std::vector<T> const& a, std::vector<T> const& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// Queries, keys and values drawn at random, queries `size` times as large, with gaps between rows; values stand in the
/// other order than keys.
template <class Q, class K, class Out, class V = K>
struct attention_operands {
  using sum = std::common_type_t<lacuna::accumulator_t<Q>, lacuna::accumulator_t<K>, lacuna::accumulator_t<V>>;

  attention_operands(lacuna::attention::shape s, lacuna::index dk, lacuna::index dv, bool by_tokens,
                     std::uint64_t seed = 1, double size = 1)
      : r(seed),
        shape(s),
        q(s.heads, s.queries, dk, by_tokens, 3),
        k(s.kv_heads, s.keys, dk, by_tokens, 1),
        v(s.kv_heads, s.keys, dv, !by_tokens, 5),
        out(s.heads, s.queries, dv, by_tokens, 2),
        lse(static_cast<std::size_t>(s.heads * s.queries), sum(7)) {
    q.fill(r, size);
    k.fill(r);
    v.fill(r);
  }

  [[nodiscard]] lacuna::attention::dense_kv<K, V> kv() const { return {k.read(), v.read()}; }
  /// "" if what has been written is right, of every `step`-th query.
  [[nodiscard]] std::string error_of(written_plan const& plan, lacuna::index step = 1) const {
    if (!out.gaps_intact()) return "written beside the rows";
    auto const scale = 1 / std::sqrt(static_cast<double>(std::max<lacuna::index>(1, k.view().dim)));
    return twice_naive<sum, Out>(q.read(), k.read(), v.read(), plan, scale, step).check(out.read(), lse);
  }

  random r;
  lacuna::attention::shape shape;
  heads<Q> q;
  heads<K> k;
  heads<V> v;
  heads<Out> out;
  std::vector<sum> lse;
};

}  // namespace lacuna_test
