// SPDX-License-Identifier: MIT
//
// Scores of all heads and tiles from the kernel of a scorer, however the work is cut into jobs.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/select/score.hpp>
#include <lacuna/simd/arch.hpp>

#include "selection.hpp"

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace lacuna_test {

/// What is scored: queries at the end of so many keys.
struct scoring {
  lacuna::index heads = 1;
  lacuna::index kv_heads = 1;
  lacuna::index queries = 1;
  lacuna::index keys = 1;
  lacuna::index tile_queries = 4;
  lacuna::index unit = 1;
  float scale = 0.25f;

  [[nodiscard]] lacuna::index tiles() const noexcept { return (queries + tile_queries - 1) / tile_queries; }
  [[nodiscard]] lacuna::index units() const noexcept { return (keys + unit - 1) / unit; }
  [[nodiscard]] lacuna::index group() const noexcept { return heads / kv_heads; }
  [[nodiscard]] std::size_t at(lacuna::index h, lacuna::index t, lacuna::index u) const noexcept {
    return static_cast<std::size_t>((h * tiles() + t) * units() + u);
  }
};

/// scores[at(head, tile, unit)], `step` tiles to a job; the workspace stands in front of a guard page.
template <class S, class Q, class W>
[[nodiscard]] std::vector<float> all_scores(S const& scorer, lacuna::heads_view<Q const> q, scoring const& s,
                                            W const& within, lacuna::index step) {
  using kernel = lacuna::kernel::select_scores<S, lacuna::simd::default_arch>;
  std::vector<float> scores(static_cast<std::size_t>(s.heads * s.tiles() * s.units()),
                            std::numeric_limits<float>::quiet_NaN());
  for (lacuna::index g = 0; g != s.kv_heads; ++g)
    for (lacuna::index t = 0; t < s.tiles(); t += step) {
      lacuna::kernel::score_job job;
      job.kv_head = g;
      job.head = g * s.group();
      job.heads = s.group();
      job.tile = t;
      job.tiles = std::min(step, s.tiles() - t);
      job.tile_queries = s.tile_queries;
      job.queries = s.queries;
      job.first_position = s.keys - s.queries;
      job.units = s.units();
      job.scale = s.scale;
      job.visible = lacuna::kernel::visible_through(within);
      job.stride = (s.units() + 15) / 16 * 16;
      guarded<float> out(job.heads * job.tiles * job.stride), memory((kernel::memory(scorer, job) + 15) / 16 * 16);
      job.scores = out.data();
      job.memory = memory.data();
      kernel::run(scorer, q, job);
      for (auto h = job.head; h != job.head + job.heads; ++h)
        for (auto i = t; i != t + job.tiles; ++i)
          for (lacuna::index u = 0; u != s.units(); ++u) scores[s.at(h, i, u)] = job.row(h, i)[u];
    }
  return scores;
}

/// "" or the first score that is further than `error` from what `expected(head, tile, unit)` says.
[[nodiscard]] inline std::string check_scores(
    std::vector<float> const& scores, scoring const& s, double error,
    std::function<double(lacuna::index, lacuna::index, lacuna::index)> expected) {
  for (lacuna::index h = 0; h != s.heads; ++h)
    for (lacuna::index t = 0; t != s.tiles(); ++t)
      for (lacuna::index u = 0; u != s.units(); ++u) {
        auto const wanted = expected(h, t, u);
        auto const got = static_cast<double>(scores[s.at(h, t, u)]);
        if (!(std::fabs(got - wanted) <= error))
          return "head " + std::to_string(h) + ", tile " + std::to_string(t) + ", unit " + std::to_string(u) + ": " +
                 std::to_string(got) + ", expected " + std::to_string(wanted);
      }
  return "";
}

[[nodiscard]] inline bool same_bits(std::vector<float> const& a, std::vector<float> const& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

}  // namespace lacuna_test
