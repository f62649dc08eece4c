// SPDX-License-Identifier: MIT
//
// The pattern under block masks, segments and token lists: each block of queries has its list of blocks of keys.
#pragma once

#include <lacuna/attention/id_lists.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>

#include <cstdint>
#include <limits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// Counts, for a window of blocks of keys, how many rows list each: no memory but the stack for any number of rows.
template <class Keys>
class list_union {
 public:
  list_union(id_lists const& lists, Keys const& keys, index first_row, index rows, index needed) noexcept
      : lists_(lists), keys_(keys), first_(first_row), rows_(rows), needed_(needed) {}

  /// Runs of the keys [k0, k1) that some row lists; full where `needed` rows do. O(entries + blocks from the first to
  /// the last + rows for each 1024 of them).
  void operator()(index k0, index k1, attention::run_sink sink) {
    index const end = k1 > keys_.begin(keys_.count) ? keys_.count : keys_.find(k1 - 1) + 1;
    for (index from = next_id(keys_.find(k0)); from < end; from = next_id(from + room)) {
      index const to = from + room < end ? from + room : end;
      count(from, to);
      for (index b = from; b != to; ++b) {
        if (count_[b - from] == 0) continue;
        index const first = keys_.begin(b), last = keys_.begin(b + 1);
        sink(first < k0 ? k0 : first, last < k1 ? last : k1,
             count_[b - from] == needed_ ? attention::cover::full : attention::cover::partial, bias_[b - from]);
      }
    }
  }

 private:
  static constexpr index room = 1024;

  [[nodiscard]] index next_id(index from) const noexcept {
    index next = std::numeric_limits<index>::max();
    for (index r = first_; r != first_ + rows_; ++r) {
      index const at = lists_.find(r, from);
      if (at != lists_.offsets[r + 1] && lists_.ids[at] < next) next = lists_.ids[at];
    }
    return next;
  }
  void count(index from, index to) noexcept {
    for (index b = 0; b != room; ++b) count_[b] = 0;
    for (index r = first_; r != first_ + rows_; ++r)
      for (index at = lists_.find(r, from); at != lists_.offsets[r + 1] && lists_.ids[at] < to; ++at) {
        index const b = lists_.ids[at] - from;
        float const bias = lists_.bias.empty() ? 0.0f : lists_.bias[at];
        if (count_[b]++ == 0)
          bias_[b] = bias;
        else if (bias_[b] != bias)
          bias_[b] = std::numeric_limits<float>::quiet_NaN();
      }
  }

