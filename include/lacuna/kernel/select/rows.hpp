// SPDX-License-Identifier: MIT
//
// The rows of a plan by scorer and chooser: which heads and tiles make one piece of work, and how their choices become
// one plan, the same for every executor.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/attention/plan_arrays.hpp>
#include <lacuna/attention/plan_parts.hpp>
#include <lacuna/attention/select/choosers.hpp>
#include <lacuna/attention/select/score_kind.hpp>
#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/scratch.hpp>
#include <lacuna/kernel/select/choose.hpp>
#include <lacuna/kernel/select/join.hpp>
#include <lacuna/kernel/select/rank.hpp>
#include <lacuna/kernel/select/row.hpp>
#include <lacuna/kernel/select/row_rules.hpp>
#include <lacuna/kernel/select/score.hpp>

#include <concepts>
#include <cstdint>
#include <limits>

namespace lacuna::kernel::inline LACUNA_ISA {

/// Scores and chooses. S is a scorer, Q the type of the queries, C a chooser.
template <class Arch, class S, class Q, class C>
class row_selection {
 public:
  row_selection(S const& scorer, heads_view<Q const> q, C const& chooser, row_rules const& rules) noexcept
      : scorer_(scorer), q_(q), chooser_(chooser), rules_(rules) {
    auto const group = rules.shape.group();
    scored_ = rules.share_group && scorer.heads() == rules.shape.kv_heads && !scores_queries ? 1 : group;
    step_ = group == 0 ? 1 : kernel_type::tiles(scorer, scored_, tile_queries());
  }

  /// The plan; or, where a score is wrong, the first such.
  [[nodiscard]] attention::plan_arrays run(any_executor const& exec, wrong_score& wrong) const {
    auto const pieces = detail::ceil_div(rules_.tiles(), step_);
    auto plan = rules_.slots_of_heads();
    attention::plan_parts rows(rules_.shape, rules_.options, rules_.rows(), exec.concurrency());
    buffer<index> wrong_units(rules_.rows());  // 1 + the first wrong one
    exec.for_ranges(rules_.shape.kv_heads * pieces, 1, [&](index first, index last, index worker) {
      growing<key_range> chosen;
      for (index piece = first; piece != last; ++piece)
        run_piece(piece / pieces, piece % pieces * step_, worker, rows, chosen, wrong_units.data());
    });
    for (index r = 0; r != rules_.rows(); ++r)
      if (wrong_units[r] != 0) {
        wrong = {r / rules_.tiles(), r % rules_.tiles(), wrong_units[r] - 1};
        return {};
      }
    return rows.collect(plan);
  }

 private:
  using kernel_type = select_scores<S, Arch>;
  static constexpr bool scores_queries = requires(S const& s) { s.dim(); };

  /// Of the first tile: scorers keep memory for as many.
  [[nodiscard]] index tile_queries() const noexcept {
    auto const most = rules_.shape.queries < 1 ? 1 : rules_.shape.queries;
    return rules_.options.tile_queries < most ? rules_.options.tile_queries : most;
  }

  [[nodiscard]] index slots_of_kv_head() const noexcept { return rules_.share_group ? 1 : rules_.shape.group(); }

  /// A piece of work, without its memory.
  [[nodiscard]] score_job job_of(index kv_head, index first_tile) const {
    score_job job;
    job.kv_head = kv_head;
    job.head = kv_head * scored_;
    job.heads = scored_;
    job.tile = first_tile;
    job.tiles = rules_.tiles() - first_tile < step_ ? rules_.tiles() - first_tile : step_;
    job.tile_queries = tile_queries();
    job.queries = rules_.shape.queries;
    job.first_position = rules_.shape.first_position();
    job.scale = rules_.scale;
    job.visible = rules_.within;
    for (index s = 0; s != slots_of_kv_head(); ++s)
      for (index t = first_tile; t != first_tile + job.tiles; ++t)
        visit_units(kv_head * slots_of_kv_head() + s, t, rules_.within, [&](index, index last) {
          if (last > job.units) job.units = last;
        });
    return job;
  }

  void run_piece(index kv_head, index first_tile, index worker, attention::plan_parts& rows, growing<key_range>& chosen,
                 index* wrong) const {
    auto job = job_of(kv_head, first_tile);
    // A line of scores, those of the units that a tile sees, three for the chooser; places; then the scorer's.
    job.stride = detail::ceil_div(detail::ceil_div(rules_.shape.keys, scorer_.unit()), 16) * 16 + 16;
    auto const lines = job.heads * job.tiles;
    auto const own = kernel_type::memory(scorer_, job);
    job.scores = scratch<float>((lines + 5) * job.stride + own);
    float* const memory = job.scores + lines * job.stride;
    job.memory = memory + 5 * job.stride;
    kernel_type::run(scorer_, q_, job);
    for (index s = 0; s != slots_of_kv_head(); ++s)
      for (index t = first_tile; t != first_tile + job.tiles; ++t) {
        if (rules_.share_group) join_heads(job, t);
        auto const slot = kv_head * slots_of_kv_head() + s;
        auto const row = slot * rules_.tiles() + t;
        index taken = 0;
        auto* const places = reinterpret_cast<std::int32_t*>(memory + 4 * job.stride);
        wrong[row] = 1 + choose(job.row(job.head + s, t), slot, t, memory, job.stride, chosen, places, taken);
        append(row_builder(rules_.tile(slot, t), rules_.within, rows.row(worker)), places, taken, chosen);
        rows.end_row(worker, row);
      }
  }

