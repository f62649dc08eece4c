// SPDX-License-Identifier: MIT
//
// One row of a plan for several heads or tiles of queries.
#pragma once

#include <lacuna/attention/key_set.hpp>
#include <lacuna/attention/owned_plan.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/attention/plan_builder.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/format/arrays.hpp>

#include <limits>
#include <utility>

namespace lacuna::attention {

/// What is put together.
struct coarsen_options {
  index tiles = 1;  ///< neighbouring tiles of queries
  index heads = 1;  ///< neighbouring heads: shape.group() for those that share their keys
};

}  // namespace lacuna::attention

namespace lacuna::detail::inline LACUNA_ISA {

/// Runs of what some of the heads let some query see, full where all let all.
template <attention::pattern P>
void runs_of_heads(P const& p, attention::tile t, index const* heads, index count, attention::run_sink sink);

/// Takes the runs of one head and passes them on together with those of `count` further heads, full where all are.
template <attention::pattern P>
struct runs_of_more_heads {
  P const& p;
  attention::tile t;
  index const* heads;
  index count;
  attention::run_sink sink;
  index next;

  void operator()(index first, index last, attention::cover how, float) {
    fill_to(first);
    inner within{how, sink, first};
    runs_of_heads(p, {t.q0, t.q1, first, last, 0}, heads, count, within);
    if (within.next < last) sink(within.next, last, attention::cover::partial);
    next = last;
  }
  void fill_to(index last) {
    inner within{attention::cover::none, sink, last};
    if (next < last) runs_of_heads(p, {t.q0, t.q1, next, last, 0}, heads, count, within);
  }

 private:
  struct inner {
    attention::cover how;
    attention::run_sink sink;
    index next;
    void operator()(index first, index last, attention::cover also, float) {
      bool const full = how == attention::cover::full && also == how;
      if (how != attention::cover::none && next < first) sink(next, first, attention::cover::partial);
      sink(first, last, full ? attention::cover::full : attention::cover::partial);
      next = last;
    }
  };
};

template <attention::pattern P>
void runs_of_heads(P const& p, attention::tile t, index const* heads, index count, attention::run_sink sink) {
  t.head = heads[0];
  if (count == 1) return attention::runs(p, t, sink);
  runs_of_more_heads<P> merge{p, t, heads + 1, count - 1, sink, t.k0};
  attention::runs(p, t, merge);
  merge.fill_to(t.k1);
}

/// Keys with a bias, of several rows, put in order.
class key_union {
 public:
  void add_row(attention::plan_view const& p, index row) {
    for (auto const x : p.runs_of(row)) add(x.first, index{x.first} + x.count, x.bias);
    auto const tokens = p.tokens_of(row);
    auto const bias = p.token_bias_of(row);
    for (std::size_t n = 0; n != tokens.size(); ++n)
      add(tokens[n], index{tokens[n]} + 1, bias.empty() ? 0.0f : bias[n]);
  }
  /// Calls f(first, last, bias) for the union, in rising order. Throws value_error if a key has two biases.
  template <class F>
  void each(F&& f) {
    sort();
    for (index n = 0; n != size();) {
      auto [first, last, bias] = pieces_[n];
      for (++n; n != size() && pieces_[n].first <= last; ++n) {
        if (pieces_[n].bias != bias) {
          if (pieces_[n].first == last) break;
          fail<value_error>("coarsen: key ", pieces_[n].first, " has biases ", bias, " and ", pieces_[n].bias,
                            " in tiles that become one, expected equal ones");
        }
        if (pieces_[n].last > last) last = pieces_[n].last;
      }
      f(first, last, bias);
    }
    pieces_.shrink(0);
  }

 private:
  struct piece {
    index first, last;
    float bias;
  };
  [[nodiscard]] index size() const noexcept { return pieces_.size(); }
  void add(index first, index last, float bias) { pieces_.push_back({first, last, bias}); }

  /// Merges sorted stretches, which are long: every row is one of runs and one of single keys.
  void sort() {
    for (bool sorted = false; !sorted;) {
      sorted = true;
      growing<piece> merged;
      merged.reserve(size());
      for (index n = 0; n != size();) {
        index const middle = stretch(n), end = middle == size() ? middle : stretch(middle);
        sorted = sorted && n == 0 && end == size();
        index a = n, b = middle;
        while (a != middle || b != end)
          merged.push_back(b == end || (a != middle && pieces_[a].first <= pieces_[b].first) ? pieces_[a++]
                                                                                             : pieces_[b++]);
        n = end;
      }
      pieces_ = std::move(merged);
    }
  }
  /// Where the stretch that rises from n on ends.
  [[nodiscard]] index stretch(index n) const noexcept {
    for (++n; n != size() && pieces_[n - 1].first <= pieces_[n].first;) ++n;
    return n;
  }