  id_lists const& lists_;
  Keys const& keys_;
  index first_, rows_, needed_;
  index count_[room];
  float bias_[room];
};

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::attention {

/// The pattern under those of blocks: queries and keys cut into blocks, and for each block of queries a list of blocks
/// of keys. Queries and keys outside of all blocks see nothing, and are seen by none.
template <class Queries, class Keys>
class block_lists {
 public:
  /// Throws value_error for a first position beyond 2^48.
  LACUNA_INLINE block_lists(char const* who, Queries queries, Keys keys, detail::id_lists lists, index first_position)
      : who_(who),
        queries_(std::move(queries)),
        keys_(std::move(keys)),
        lists_(std::move(lists)),
        first_position_(detail::checked_first_position(who, first_position)) {}

  [[nodiscard]] LACUNA_INLINE cover classify(tile t) const noexcept { return detail::classify_by_runs(*this, t); }
  [[nodiscard]] LACUNA_INLINE bool allows(index i, index j, index head = 0) const noexcept {
    return word(i, j, 1, head) != 0;
  }
  /// O(log(blocks) + blocks among the keys).
  [[nodiscard]] LACUNA_INLINE std::uint64_t word(index i, index first, index count, index head) const noexcept {
    index const r = row_of(i, head);
    if (r < 0) return 0;
    std::uint64_t word = 0;
    for (index at = lists_.find(r, keys_.find(first)); at != lists_.offsets[r + 1]; ++at) {
      index const from = keys_.begin(lists_.ids[at]) - first, to = keys_.begin(lists_.ids[at] + 1) - first;
      if (from >= count) break;
      word |= detail::bits_between(from, to < count ? to : count);
    }
    return word;
  }
  /// O(log(blocks) + runs) for queries of one block, else O(entries of all blocks of queries + blocks of keys between).
  LACUNA_INLINE void runs(tile t, run_sink sink) const {
    index const first = t.q0 < first_position_ ? 0 : t.q0 - first_position_, last = t.q1 - first_position_;
    index const b0 = queries_.find(first);
    if (last <= 0 || b0 >= queries_.count || slot_of(t.head) < 0) return;
    index const b1 = queries_.find(last - 1) < queries_.count ? queries_.find(last - 1) : queries_.count - 1;
    bool const inside = t.q0 >= first_position_ && last <= queries_.begin(queries_.count);
    index const r = slot_of(t.head) * queries_.count + b0;
    if (b0 != b1 || !inside)
      return detail::list_union<Keys>(lists_, keys_, r, b1 - b0 + 1, inside ? b1 - b0 + 1 : -1)(t.k0, t.k1, sink);
    index at = lists_.find(r, keys_.find(t.k0));
    if (lists_.bias.empty() && keys_.single())
      return sink.keys(lists_.ids.data() + at, lists_.find(r, t.k1) - at, cover::full);
    for (; at != lists_.offsets[r + 1]; ++at) {
      index const from = keys_.begin(lists_.ids[at]), to = keys_.begin(lists_.ids[at] + 1);
      if (from >= t.k1) break;
      sink(from < t.k0 ? t.k0 : from, to < t.k1 ? to : t.k1, cover::full, lists_.bias.empty() ? 0.0f : lists_.bias[at]);
    }
  }
  [[nodiscard]] LACUNA_INLINE bool alike(index g, index h) const noexcept { return slot_of(g) == slot_of(h); }
  [[nodiscard]] LACUNA_INLINE bool biased() const noexcept { return !lists_.bias.empty(); }
  /// Throws shape_error unless all queries, keys and heads have their lists.
  LACUNA_INLINE void validate(shape s) const {
    index const from = first_position_, to = from + queries_.begin(queries_.count), keys = keys_.begin(keys_.count);
    if (s.queries != 0 && (s.first_position() < from || s.keys > to))
      lacuna::detail::fail<shape_error>(who_, ": there are lists for queries at positions ", from, " to ", to - 1,
                                        ", but the queries stand at ", s.first_position(), " to ", s.keys - 1);
    if (s.keys > keys)
      lacuna::detail::fail<shape_error>(who_, ": the blocks cover ", keys, " keys, the shape has ", s.keys);
    if (!lists_.slot_of_head.empty() && lists_.slot_of_head.size() != s.heads)
      lacuna::detail::fail<shape_error>(who_, ": slot_of_head has slots for ", lists_.slot_of_head.size(),
                                        " heads, the shape has ", s.heads);
  }

 private:
  [[nodiscard]] LACUNA_INLINE index slot_of(index head) const noexcept {
    if (lists_.slot_of_head.empty()) return 0;
    return head < lists_.slot_of_head.size() ? lists_.slot_of_head[head] : -1;
  }
  /// Of the lists for a query; -1 if there are none.
  [[nodiscard]] LACUNA_INLINE index row_of(index i, index head) const noexcept {
    index const slot = slot_of(head);
    if (i < first_position_ || slot < 0) return -1;
    index const block = queries_.find(i - first_position_);
    return block < queries_.count ? slot * queries_.count + block : -1;
  }

  char const* who_;
  Queries queries_;
  Keys keys_;
  detail::id_lists lists_;
  index first_position_;
};

}  // namespace lacuna::attention