  /// The units at `places` of those seen, the keys of which take their place.
  void append(row_builder to, std::int32_t const* places, index taken, growing<key_range>& chosen) const {
    bool const are_keys = scorer_.unit() == 1 && !rules_.by_score && seen_from_start(chosen);
    if (are_keys && to.append_keys(places, taken, rules_.forced)) return;
    list_keys(places, taken, chosen);
    if (rules_.by_score)
      to.append_in_order(chosen.data(), chosen.size(), rules_.forced);
    else
      to.append(chosen.data(), chosen.size(), rules_.forced);
  }

  /// f(first, last) for the units that the queries of a tile see some of through `keys`, rising, none twice.
  template <class F>
  void visit_units(index slot, index t, visible_keys keys, F&& f) const {
    auto const unit = scorer_.unit();
    index next = 0;
    visit_visible(keys, rules_.tile(slot, t), [&](index first, index last, float) {
      auto const from = first / unit > next ? first / unit : next;
      auto const to = detail::ceil_div(last, unit);
      if (from < to) f(from, to);
      if (to > next) next = to;
    });
  }

  /// The scores of the heads of a group, in the line of the first.
  void join_heads(score_job const& job, index t) const noexcept {
    bool const add = scorer_.kind() == attention::score_kind::mass;
    float* const to = job.row(job.head, t);
    for (index h = job.head + 1; h < job.head + job.heads; ++h) join_scores<Arch>(to, job.row(h, t), job.units, add);
  }

  [[nodiscard]] static bool seen_from_start(growing<key_range> const& seen) noexcept {
    return seen.size() == 1 && seen[0].first == 0;
  }

  /// Writes the ranges of units that a tile sees to `seen`, and the places among them of what the chooser takes to
  /// `places`; returns the first wrong unit, or -1.
  index choose(float* scores, index slot, index t, float* memory, index line, growing<key_range>& seen,
               std::int32_t* places, index& taken) const {
    seen.shrink(0);
    index count = 0;
    visit_units(slot, t, rules_.within, [&](index first, index last) {
      if (seen.size() != 0 && seen[seen.size() - 1].last == first)
        seen[seen.size() - 1].last = last;
      else
        seen.push_back({first, last});
      count += last - first;
    });
    // Units that the tile sees move together; where they do so from the first on, nothing moves.
    float* const together = memory;
    bool const from_start = seen_from_start(seen);
    scored_units units{from_start ? scores : together, count, scorer_.kind(), 0, memory + line};
    if (!from_start) {
      index to = 0;
      for (auto const& r : seen.span())
        for (index u = r.first; u != r.last; ++u) together[to++] = scores[u];
    }
    if (auto const at = choose_units<Arch>::first_wrong(units.scores, count, units.kind); at >= 0)
      return unit_at(seen, at);
    if constexpr (std::same_as<C, attention::anchor_diff>) units.anchor = anchor(scores, slot, t, seen, units);
    taken = choose_units<Arch>::run(chooser_, units, places);
    if (rules_.by_score) rank_places(places, taken, units.scores);
    return -1;
  }

  [[nodiscard]] static index unit_at(growing<key_range> const& seen, index place) noexcept {
    for (auto const& r : seen.span()) {
      if (place < r.last - r.first) return r.first + place;
      place -= r.last - r.first;
    }
    return -1;
  }

  /// The highest score of a unit that is forced, or of all.
  [[nodiscard]] float anchor(float const* scores, index slot, index t, growing<key_range> const& seen,
                             scored_units const& units) const {
    float top = std::numeric_limits<float>::lowest();
    bool any = false;
    visit_units(slot, t, rules_.forced, [&](index first, index last) {
      for (auto const& r : seen.span())
        for (index u = first > r.first ? first : r.first; u < last && u < r.last; ++u) {
          if (!any || scores[u] > top) top = scores[u];
          any = true;
        }
    });
    return any ? top : largest<Arch>(units.scores, units.count);
  }

  /// The keys of the units at `places` of the ranges seen, which they take the place of.
  void list_keys(std::int32_t const* places, index taken, growing<key_range>& chosen) const {
    growing<key_range> const& seen = chosen;
    auto const unit = scorer_.unit();
    auto const ranges = seen.size();
    index r = 0, before = 0;
    for (index i = 0; i != taken; ++i) {
      if (places[i] < before) r = before = 0;  // they do not rise where they stand by score
      while (places[i] - before >= seen[r].last - seen[r].first) {
        before += seen[r].last - seen[r].first;
        ++r;
      }
      auto const u = seen[r].first + places[i] - before;
      auto const end = (u + 1) * unit < rules_.shape.keys ? (u + 1) * unit : rules_.shape.keys;
      if (auto const n = chosen.size(); n > ranges && chosen[n - 1].last == u * unit)
        chosen[n - 1].last = end;
      else
        chosen.push_back({u * unit, end});
    }
    auto const listed = chosen.size() - ranges;
    for (index i = 0; i != listed; ++i) chosen[i] = chosen[ranges + i];
    chosen.shrink(listed);
  }

  S const& scorer_;
  heads_view<Q const> q_;
  C const& chooser_;
  row_rules const& rules_;
  index scored_;  ///< heads of scores for each head of keys
  index step_;    ///< tiles of a piece of work
};

}  // namespace lacuna::kernel::inline LACUNA_ISA