  growing<piece> pieces_;
};

inline void require_coarsening(attention::plan_view const& was, attention::coarsen_options o) {
  if (o.tiles < 1 || o.heads < 1)
    fail<value_error>("coarsen: ", o.tiles, " tiles and ", o.heads, " heads, expected 1 or more");
  if (was.shape.heads % o.heads != 0)
    fail<shape_error>("coarsen: groups of ", o.heads, " heads, expected a divisor of the plan's ", was.shape.heads);
  if (o.tiles > std::numeric_limits<index>::max() / was.tile_queries)
    fail<value_error>("coarsen: ", o.tiles, " tiles of ", was.tile_queries, " queries are more than can be counted");
}

/// Gives each group of heads its slot, the same for groups whose slots and patterns are the same, and returns the first
/// head of a group for each slot.
template <attention::pattern P>
growing<index> share_slots_of_groups(P const& p, attention::plan_view const& was, index group,
                                     attention::plan_builder& builder) {
  growing<index> firsts;
  auto const same = [&](index g, index h) {
    for (index n = 0; n != group; ++n)
      if (was.slot_of_head[static_cast<std::size_t>(g + n)] != was.slot_of_head[static_cast<std::size_t>(h + n)] ||
          !attention::alike(p, g + n, h + n))
        return false;
    return true;
  };
  for (index h = 0; h != was.shape.heads; h += group) {
    index slot = 0;
    while (slot != firsts.size() && !same(firsts[slot], h)) ++slot;
    if (slot == firsts.size()) firsts.push_back(h);
    for (index n = 0; n != group; ++n) builder.set_slot(slot);
  }
  return firsts;
}

/// Those of the heads first .. last that the pattern tells apart.
template <attention::pattern P>
growing<index> heads_apart(P const& p, index first, index last) {
  growing<index> heads;
  for (index h = first; h != last; ++h) {
    bool known = false;
    for (auto const other : heads.span()) known = known || attention::alike(p, other, h);
    if (!known) heads.push_back(h);
  }
  return heads;
}

/// Adds the rows of a tile for the heads first .. last, each row once.
inline void add_rows_of_tile(attention::plan_view const& was, index tile, index first, index last, key_union& keys) {
  for (index h = first; h != last; ++h) {
    bool repeated = false;
    for (index g = first; g != h; ++g) repeated = repeated || was.row(g, tile) == was.row(h, tile);
    if (!repeated) keys.add_row(was, was.row(h, tile));
  }
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention::inline LACUNA_ISA {

/// A plan whose rows are the unions of those of neighbouring tiles of queries, heads, or both: what one head or tile
/// was given, its neighbours see as well, as far as the plan's pattern allows. Keys are gathered, or pages read, once
/// for all of them. The result of a plan that `materialize` made attends to the same pairs as before; that of a
/// selection to more, subject to the pattern that masks it (causal, say). Biases stay with their keys.
///
/// Throws value_error if a count is less than 1 or too large to count queries with, or a key has different biases in
/// rows that are put together, shape_error if the heads make no whole groups. O(entries * log(rows put together) + runs
/// of the result). Source: J. Lu et al., "CompactAttention", 2025 (union over queries, then over the heads of a group).
template <pattern P>
[[nodiscard]] plan<P> coarsen(plan<P> const& fine, coarsen_options o) {
  auto const was = fine.view();
  lacuna::detail::require_coarsening(was, o);
  plan_builder builder(was.shape, {.tile_queries = was.tile_queries * o.tiles});
  auto const& p = fine.pattern();
  auto const firsts = lacuna::detail::share_slots_of_groups(p, was, o.heads, builder);
  lacuna::detail::key_union keys;
  for (index slot = 0; slot != firsts.size(); ++slot) {
    index const first_head = firsts[slot], last_head = first_head + o.heads;
    auto const heads = lacuna::detail::heads_apart(p, first_head, last_head);
    for (index t = 0; t != builder.tiles(); ++t) {
      auto const whole = builder.tile_of(t, first_head);
      for (index n = t * o.tiles; n != (t + 1) * o.tiles && n < was.tiles(); ++n)
        lacuna::detail::add_rows_of_tile(was, n, first_head, last_head, keys);
      keys.each([&](index first, index last, float bias) {
        auto add = [&](index from, index to, cover how, float) { builder.add(from, to, how, bias); };
        lacuna::detail::runs_of_heads(p, {whole.q0, whole.q1, first, last, 0}, heads.data(), heads.size(), add);
      });
      builder.end_row();
    }
  }
  return plan<P>(lacuna::detail::unchecked, p, builder.finish());
}

}  // namespace lacuna::attention::inline LACUNA_ISA
