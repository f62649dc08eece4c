// SPDX-License-Identifier: MIT
//
// The exact softmax of a few queries over all keys, summed up by columns and by diagonals.
//
// Two passes over the keys, so that nothing of queries x keys is stored: the first finds the largest logit and the sum
// of each line, the second computes the logits again and shares them out.
//
// Bound: last / queries of the multiply-adds of q k^T, twice, and two exponentials a pair: 64 of 4096 queries, 1.6 % of
// the multiply-adds of dense attention. Reached there: 1.1 ms at d = 64, 1.6 at 128, 4 and 3 % of its time.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/select/probe_last.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/select/exponentials.hpp>
#include <lacuna/kernel/select/panel_product.hpp>
#include <lacuna/kernel/select/query_lines.hpp>
#include <lacuna/kernel/select/score.hpp>
#include <lacuna/simd/tile.hpp>

#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// The softmax of the last queries of a head, added up by column and by diagonal.
template <class Arch>
struct probe_queries {
  using product = panel_product<Arch>;

  /// Floats of workspace for queries [first, last) against so many keys.
  [[nodiscard]] static index memory(index queries, index keys) noexcept {
    return filled(queries) * (product::width + 2) + product::panel + product::lines * product::depth + keys +
           product::width;
  }

  /// Adds what queries [first, last) of `head` see of the keys of `kv_head` to `to`, scaled by `scale`; query i stands
  /// at i + k.tokens - q.tokens. NaN among the logits makes masses NaN.
  template <class Q, class K>
  static void run(heads_view<Q const> q, heads_view<K const> k, index head, index kv_head, index first, index last,
                  float scale, visible_keys visible, float* memory, attention::probe_last& to) {
    auto const count = last - first;
    float* const packed = memory;
    float* const lines = packed + product::panel;
    float* const logits = lines + product::lines * product::depth;
    float* const top = logits + filled(count) * product::width;
    float* const sum = top + filled(count);
    float* const back = sum + filled(count);  // mass of distances, the farthest first
    for (index i = 0; i != count; ++i) {
      top[i] = std::numeric_limits<float>::lowest();
      sum[i] = 0;
    }
    for (index j = 0; j != k.tokens; ++j) back[j] = 0;
    auto const position = first + k.tokens - q.tokens;
    for (int pass = 0; pass != 2; ++pass)
      for (index j0 = 0; j0 < k.tokens; j0 += product::width) {
        auto const keys = k.tokens - j0 < product::width ? k.tokens - j0 : product::width;
        compute(q, k, head, kv_head, first, last, j0, keys, packed, lines, logits);
        for (index i = 0; i != count; ++i) {
          float* const line = logits + i * product::width;
          scale_line<Arch>(line, keys, scale);
          auto const p = position + i;
          auto look = [&](index from, index end, float bias) {
            float* const part = line + from - j0;
            auto const n = end - from;
            for (index j = 0; bias != 0 && j != n; ++j) part[j] += bias;
            if (pass == 0) {
              gather_up(part, n, top[i], sum[i]);
            } else {
              exponentials<Arch>(part, n, top[i], part);
              scale_line<Arch>(part, n, sum[i] > 0 ? 1 / sum[i] : sum[i]);
              add_line<Arch>(static_cast<float const*>(part), n, to.columns(head).data() + from);
              // A key ahead of its query has no distance back.
              auto const behind = end - 1 > p ? p + 1 - from : n;
              if (behind > 0) add_line<Arch>(static_cast<float const*>(part), behind, back + (from - p + k.tokens - 1));
            }
          };
          visit_visible(visible, {.q0 = p, .q1 = p + 1, .k0 = j0, .k1 = j0 + keys, .head = head}, look);
        }
      }
    auto const distance = to.diagonals(head);
    for (index o = 0; o != k.tokens; ++o) distance[static_cast<std::size_t>(o)] += back[k.tokens - 1 - o];
  }

 private:
  [[nodiscard]] static constexpr index filled(index queries) noexcept {
    return (queries + 15) / 16 * 16 + 48;  // whole register tiles, and whole cache lines
  }

  /// logits[i * width + j] = q(first + i)·k(j0 + j).
  template <class Q, class K>
  static void compute(heads_view<Q const> q, heads_view<K const> k, index head, index kv_head, index first, index last,
                      index j0, index keys, float* packed, float* lines, float* logits) noexcept {
    for (index i = 0; i < last - first && q.dim == 0; ++i)
      for (index j = 0; j != product::width; ++j) logits[i * product::width + j] = 0;
    for (index d = 0; d < q.dim; d += product::depth) {
      auto const deep = q.dim - d < product::depth ? q.dim - d : product::depth;
      product::pack_keys(k.row(kv_head, j0) + d, k.token_stride, keys, deep, packed);
      for (index r = first; r < last; r += product::lines) {
        auto const some = last - r < product::lines ? last - r : product::lines;
        for (index i = 0; i != product::lines; ++i)
          if (i < some)
            copy_line<Arch>(q.row(head, r + i) + d, deep, lines + i * product::depth);
          else
            for (index c = 0; c != deep; ++c) lines[i * product::depth + c] = 0;
        product::multiply(lines, some, packed, deep, logits + (r - first) * product::width, product::width, d != 0);
      }
    }
  }

  /// Takes n logits more into a line's largest logit and its sum of exponentials.
  static void gather_up(float* logits, index n, float& top, float& sum) noexcept {
    float const here = largest<Arch>(logits, n);
    if (here > top) {
      float const shrink[1] = {top};
      float factor[1];
      exponentials<Arch>(shrink, 1, here, factor);
      sum *= factor[0];
      top = here;
    }
    sum += exponentials<Arch>(logits, n, top, logits);
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
