// SPDX-License-Identifier: MIT
//
// What a plan amounts to, in numbers and as a picture of letters.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/growing.hpp>

#include <bit>
#include <cstdint>

namespace lacuna::attention {

/// Counts over all heads: rows that heads share count for each of them.
struct plan_summary {
  index rows = 0;          ///< stored, shared ones once
  index runs = 0;          ///< stored
  index partial_runs = 0;  ///< stored
  index tokens = 0;        ///< single keys, stored
  index bytes = 0;         ///< of the arrays
  double pairs = 0;        ///< of query and key that are computed
  double masked = 0;       ///< of those, pairs in partial runs
  double density = 0;      ///< pairs / (heads * queries * keys); 0 where that is 0
};

/// How to draw a plan.
struct picture_options {
  index head = 0;
  index width = 64;   ///< letters, or units of the picture, at most
  index height = 32;  ///< lines at most
};

}  // namespace lacuna::attention

namespace lacuna::detail::inline LACUNA_ISA {

/// Queries of a tile, the last of which may be shorter.
[[nodiscard]] inline index queries_of(attention::plan_view const& p, index tile) noexcept {
  index const left = p.shape.queries - tile * p.tile_queries;
  return left < p.tile_queries ? left : p.tile_queries;
}

inline void require_head(char const* who, attention::plan_view const& p, attention::picture_options o) {
  if (o.head < 0 || o.head >= p.shape.heads)
    fail<shape_error>(who, ": head is ", o.head, ", expected 0 <= head < ", p.shape.heads);
  if (o.width < 1 || o.height < 1)
    fail<value_error>(who, ": a picture of ", o.width, "x", o.height, ", expected 1 or more");
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention::inline LACUNA_ISA {

/// What a sound plan holds and costs. O(heads * tiles + runs).
[[nodiscard]] inline plan_summary inspect(plan_view const& p) noexcept {
  plan_summary sum;
  sum.rows = static_cast<index>(p.run_offsets.size()) - (p.run_offsets.empty() ? 0 : 1);
  sum.runs = static_cast<index>(p.runs.size());
  for (auto const x : p.runs) sum.partial_runs += x.partial;
  sum.tokens = static_cast<index>(p.tokens.size());
  sum.bytes = static_cast<index>(p.slot_of_head.size_bytes() + p.run_offsets.size_bytes() + p.runs.size_bytes() +
                                 p.token_offsets.size_bytes() + p.tokens.size_bytes() + p.token_bias.size_bytes());
  for (index h = 0; h != p.shape.heads; ++h)
    for (index t = 0; t != p.tiles(); ++t) {
      index all = static_cast<index>(p.tokens_of(p.row(h, t)).size()), partial = 0;
      for (auto const x : p.runs_of(p.row(h, t))) {
        all += x.count;
        partial += x.partial ? x.count : 0;
      }
      auto const queries = static_cast<double>(lacuna::detail::queries_of(p, t));
      sum.pairs += queries * static_cast<double>(all);
      sum.masked += queries * static_cast<double>(partial);
    }
  double const dense =
      static_cast<double>(p.shape.heads) * static_cast<double>(p.shape.queries) * static_cast<double>(p.shape.keys);
  sum.density = dense > 0 ? sum.pairs / dense : 0;
  return sum;
}

/// The part of all pairs of query and key that are computed, masked ones included.
[[nodiscard]] inline double density(plan_view const& p) noexcept { return inspect(p).density; }

/// Pairs of query and key that a sound plan lets meet, those that a mask forbids not counted. O(plan + masked pairs /
/// 64).
[[nodiscard]] inline double allowed_pairs(plan_view const& p) noexcept {
  double pairs = 0;
  for (index h = 0; h != p.shape.heads; ++h)
    for (index t = 0; t != p.tiles(); ++t) {
      index const r = p.row(h, t), queries = lacuna::detail::queries_of(p, t);
      index const q0 = t * p.tile_queries + p.shape.first_position();
      pairs += static_cast<double>(queries) * static_cast<double>(p.tokens_of(r).size());
      for (auto const x : p.runs_of(r)) {
        if (!x.partial) pairs += static_cast<double>(queries) * static_cast<double>(x.count);
        for (index i = q0; x.partial && i != q0 + queries; ++i)
          for (index j = 0; j < x.count; j += 64) {
            index const count = x.count - j < 64 ? x.count - j : 64;
            pairs += std::popcount(p.mask.word(p.mask.pattern, i, x.first + j, count, h));
          }
      }
    }
  return pairs;
}

/// Draws the rows of a head to anything with write(char const*, count), such as a std::ostream: queries downwards, keys
/// to the right, a letter for a stretch of both: '#' all pairs are computed unmasked, '.' none, '+' half or more, ':'
/// less. Throws shape_error for a head that is none, value_error for a size below 1. Returns the stream.
template <class Stream>
  requires requires(Stream& s, char const* text) { s.write(text, 1); }
Stream& print(Stream& out, plan_view const& p, picture_options o = {}) {
  lacuna::detail::require_head("print", p, o);
  index const tiles = p.tiles(), keys = p.shape.keys;
  index const width = keys < o.width ? keys : o.width, height = tiles < o.height ? tiles : o.height;
  for (index y = 0; y != height; ++y) {
    growing<index> full(width), some(width);
    index const t0 = y * tiles / height, t1 = (y + 1) * tiles / height;
    auto const add = [&](index first, index last, growing<index>& to) {
      for (index x = first * width / keys; first < last; ++x) {  // keys [ceil(x keys / width), ...) are of letter x
        index const end = ((x + 1) * keys + width - 1) / width, stop = end < last ? end : last;
        if (stop <= first) continue;
        to[x] += stop - first;
        first = stop;
      }
    };
    for (index t = t0; t != t1; ++t) {
      for (auto const x : p.runs_of(p.row(o.head, t))) add(x.first, index{x.first} + x.count, x.partial ? some : full);
      for (auto const key : p.tokens_of(p.row(o.head, t))) add(key, index{key} + 1, full);
    }
    growing<char> line;
    for (index x = 0; x != width; ++x) {
      index const of = (t1 - t0) * (((x + 1) * keys + width - 1) / width - (x * keys + width - 1) / width);
      index const met = full[x] + some[x];
      line.push_back(full[x] == of ? '#' : met == 0 ? '.' : 2 * met >= of ? '+' : ':');
    }
    line.push_back('\n');
    out.write(line.data(), static_cast<std::ptrdiff_t>(line.size()));
  }
  return out;
}

}  // namespace lacuna::attention::inline LACUNA_ISA
