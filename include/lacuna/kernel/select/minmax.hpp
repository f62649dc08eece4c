// SPDX-License-Identifier: MIT
//
// Scores of pages by their bounds: one dot product of [max(q, 0), min(q, 0)] with [largest, least] for each.
//
// Bound: 2 * dim numbers of the index a page, read once for all queries of a group of heads. Decoding one token this is
// 1 / page of the bytes of keys and values; in prefill 2 / page of the multiply-adds of q k^T.
// Reached: one token of 32 heads over 8, 8192 keys, d = 128, pages of 64: 26 us, plan included, 1.2 % of dense
// decoding.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/minmax.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/select/dots.hpp>
#include <lacuna/kernel/select/query_lines.hpp>
#include <lacuna/kernel/select/score.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct select_scores<attention::minmax, Arch> {
  [[nodiscard]] static index tiles(attention::minmax const&, index /*group*/, index /*tile_queries*/) noexcept {
    return 1;
  }
  [[nodiscard]] static index memory(attention::minmax const& keys, score_job const& job) noexcept {
    return 2 * keys.dim() * job.heads * job.tile_queries;
  }

  template <class Q>
  static void run(attention::minmax const& keys, heads_view<Q const> q, score_job const& job) noexcept {
    auto const dim = keys.dim();
    for (index t = job.tile; t != job.tile + job.tiles; ++t) {
      auto const first = job.first_query(t), count = job.last_query(t) - first;
      for (index h = 0; h != job.heads; ++h)
        for (index i = 0; i < count; ++i)
          split_line<Arch>(q.row(job.head + h, first + i), dim, job.memory + (h * count + i) * 2 * dim);
      auto const dots = [&](auto&& take) LACUNA_INLINE_LAMBDA {
        for_each_dot<Arch>(job.memory, job.heads * count, 2 * dim, keys.bounds(job.kv_head, 0), job.units, 2 * dim,
                           2 * dim, take);
      };
      if (count == 1)
        dots([&](index r, index p, float dot) LACUNA_INLINE_LAMBDA { job.row(job.head + r, t)[p] = dot * job.scale; });
      else
        dots([&](index r, index p, float dot) LACUNA_INLINE_LAMBDA {
          float& to = job.row(job.head + r / count, t)[p];
          to = r % count == 0 ? dot * job.scale : larger_score(to, dot * job.scale);
        });
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
