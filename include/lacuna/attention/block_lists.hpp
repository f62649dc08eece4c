// SPDX-License-Identifier: MIT
//
// Lists of blocks of keys, one for each block of queries: what block masks, segments and token lists are made of.
#pragma once

#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/runs.hpp>
#include <lacuna/attention/shape.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/core/shared_array.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace lacuna::attention {

/// Where lists of blocks stand among queries and heads.
struct list_options {
  /// Position of the first query that has a list: shape.first_position() where the lists are those of the queries of a
  /// call, 0 where they are those of the whole sequence.
  index first_position = 0;
  /// Which of the sets of lists, stacked one above the other, a head uses; none: all use the first.
  std::span<std::int32_t const> slot_of_head = {};
};

}  // namespace lacuna::attention

namespace lacuna::detail {

/// Blocks of one size.
struct equal_blocks {
  index size = 1;
  index count = 0;
  /// Whether blocks are nothing but their number.
  [[nodiscard]] LACUNA_INLINE constexpr bool single() const noexcept { return size == 1; }
  [[nodiscard]] LACUNA_INLINE constexpr index begin(index block) const noexcept { return block * size; }
  /// The block in which x >= 0 lies; `count` or more behind the last.
  [[nodiscard]] LACUNA_INLINE constexpr index find(index x) const noexcept { return size == 1 ? x : x / size; }
};

/// Blocks between given ends, of which the first is 0.
struct uneven_blocks {
  shared_array<index> ends;
  index count = 0;
  [[nodiscard]] LACUNA_INLINE constexpr bool single() const noexcept { return false; }
  [[nodiscard]] LACUNA_INLINE index begin(index block) const noexcept { return ends[block]; }
  [[nodiscard]] LACUNA_INLINE index find(index x) const noexcept {
    index low = 0, high = count;
    while (low != high) {
      index const middle = low + (high - low) / 2;
      if (ends[middle + 1] > x)
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  }
};

/// For each row, a row being a block of queries of a slot, the blocks of keys that it sees, rising, and a bias for each
/// or for none.
struct id_lists {
  shared_array<index> offsets;
  shared_array<std::int32_t> ids;
  shared_array<float> bias;
  shared_array<std::int32_t> slot_of_head;

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return offsets.empty() ? 0 : offsets.size() - 1; }
  /// Of a row, the place of the first id that is not below `id`. O(log n).
  [[nodiscard]] LACUNA_INLINE index find(index row, index id) const noexcept {
    index low = offsets[row], high = offsets[row + 1];
    while (low != high) {
      index const middle = low + (high - low) / 2;
      if (ids[middle] < id)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
};

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// Writes lists from foreign data, row by row, each id where it belongs: O(1) where ids rise.
class list_builder {
 public:
  list_builder(char const* who, index columns, bool biased) : who_(who), columns_(columns), biased_(biased) {
    if (columns > std::numeric_limits<std::int32_t>::max())
      fail<format_error>(who, ": ", columns, " columns are more than can be named");
    offsets_.push_back(0);
  }
  void add(index id, float bias) {
    index const row = offsets_.size() - 1, first = offsets_[row];
    if (id < 0 || id >= columns_)
      fail<format_error>(who_, ": row ", row, " has column ", id, ", expected 0 <= column < ", columns_);
    if (biased_ && !(bias - bias == 0))
      fail<value_error>(who_, ": row ", row, ", column ", id, " has bias ", bias, ", which is not finite");
    index at = ids_.size();
    ids_.push_back(0);
    if (biased_) bias_.push_back(0);
    for (; at != first && ids_[at - 1] > id; --at) {
      ids_[at] = ids_[at - 1];
      if (biased_) bias_[at] = bias_[at - 1];
    }
    if (at != first && ids_[at - 1] == id) fail<format_error>(who_, ": row ", row, " has column ", id, " twice");
    ids_[at] = static_cast<std::int32_t>(id);
    if (biased_) bias_[at] = bias;
  }
  void end_row() { offsets_.push_back(ids_.size()); }

  /// The lists of `blocks` blocks of queries in each slot.
  [[nodiscard]] id_lists finish(index blocks, std::span<std::int32_t const> slot_of_head) {
    index const rows = offsets_.size() - 1, slots = blocks == 0 ? 1 : rows / blocks;
    if (blocks < 0 || slots * blocks != rows || slots == 0)
      fail<format_error>(who_, ": ", rows, " rows are no multiple of ", blocks, " blocks of queries");
    for (std::size_t h = 0; h != slot_of_head.size(); ++h)
      if (slot_of_head[h] < 0 || slot_of_head[h] >= slots)
        fail<value_error>(who_, ": head ", h, " has slot ", slot_of_head[h], ", but there are lists for ", slots);
    return {shared_array<index>(std::move(offsets_)), shared_array<std::int32_t>(std::move(ids_)),
            shared_array<float>(std::move(bias_)), shared_array<std::int32_t>(slot_of_head)};
  }

 private:
  char const* who_;
  index columns_;
  bool biased_;
  growing<index> offsets_;
  growing<std::int32_t> ids_;
  growing<float> bias_;
};

/// The stored columns of a sparse matrix, of anything with rows, columns and visit_row, or those that a mask keeps;
/// slots that hold 0 count. Values are biases where that is asked for. Without slots of heads there is one slot.
template <class A>
id_lists lists_of(char const* who, A const& a, index blocks, index columns, attention::list_options const& o,
                  bool biased = false) {
  list_builder builder(who, a.cols(), biased);
  if (a.cols() != columns) fail<format_error>(who, ": ", a.cols(), " columns, but ", columns, " blocks of keys");
  if (o.slot_of_head.empty() && a.rows() != blocks)
    fail<format_error>(who, ": ", a.rows(), " rows, but ", blocks, " blocks of queries, and no slots of heads");
  for (index i = 0; i != a.rows(); ++i) {
    if constexpr (requires { a.visit_row(i, [](index, auto) {}); }) {
      a.visit_row(i, [&](index j, auto value) { builder.add(j, biased ? static_cast<float>(value) : 0.0f); });
    } else {
      for (index j = 0; j != a.cols(); ++j)
        if (a(i, j)) builder.add(j, 0);
    }
    builder.end_row();
  }
  return builder.finish(blocks, o.slot_of_head);
}

/// No position of a sequence is larger: sums and differences of such fit an index.
inline constexpr index most_position = index{1} << 48;

/// Throws value_error unless lists can begin at such a position.
inline index checked_first_position(char const* who, index first) {
  if (first < -most_position || first > most_position)
    fail<value_error>(who, ": the first position is ", first, ", which is no place in a sequence");
  return first;
}

/// Ends of blocks, from 0 on, rising.
template <std::integral I>
uneven_blocks blocks_between(char const* who, char const* what, std::span<I const> ends) {
  if (ends.empty() || ends[0] != 0) fail<format_error>(who, ": the ends of the blocks of ", what, " begin with 0");
  growing<index> copy;
  for (std::size_t n = 0; n != ends.size(); ++n) {
    if (n != 0 && ends[n] <= ends[n - 1])
      fail<format_error>(who, ": block ", n - 1, " of ", what, " goes from ", ends[n - 1], " to ", ends[n],
                         ", expected at least one");
    if (std::cmp_greater(ends[n], most_position))
      fail<format_error>(who, ": block ", n - 1, " of ", what, " ends at ", ends[n],
                         ", which is no place in a sequence");
    copy.push_back(static_cast<index>(ends[n]));
  }
  return {shared_array<index>(std::move(copy)), static_cast<index>(ends.size()) - 1};
}

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

/// Collects runs until it is known how much of a tile they cover.
struct covered {
  index next;
  bool any = false, all = true;
  LACUNA_INLINE void operator()(index first, index last, attention::cover how, float) noexcept {
    any = true;
    all = all && first == next && how == attention::cover::full;
    next = last;
  }
};

/// What the runs of a pattern say of a tile.
template <class P>
attention::cover classify_by_runs(P const& p, attention::tile t) noexcept {
  covered seen{t.k0};
  attention::runs(p, t, seen);
  if (!seen.any) return attention::cover::none;
  return seen.all && seen.next == t.k1 ? attention::cover::full : attention::cover::partial;
}

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
    if (s.keys > keys) lacuna::detail::fail<shape_error>(who_, ": the blocks cover ", keys, " keys of ", s.keys);
    if (!lists_.slot_of_head.empty() && lists_.slot_of_head.size() != s.heads)
      lacuna::detail::fail<shape_error>(who_, ": ", lists_.slot_of_head.size(), " heads have slots, there are ",
                                        s.heads);
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
