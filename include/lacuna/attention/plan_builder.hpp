// SPDX-License-Identifier: MIT
//
// Writes a plan row by row: joins what touches, and tells runs from single keys.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/plan.hpp>
#include <lacuna/attention/plan_arrays.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace lacuna::attention {

/// How a plan is made.
struct plan_options {
  /// Queries that share a row. More make the gathering of single keys cheaper, fewer follow the pattern more closely.
  index tile_queries = 64;
  /// The longest run seen by all queries of a tile that is stored as single keys: up to 4 they take no more bytes (a
  /// run has 16), and a kernel finds the addresses of them all in one call.
  index single_keys = 4;
};

}  // namespace lacuna::attention

namespace lacuna::attention::inline LACUNA_ISA {

/// Appends rows to a plan: for each slot, for each tile, its keys by `add` in any order, then `end_row`. Runs that
/// touch, one added right after the other, with the same bias, become one; a run seen by all that is shorter than 32
/// keys joins a partial neighbour, since its slots are masked with the others anyway. `add` is what attention::runs
/// wants of a sink, so that a pattern can be poured in.
class plan_builder {
 public:
  /// Throws shape_error if counts are negative or there are more keys than an int32 can name, value_error if the
  /// options make no sense. Each head is given its slot by set_slot.
  plan_builder(shape s, plan_options o) : single_keys_(o.single_keys) {
    if (s.queries < 0 || s.keys < 0 || s.heads < 0 || s.kv_heads < 0)
      detail::fail<shape_error>("plan: a shape of ", s.queries, " queries, ", s.keys, " keys, ", s.heads, " heads and ",
                                s.kv_heads, " kv_heads, expected none below 0");
    if (s.keys > std::numeric_limits<std::int32_t>::max())
      detail::fail<shape_error>("plan: ", s.keys, " keys, expected at most ", std::numeric_limits<std::int32_t>::max());
    if (s.kv_heads == 0 ? s.heads != 0 : s.heads % s.kv_heads != 0)
      detail::fail<shape_error>("plan: ", s.heads, " heads, expected a multiple of kv_heads, which is ", s.kv_heads);
    if (o.tile_queries < 1) detail::fail<value_error>("plan: tile_queries is ", o.tile_queries, ", expected 1 or more");
    if (o.single_keys < 0) detail::fail<value_error>("plan: single_keys is ", o.single_keys, ", expected 0 or more");
    arrays_.shape = s;
    arrays_.tile_queries = o.tile_queries;
    arrays_.run_offsets.push_back(0);
    arrays_.token_offsets.push_back(0);
  }

  /// Tiles of each slot.
  [[nodiscard]] index tiles() const noexcept { return arrays_.view().tiles(); }
  /// Positions of the queries of a tile, against all keys.
  [[nodiscard]] tile tile_of(index number, index head) const noexcept {
    shape const s = arrays_.shape;
    index const first = number * arrays_.tile_queries, behind = s.queries - first;
    index const q0 = first + s.first_position();
    return {q0, q0 + (behind < arrays_.tile_queries ? behind : arrays_.tile_queries), 0, s.keys, head};
  }
  /// The next head uses this slot.
  void set_slot(index slot) { arrays_.slot_of_head.push_back(static_cast<std::int32_t>(slot)); }

