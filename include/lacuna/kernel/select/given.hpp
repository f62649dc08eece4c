// SPDX-License-Identifier: MIT
//
// Scores that are there already: the choosers read a copy.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/select/given.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/kernel/select/score.hpp>

namespace lacuna::kernel::inline LACUNA_ISA {

template <class Arch>
struct select_scores<attention::given, Arch> {
  [[nodiscard]] static index tiles(attention::given const&, index /*group*/, index /*tile_queries*/) noexcept {
    return 1;
  }
  [[nodiscard]] static index memory(attention::given const&, score_job const&) noexcept { return 0; }

  /// job.head counts the heads of the scores.
  template <class Q>
  static void run(attention::given const& from, heads_view<Q const>, score_job const& job) noexcept {
    for (index h = job.head; h != job.head + job.heads; ++h)
      for (index t = job.tile; t != job.tile + job.tiles; ++t)
        for (index u = 0; u != job.units; ++u) job.row(h, t)[u] = from.scores().row(h, t)[u];
  }
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
