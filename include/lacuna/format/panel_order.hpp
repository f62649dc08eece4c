// SPDX-License-Identifier: MIT
//
// Ordering the rows of each cell of a panel matrix: by count, and in pairs that share many columns.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/format/panel_layout.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// Two places of a strip: their rows (-1 for none), the smaller count and the columns that both have.
struct panel_pair {
  std::int32_t row[2] = {-1, -1};
  std::int32_t count = 0;
  std::int32_t common = 0;
};

/// From how many items each key has, where its first stands when they are sorted: a counting sort.
inline void counts_to_starts(std::span<index> keys) {
  index next = 0;
  for (auto& key : keys) next += std::exchange(key, next);
}

/// The order of the rows of a cell: rows by count, those of equal count in pairs that share the most (greedily: each
/// with the best of the next 12), and the pairs by count and then by what they share, so that consecutive strips run
/// the same number of steps and no loop's exit is a surprise. O(tile + 12 block tile / 64) for a cell.
class panel_order {
 public:
  explicit panel_order(panel_grid const& grid)
      : strip_height_(grid.strip_height),
        words_((std::min(grid.tile, grid.cols) + 63) / 64),
        rows_(grid.block),
        candidates_((grid.block + choices) * words_),
        pairs_(grid.block + 8),
        spare_pairs_(grid.block + 8),
        ends_(std::min(grid.tile, grid.cols) + 1),
        starts_(ends_.size()),
        commons_(ends_.size()) {}

  /// The pairs of a cell, strip by strip; of strips of one row each pair has one. `block` is a panel_block, or has its
  /// height, count and columns. Valid until the next call.
  template <class Block>
  [[nodiscard]] std::span<panel_pair const> of(Block const& block) {
    sort_rows(block);
    return strip_height_ == 1 ? alone(block) : paired(block);
  }

 private:
  static constexpr index choices =
      12;  // rows of equal count that are compared: 48 make products 1 % faster and pack a third slower
  template <index N>
  using constant = std::integral_constant<index, N>;

  /// rows_ by count, equal ones in order; those of a count end at its ends_.
  template <class Block>
  void sort_rows(Block const& block) {
    std::fill(ends_.begin(), ends_.end(), index{0});
    for (index r = 0; r != block.height(); ++r) ++ends_[block.count(r)];
    counts_to_starts(ends_.span());
    for (index r = 0; r != block.height(); ++r) rows_[ends_[block.count(r)]++] = static_cast<std::int32_t>(r);
  }

  template <class Block>
  [[nodiscard]] std::span<panel_pair const> alone(Block const& block) {
    pair_count_ = 0;
    for (index q = 0; q != block.height(); ++q)
      add({{rows_[q], -1}, static_cast<std::int32_t>(block.count(rows_[q])), 0});
    return pairs();
  }

  template <class Block>
  [[nodiscard]] std::span<panel_pair const> paired(Block const& block) {
    auto const height = block.height();
    auto const places = (height + strip_height_ - 1) / strip_height_ * strip_height_;
    pair_count_ = 0;
    for (index empty = places - height; empty > 1; empty -= 2) add({});
    index q = 0;
    if (height % 2 != 0) add({{rows_[q++], -1}, 0, 0});  // the place without a row costs least here
    starts_[0] = 0;
    for (index count = 0; q != height; ++count) {
      auto const end = ends_[count];
      if (q >= end) continue;
      if (count != 0) starts_[count] = pair_count_;
      load_candidates(block, q, end);
      auto const n = static_cast<std::int32_t>(count);
      q = words_ == 1   ? pair_up(q, end, n, constant<1>{})
          : words_ == 2 ? pair_up(q, end, n, constant<2>{})
          : words_ == 4 ? pair_up(q, end, n, constant<4>{})
                        : pair_up(q, end, n, words_);
      if (q == end) continue;
      add({{rows_[q], rows_[q + 1]}, n, common(block.columns(rows_[q]), block.columns(rows_[q + 1]), words_)});
      q += 2;
    }
    sort_pairs();
    return pairs();
  }

  /// The columns of the rows at places q .. end, of equal count, as they are compared, and behind them rows without
  /// any, which go with nobody.
  template <class Block>
  void load_candidates(Block const& block, index q, index end) {
    auto* out = candidates_.data();
    for (; q != end; ++q, out += words_) {
      auto const* const columns = block.columns(rows_[q]);
      for (index w = 0; w != words_; ++w) out[w] = columns[w];
    }
    std::fill_n(out, choices * words_, std::uint64_t{0});
  }

  /// Pairs the candidates, of `count` columns each: the row at place q with that of the next 12 which shares most,
  /// whose place the row at q + 1 takes. Returns the place of the row without a partner, or end.
  template <class Words>
  index pair_up(index q, index end, std::int32_t count, Words words) {
    auto* const rows = rows_.data();
    auto* bits = candidates_.data();
    auto* pair = pairs_.data() + pair_count_;
    pair_count_ += (end - q) / 2;
    for (; q + 1 < end; q += 2, bits += 2 * words) {
      // What is shared, above the place counted backwards: the greatest is the first of the best. Halves of halves are
      // compared, for what one row finds is what the next waits for.
      auto const best = greatest<1, choices>([&](index k) LACUNA_INLINE_LAMBDA {
        return std::int64_t{common(bits, bits + k * words, words)} * 64 + 63 - k;
      });
      auto const k = 63 - best % 64;
      *pair++ = {{rows[q], rows[q + k]}, count, static_cast<std::int32_t>(best / 64)};
      rows[q + k] = rows[q + 1];
      for (index w = 0; w != words; ++w) bits[k * words + w] = bits[words + w];
    }
    return q;
  }

  /// The greatest of score(First) .. score(First + N - 1).
  template <index First, index N, class Score>
  [[nodiscard]] LACUNA_INLINE static std::int64_t greatest(Score const& score) {
    if constexpr (N == 1)
      return score(First);
    else
      return std::max(greatest<First, N / 2>(score), greatest<First + N / 2, N - N / 2>(score));
  }

  template <class Words>
  [[nodiscard]] LACUNA_INLINE static std::int32_t common(std::uint64_t const* a, std::uint64_t const* b, Words words) {
    std::int32_t n = 0;
    for (index w = 0; w != words; ++w) n += std::popcount(a[w] & b[w]);
    return n;
  }

  void add(panel_pair const& pair) { pairs_[pair_count_++] = pair; }
  [[nodiscard]] std::span<panel_pair const> pairs() const {
    return pairs_.span().first(static_cast<std::size_t>(pair_count_));
  }

  /// Sorts the pairs, which come by count and of which those of each start at its starts_, by what they share besides.
  void sort_pairs() {
    std::fill(commons_.begin(), commons_.end(), index{0});
    for (auto const& pair : pairs()) ++commons_[pair.common];
    counts_to_starts(commons_.span());
    for (auto const& pair : pairs()) spare_pairs_[commons_[pair.common]++] = pair;
    for (index p = 0; p != pair_count_; ++p) pairs_[starts_[spare_pairs_[p].count]++] = spare_pairs_[p];
  }

  index strip_height_;
  index words_;
  index pair_count_ = 0;
  buffer<std::int32_t> rows_;
  buffer<std::uint64_t> candidates_;
  buffer<panel_pair> pairs_;
  buffer<panel_pair> spare_pairs_;
  buffer<index> ends_;     // of the rows of each count
  buffer<index> starts_;   // and of their pairs
  buffer<index> commons_;  // and of the pairs that share each number of columns
};

}  // namespace lacuna::detail::inline LACUNA_ISA