  /// Keys [first, last) of the row. A bias that is not finite is remembered as an error, which end_row throws.
  void add(index first, index last, cover how, float bias = 0) {
    bool const partial = how == cover::partial;
    if (!(bias - bias == 0) && wrong_key_ < 0) wrong_key_ = first;
    if (added_.count != 0 && added_.first + added_.count == first && added_.partial == partial && added_.bias == bias) {
      added_.count += static_cast<std::int32_t>(last - first);
      return;
    }
    settle();
    added_ = {static_cast<std::int32_t>(first), static_cast<std::int32_t>(last - first), bias, partial};
  }
  void operator()(index first, index last, cover how, float bias) { add(first, last, how, bias); }
  /// Keys that stand apart, rising. What all queries see becomes single keys, a copy of the ids.
  void keys(std::int32_t const* ids, index count, cover how, float bias) {
    if (how == cover::partial || bias != 0 || single_keys_ < 4) {
      for (index n = 0; n != count; ++n) add(ids[n], index{ids[n]} + 1, how, bias);
      return;
    }
    settle();
    store();
    arrays_.tokens.append({ids, static_cast<std::size_t>(count)});
    for (index n = 0; n != count && !arrays_.token_bias.empty(); ++n) arrays_.token_bias.push_back(0);
  }
  /// A single key, stored as one at once; it joins nothing.
  void add_token(index key, float bias = 0) {
    if (!(bias - bias == 0) && wrong_key_ < 0) wrong_key_ = key;
    put_token(static_cast<std::int32_t>(key), bias);
  }
  /// `count` neighbouring rows of another plan, as they are.
  void copy_rows(plan_view const& from, index first, index count) {
    for (index r = first; r != first + count; ++r) {
      arrays_.run_offsets.push_back(arrays_.run_offsets[arrays_.run_offsets.size() - 1] +
                                    static_cast<index>(from.runs_of(r).size()));
      arrays_.token_offsets.push_back(arrays_.token_offsets[arrays_.token_offsets.size() - 1] +
                                      static_cast<index>(from.tokens_of(r).size()));
    }
    auto const of_rows = [first, count](auto all, std::span<index const> offsets) {
      auto const begin = static_cast<std::size_t>(offsets[static_cast<std::size_t>(first)]);
      return all.subspan(begin, static_cast<std::size_t>(offsets[static_cast<std::size_t>(first + count)]) - begin);
    };
    arrays_.runs.append(of_rows(from.runs, from.run_offsets));
    if (from.tokens.empty()) return;
    auto const keys = of_rows(from.tokens, from.token_offsets);
    if (!from.token_bias.empty()) {
      auto const bias = of_rows(from.token_bias, from.token_offsets);
      for (std::size_t n = 0; n != keys.size(); ++n) put_token(keys[n], bias[n]);
    } else if (!arrays_.token_bias.empty()) {
      for (auto const key : keys) put_token(key, 0);
    } else {
      arrays_.tokens.append(keys);
    }
  }
  /// Ends the row. Throws value_error if a bias was not finite: a NaN comes from a union whose parts disagree.
  void end_row() {
    auto const wrong_key = close_row();
    require_finite(arrays_.run_offsets.size() - 2, wrong_key);
  }
  /// The same without the error: returns the first key whose bias was not finite, or -1.
  [[nodiscard]] index close_row() {
    settle();
    store();
    arrays_.run_offsets.push_back(arrays_.runs.size());
    arrays_.token_offsets.push_back(arrays_.tokens.size());
    return std::exchange(wrong_key_, -1);
  }
  /// Throws the error of end_row unless what close_row returned for a row is -1.
  void require_finite(index row, index wrong_key) const {
    if (wrong_key < 0) return;
    auto const plan = arrays_.view();
    detail::fail<value_error>("plan: head ", plan.head_of(row), ", tile ", row % plan.tiles(), ": key ", wrong_key,
                              " has no finite bias, or different ones for different queries of a tile of ",
                              plan.tile_queries);
  }
  /// The plan, when all rows are written.
  [[nodiscard]] plan_arrays finish() {
    if (arrays_.tokens.empty()) arrays_.token_offsets = {};
    return std::move(arrays_);
  }

 private:
  static constexpr std::int32_t joined = 32;  ///< shorter runs join a partial neighbour

  /// What was added last is as long as it gets: it joins the run before it, or takes its place.
  void settle() {
    if (added_.count == 0) return;
    bool const touches = settled_.count != 0 && settled_.first + settled_.count == added_.first &&
                         settled_.bias == added_.bias && (settled_.partial || added_.partial);
    if (touches && (settled_.partial || settled_.count < joined) && (added_.partial || added_.count < joined)) {
      settled_.count += added_.count;
      settled_.partial = true;
    } else {
      store();
      settled_ = added_;
    }
    added_.count = 0;
  }
  void store() {
    if (settled_.count == 0) return;
    if (settled_.partial || settled_.count > single_keys_)
      arrays_.runs.push_back(settled_);
    else
      for (std::int32_t n = 0; n != settled_.count; ++n) put_token(settled_.first + n, settled_.bias);
    settled_.count = 0;
  }
  void put_token(std::int32_t key, float bias) {
    if (bias != 0 && arrays_.token_bias.empty()) arrays_.token_bias = growing<float>(arrays_.tokens.size());
    bool const biased = bias != 0 || !arrays_.token_bias.empty();
    arrays_.tokens.push_back(key);
    if (biased) arrays_.token_bias.push_back(bias);
  }

  plan_arrays arrays_;
  run added_;    // may grow yet
  run settled_;  // may be joined by the next
  index single_keys_;
  index wrong_key_ = -1;
};

}  // namespace lacuna::attention::inline LACUNA_ISA
