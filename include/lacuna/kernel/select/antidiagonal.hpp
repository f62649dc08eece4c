// SPDX-License-Identifier: MIT
//
// Scores of blocks by antidiagonals: the groups of some tiles of queries times those of all keys, a softmax over the
// latter, and its sums over blocks.
//
// Bound: 1 / stride of the multiply-adds of q k^T, as a dense product; packing keys costs 1 / 8 of that where a job has
// 64 groups of queries (it asks for as many tiles), one exponential for stride^2 pairs.
// Reached: stride 16, 4096 tokens, causal, d = 64 and 128: 0.9 and 1.7 ms, 3.4 and 3.5 % of dense attention, plan
// included; stride 8: 5.4 and 5.5 %.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/antidiagonal.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/select/exponentials.hpp>
#include <lacuna/kernel/select/panel_product.hpp>
#include <lacuna/kernel/select/query_lines.hpp>
#include <lacuna/kernel/select/score.hpp>

#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class K, class Arch>
struct select_scores<attention::antidiagonal<K>, Arch> {
  using scorer = attention::antidiagonal<K>;
  using product = panel_product<Arch>;

  /// As many as make 64 groups of queries, as long as their logits take half a megabyte.
  [[nodiscard]] static index tiles(scorer const& keys, index group, index tile_queries) noexcept {
    auto const lines = group * detail::ceil_div(tile_queries, keys.stride());
    auto const columns = detail::ceil_div(keys.tokens(), keys.stride()) + product::width;
    auto const most = index{1 << 17} / columns < 64 ? index{1 << 17} / columns : 64;
    return lines < most ? most / lines : 1;
  }
  [[nodiscard]] static index memory(scorer const& keys, score_job const& job) noexcept {
    return layout(keys, job).total;
  }

  template <class Q>
  static void run(scorer const& keys, heads_view<Q const> q, score_job const& job) {
    auto const at = layout(keys, job);
    float* const logits = job.memory;
    float* const packed = logits + at.rows * at.columns;
    float* const lines = packed + product::panel;
    auto const stride = keys.stride();
    auto const k = keys.keys();
    auto const places = stride < k.tokens ? stride : k.tokens;  // no group has a key at those behind
    for (index i = 0; k.dim == 0 && i != at.rows * at.columns; ++i) logits[i] = 0;
    for (index first = 0; first < at.columns; first += product::width)
      for (index s = 0; s != places; ++s)
        for (index d = 0; d < k.dim; d += product::depth) {
          auto const deep = k.dim - d < product::depth ? k.dim - d : product::depth;
          auto const token = first * stride + s;  // keys of place s of the groups from `first` on
          auto const left = token < k.tokens ? detail::ceil_div(k.tokens - token, stride) : 0;
          auto const count = left < product::width ? left : product::width;
          product::pack_keys(count != 0 ? k.row(job.kv_head, token) + d : nullptr, stride * k.token_stride, count, deep,
                             packed);
          for (index r = 0; r < at.rows; r += product::lines) {
            auto const some = at.rows - r < product::lines ? at.rows - r : product::lines;
            for (index i = 0; i != some; ++i)
              pack_query(q, job, at, stride, r + i, s, d, deep, lines + i * product::depth);
            product::multiply(lines, some, packed, deep, logits + r * at.columns + first, at.columns, s + d != 0);
          }
        }
    for (index h = job.head; h != job.head + job.heads; ++h)
      for (index t = job.tile; t != job.tile + job.tiles; ++t) share_out(keys, job, at, h, t, logits);
  }

 private:
  struct places {
    index groups;   ///< of queries in a tile
    index rows;     ///< lines of logits: heads x tiles x groups, filled up to 6
    index columns;  ///< groups of keys, filled up to a panel
    index total;    ///< floats
  };
  [[nodiscard]] static places layout(scorer const& keys, score_job const& job) noexcept {
    places at;
    at.groups = detail::ceil_div(job.tile_queries, keys.stride());
    at.rows = detail::ceil_div(job.heads * job.tiles * at.groups, product::rows) * product::rows;
    auto const seen = job.units * (keys.unit() / keys.stride());
    auto const all = detail::ceil_div(keys.tokens(), keys.stride());
    at.columns = detail::ceil_div(seen < all ? seen : all, product::width) * product::width;
    at.total = at.rows * at.columns + product::panel + product::lines * product::depth;
    return at;
  }

  /// Numbers d ... of the query that meets place s of the keys: place stride - 1 - s of its group; zeros if there is
  /// none.
  template <class Q>
  static void pack_query(heads_view<Q const> q, score_job const& job, places const& at, index stride, index row,
                         index s, index d, index deep, float* to) noexcept {
    auto const t = job.tile + row / at.groups % job.tiles;
    auto const h = job.head + row / (at.groups * job.tiles);
    auto const i = job.first_query(t) + row % at.groups * stride + stride - 1 - s;
    if (h < job.head + job.heads && i < job.last_query(t))
      copy_line<Arch>(q.row(h, i) + d, deep, to);
    else
      for (index c = 0; c != deep; ++c) to[c] = 0;
  }

  /// The groups of keys that some query of a group sees, as far as they are not handed over yet.
  template <class F>
  struct seen_groups {
    index stride;
    index most;
    F& f;
    index next = 0;
    LACUNA_INLINE void operator()(index first, index last, attention::cover, float) noexcept {
      auto const from = first / stride < next ? next : first / stride;
      auto const end = detail::ceil_div(last, stride);
      auto const to = end < most ? end : most;  // a pattern may say more of fewer queries
      if (from < to) f(from, to);
      next = to > next ? to : next;
    }
  };
  template <class F>
  static void visit_groups(scorer const& keys, score_job const& job, attention::tile t, F&& f) {
    seen_groups<F> seen{keys.stride(), job.units * (keys.unit() / keys.stride()), f};
    job.visible.runs(job.visible.pattern, t, seen);
  }

  /// The softmax of the logits of a tile, line by line, summed up by blocks.
  static void share_out(scorer const& keys, score_job const& job, places const& at, index h, index t, float* logits) {
    auto const stride = keys.stride(), a_block = keys.unit() / stride;
    float const scale = job.scale / static_cast<float>(stride);
    float* const to = job.row(h, t);
    for (index u = 0; u != job.units; ++u) to[u] = 0;
    float* line = logits + ((h - job.head) * job.tiles + t - job.tile) * at.groups * at.columns;
    for (index i = job.first_query(t); i < job.last_query(t); i += stride, line += at.columns) {
      auto const end = i + stride < job.last_query(t) ? i + stride : job.last_query(t);
      auto const p = job.first_position;
      attention::tile const queries{.q0 = p + i, .q1 = p + end, .k0 = 0, .k1 = keys.tokens(), .head = h};
      float top = std::numeric_limits<float>::lowest(), sum = 0;
      visit_groups(keys, job, queries, [&](index first, index last) {
        scale_line<Arch>(line + first, last - first, scale);
        float const here = largest<Arch>(line + first, last - first);
        top = here > top ? here : top;
      });
      visit_groups(keys, job, queries, [&](index first, index last) {
        sum += exponentials<Arch>(line + first, last - first, top, line + first);
      });
      float const each = sum > 0 ? 1 / sum : sum;  // NaN stays NaN
      visit_groups(keys, job, queries, [&](index first, index last) {
        for (index j = first; j < last;) {
          auto const stop = (j / a_block + 1) * a_block < last ? (j / a_block + 1) * a_block : last;
          float share = 0;
          auto const b = j / a_block;
          for (; j != stop; ++j) share += line[j];
          to[b] += share * each;
        }
      });
    }
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
