// SPDX-License-Identifier: MIT
//
// Lists of blocks of keys, a list for each block of queries, written from sparse matrices and from ends of blocks.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/first_where.hpp>
#include <lacuna/core/growing.hpp>
#include <lacuna/core/shared_array.hpp>

#include <concepts>
#include <cstddef>
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
  /// Which of the sets of lists, stacked one above the other, a head uses; none: there is one set, for all.
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
    return first_where(0, count, [&](index block) LACUNA_INLINE_LAMBDA { return ends[block + 1] > x; });
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
    return first_where(offsets[row], offsets[row + 1],
                       [&](index place) LACUNA_INLINE_LAMBDA { return ids[place] >= id; });
  }
};

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// Writes lists from foreign data, row by row, each id where it belongs: O(1) where ids rise.
class list_builder {
 public:
  list_builder(char const* who, index columns, bool biased) : who_(who), columns_(columns), biased_(biased) {
    if (columns > std::numeric_limits<std::int32_t>::max())
      fail<format_error>(who, ": ", columns, " columns, expected at most ", std::numeric_limits<std::int32_t>::max());
    offsets_.push_back(0);
  }
  void add(index id, float bias) {
    index const row = offsets_.size() - 1, first = offsets_[row];
    if (id < 0 || id >= columns_)
      fail<format_error>(who_, ": row ", row, " has column ", id, ", expected 0 <= column < ", columns_);
    if (biased_ && !(bias - bias == 0))
      fail<value_error>(who_, ": row ", row, ", column ", id, " has bias ", bias, ", expected a finite one");
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
      fail<format_error>(who_, ": ", rows, " rows, expected a multiple of ", blocks,
                         ", the blocks of queries of a head");
    for (std::size_t h = 0; h != slot_of_head.size(); ++h)
      if (slot_of_head[h] < 0 || slot_of_head[h] >= slots)
        fail<value_error>(who_, ": head ", h, " has slot ", slot_of_head[h], ", expected 0 <= slot < ", slots);
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
  if (a.cols() != columns)
    fail<format_error>(who, ": the matrix has ", a.cols(), " columns, expected one for each of ", columns,
                       " blocks of keys");
  if (o.slot_of_head.empty() && a.rows() != blocks)
    fail<format_error>(who, ": the matrix has ", a.rows(), " rows, expected one for each of ", blocks,
                       " blocks of queries",
                       blocks > 0 && a.rows() % blocks == 0 ? "; lists for several heads need slot_of_head" : "");
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

/// The rows of each slot, as options say: 0 stands for all of them. Throws value_error for fewer.
inline index rows_of_slot(char const* who, index rows_per_slot, index rows) {
  if (rows_per_slot < 0) fail<value_error>(who, ": rows_per_slot is ", rows_per_slot, ", expected 0 or more");
  return rows_per_slot == 0 ? rows : rows_per_slot;
}

/// Throws value_error unless lists can begin at such a position.
inline index checked_first_position(char const* who, index first) {
  if (first < -most_position || first > most_position)
    fail<value_error>(who, ": the first position is ", first, ", expected -2^48 to 2^48");
  return first;
}

/// Ends of blocks, from 0 on, rising.
template <std::integral I>
uneven_blocks blocks_between(char const* who, char const* what, std::span<I const> ends) {
  if (ends.empty())
    fail<format_error>(who, ": there are no ends of blocks of ", what, ", expected at least one, which is 0");
  if (ends[0] != 0)
    fail<format_error>(who, ": the ends of the blocks of ", what, " begin with ", ends[0], ", expected 0");
  growing<index> copy;
  for (std::size_t n = 0; n != ends.size(); ++n) {
    if (n != 0 && ends[n] <= ends[n - 1])
      fail<format_error>(who, ": block ", n - 1, " of ", what, " goes from ", ends[n - 1], " to ", ends[n],
                         ", expected ends that rise");
    if (std::cmp_greater(ends[n], most_position))
      fail<format_error>(who, ": block ", n - 1, " of ", what, " ends at ", ends[n], ", expected at most 2^48");
    copy.push_back(static_cast<index>(ends[n]));
  }
  return {shared_array<index>(std::move(copy)), static_cast<index>(ends.size()) - 1};
}

}  // namespace lacuna::detail::inline LACUNA_ISA
