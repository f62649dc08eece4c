// SPDX-License-Identifier: MIT
//
// Scores of blocks by mean queries and mean keys.
//
// Bound: reading the queries once, dim additions each; then dim / (block * tile) of the multiply-adds of q k^T, of
// lines in L1. 4096 tokens, d = 64, blocks and tiles of 64: 262144 additions and 262144 multiply-adds, 0.1 % of dense
// attention.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/mean_pool.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/select/dots.hpp>
#include <lacuna/kernel/select/query_lines.hpp>
#include <lacuna/kernel/select/score.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct select_scores<attention::mean_pool, Arch> {
  [[nodiscard]] static index tiles(attention::mean_pool const&, index /*group*/, index /*tile_queries*/) noexcept {
    return 1;
  }
  [[nodiscard]] static index memory(attention::mean_pool const& index_of_keys, score_job const&) noexcept {
    return index_of_keys.dim();
  }

  template <class Q>
  static void run(attention::mean_pool const& keys, heads_view<Q const> q, score_job const& job) noexcept {
    auto const dim = keys.dim(), block = keys.unit();
    for (index h = job.head; h != job.head + job.heads; ++h)
      for (index t = job.tile; t != job.tile + job.tiles; ++t) {
        float* const sum = job.memory;
        float* const to = job.row(h, t);
        for (index d = 0; d != dim; ++d) sum[d] = 0;
        auto const first = job.first_query(t), last = job.last_query(t);
        for (index i = first; i < last; ++i) add_line<Arch>(q.row(h, i), dim, sum);
        float const each = job.scale / static_cast<float>(last - first);
        for_each_dot<Arch>(sum, 1, dim, keys.sum(job.kv_head, 0), job.units, dim, dim,
                           [&](index, index b, float dot) LACUNA_INLINE_LAMBDA {
                             auto const left = keys.tokens() - b * block;
                             to[b] = dot * (each / static_cast<float>(left < block ? left : block));
                           });
      }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
