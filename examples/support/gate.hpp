// SPDX-License-Identifier: MIT
//
// What a learned gate would say: the mass of each block of keys for each tile of queries.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/core/config.hpp>

#include "attention_data.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace demo {

/// heads x tiles x blocks: the exact share of causal softmax on each block of 64 keys, averaged over the 64 queries of
/// a tile. A gate learns to guess it; here it is computed, which costs as much as dense attention, and is not timed.
[[nodiscard]] inline heads gate_scores(attention_data const& data) {
  auto const q = data.q.view(), k = data.k.view();
  auto const group = q.heads / k.heads, before = k.tokens - q.tokens;
  auto const size = static_cast<std::size_t>(k.tokens);
  heads scores(q.heads, (q.tokens + 63) / 64, (k.tokens + 63) / 64);
  std::vector<float> kt(static_cast<std::size_t>(k.dim) * size), logits(size);
  float const scale = 1 / std::sqrt(static_cast<float>(q.dim));
  for (lacuna::index h = 0; h != q.heads; ++h) {
    for (std::size_t j = 0; j != size; ++j)
      for (lacuna::index d = 0; d != k.dim; ++d)
        kt[static_cast<std::size_t>(d) * size + j] = k.row(h / group, static_cast<lacuna::index>(j))[d];
    for (lacuna::index i = 0; i != q.tokens; ++i) {
      auto const seen = static_cast<std::size_t>(i + before + 1);
      std::fill(logits.begin(), logits.end(), 0.0f);
      for (lacuna::index d = 0; d != k.dim; ++d) {
        float const weight = q.row(h, i)[d] * scale;
        float const* const line = kt.data() + static_cast<std::size_t>(d) * size;
        for (std::size_t j = 0; j != seen; ++j) logits[j] += weight * line[j];
      }
      auto const top = *std::max_element(logits.begin(), logits.begin() + static_cast<std::ptrdiff_t>(seen));
      float sum = 0;
      for (std::size_t j = 0; j != seen; ++j) sum += logits[j] = std::exp(logits[j] - top);
      for (std::size_t j = 0; j != seen; ++j) scores.view().row(h, i / 64)[j / 64] += logits[j] / sum / 64;
    }
  }
  return scores;
}

}  // namespace demo
