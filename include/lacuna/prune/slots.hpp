// SPDX-License-Identifier: MIT
//
// The slots of a packed matrix as candidates: what is pruned further without making it dense.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/blocks.hpp>
#include <lacuna/prune/n_of_m.hpp>
#include <lacuna/prune/reduction.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/slot_groups.hpp>
#include <lacuna/prune/sort_key.hpp>
#include <lacuna/prune/spans.hpp>
#include <lacuna/prune/units.hpp>
#include <lacuna/prune/unstructured.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lacuna {

/// The scores of the stored slots of a sparse matrix, row by row in column order: slot s stands in row[s], column[s].
/// Slots of row i are offsets[i] .. offsets[i + 1].
struct slot_scores {
  index rows = 0;
  index cols = 0;
  buffer<index> offsets;
  buffer<index> row;
  buffer<index> column;
  buffer<float> score;

  [[nodiscard]] LACUNA_INLINE index size() const noexcept { return column.size(); }
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// Sets kept[s] to 1 for the `keep` highest of each m neighbouring places of a line; groups are the lines.
template <executor E>
void keep_of_places(E&& exec, slot_scores const& slots, slot_groups const& lines, index const* place, int keep, int m,
                    std::uint8_t* kept) {
  for_groups(exec, lines.offsets.size() - 1, slots.size(), [&](index line) {
    index const end = lines.offsets[line + 1];
    for (index first = lines.offsets[line]; first != end;) {
      std::uint32_t keys[64];
      int count = 0;
      auto const group = place[lines.order[first]] / m;
      for (; first + count != end && place[lines.order[first + count]] / m == group; ++count)
        keys[count] = sort_key(slots.score[lines.order[first + count]]);
      auto const bits = highest_of_group(keys, count, keep);
      for (int s = 0; s != count; ++s) kept[lines.order[first + s]] = static_cast<std::uint8_t>((bits >> s) & 1u);
      first += count;
    }
  });
}

/// The mask of the slots that were kept.
template <executor E>
[[nodiscard]] mask mask_of_slots(E&& exec, slot_scores const& slots, std::uint8_t const* kept) {
  mask keep(slots.rows, slots.cols);
  for_groups(exec, slots.rows, slots.size(), [&](index i) {
    for (index s = slots.offsets[i]; s != slots.offsets[i + 1]; ++s)
      if (kept[s] != 0) keep.set(i, slots.column[s]);
  });
  return keep;
}

/// All slots as places with scores.
[[nodiscard]] inline placed_scores<float> all_of(slot_scores const& slots) noexcept {
  return {slots.rows, slots.cols, slots.row.data(), slots.column.data(), slots.score.data(), slots.size()};
}

/// The blocks of height x width that hold slots, row-major, and which of them each slot is in.
struct slot_blocks {
  index rows = 0;
  index cols = 0;
  buffer<index> row;
  buffer<index> column;
  buffer<double> score;
  buffer<index> block_of;  // for each slot
};

/// Reduces the scores of each block, row by row. O(slots + blocks of the matrix in a row).
[[nodiscard]] inline slot_blocks reduce_blocks(slot_scores const& slots, index height, index width, reduction how) {
  index const across = ceil_div(slots.cols, width);
  slot_blocks b;
  b.rows = ceil_div(slots.rows, height);
  b.cols = across;
  b.block_of = buffer<index>(slots.size());
  buffer<index> row(slots.size()), column(slots.size()), seen(across + 1);
  buffer<double> score(slots.size());
  index blocks = 0;
  with_reduction(how, [&](auto r) {
    for (index bi = 0; bi != b.rows; ++bi) {
      index const begin = slots.offsets[bi * height];
      index const end = slots.offsets[slots.rows - bi * height < height ? slots.rows : (bi + 1) * height];
      for (index s = begin; s != end; ++s) seen[slots.column[s] / width] = 1;
      for (index bj = 0; bj != across; ++bj)  // blocks are numbered row-major
        if (seen[bj] != 0) {
          row[blocks] = bi;
          column[blocks] = bj;
          score[blocks] = r.start;
          seen[bj] = blocks++;
        }
      for (index s = begin; s != end; ++s) {
        auto const block = seen[slots.column[s] / width];
        b.block_of[s] = block;
        score[block] = r.with(score[block], static_cast<double>(slots.score[s]));
      }
      for (index s = begin; s != end; ++s) seen[slots.column[s] / width] = 0;
    }
    for (index k = 0; k != blocks; ++k) {
      score[k] = r.end(score[k]);
      if (is_nan(score[k]))
        fail<value_error>("blocks: the scores of the block from row ", row[k] * height, ", column ", column[k] * width,
                          " hold infinities of both signs: their sum is NaN");
    }
  });
  auto const used = static_cast<std::size_t>(blocks);
  b.row = buffer<index>(std::span<index const>(row.data(), used));
  b.column = buffer<index>(std::span<index const>(column.data(), used));
  b.score = buffer<double>(std::span<double const>(score.data(), used));
  return b;
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Of the n stored slots of each scope drops floor(n * sparsity).
template <executor E>
[[nodiscard]] mask keep_slots(E&& exec, slot_scores const& slots, unstructured const& pattern) {
  detail::require_fraction(pattern.sparsity, "unstructured");
  if (pattern.block < 1)
    detail::fail<value_error>("unstructured: a block of ", pattern.block, " columns, expected 1 or more");
  auto const groups = detail::group_by_scope(detail::all_of(slots), pattern.scope, pattern.block);
  buffer<std::uint8_t> kept(slots.size());
  detail::keep_of_groups(exec, slots.score.data(), groups, pattern.sparsity, kept.data());
  return detail::mask_of_slots(exec, slots, kept.data());
}

/// Of the slots among M neighbouring places keeps the Keep highest, all if there are fewer.
template <executor E, int Keep, int M>
[[nodiscard]] mask keep_slots(E&& exec, slot_scores const& slots, n_of_m<Keep, M> const& pattern) {
  bool const by_row = pattern.along == axis::inputs;
  auto const lines =
      detail::group_by_scope(detail::all_of(slots), by_row ? scope::per_row : scope::per_column, index{1});
  buffer<std::uint8_t> kept(slots.size());
  detail::keep_of_places(exec, slots, lines, by_row ? slots.column.data() : slots.row.data(), Keep, M, kept.data());
  return detail::mask_of_slots(exec, slots, kept.data());
}

/// Of the n blocks that hold slots drops floor(n * sparsity), by the reduced scores of their slots.
template <executor E, int R, int C>
[[nodiscard]] mask keep_slots(E&& exec, slot_scores const& slots, blocks<R, C> const& pattern) {
  detail::require_fraction(pattern.sparsity, "blocks");
  if (pattern.scope == scope::per_column_block)
    detail::fail<value_error>("blocks: they compete per row, per column or as a whole, not per block of columns");
  auto const b = detail::reduce_blocks(slots, R, C, pattern.reduce);
  detail::placed_scores<double> const items{b.rows,          b.cols,         b.row.data(),
                                            b.column.data(), b.score.data(), b.score.size()};
  auto const groups = detail::group_by_scope(items, pattern.scope, index{1});
  buffer<std::uint8_t> kept_blocks(items.size), kept(slots.size());
  detail::keep_of_groups(exec, items.score, groups, pattern.sparsity, kept_blocks.data());
  for (index s = 0; s != slots.size(); ++s) kept[s] = kept_blocks[b.block_of[s]];
  return detail::mask_of_slots(exec, slots, kept.data());
}

/// Drops floor(n * sparsity) of the n spans, those without slots first, by the reduced scores of their slots.
template <executor E>
[[nodiscard]] mask keep_slots(E&& exec, slot_scores const& slots, spans const& pattern) {
  detail::require_fraction(pattern.sparsity, "spans");
  unit_shape const shape{.width = pattern.width, .of = pattern.of, .reduce = pattern.reduce};
  detail::require_width(shape, "spans");
  bool const by_row = pattern.of == axis::outputs;
  auto const* const place = by_row ? slots.row.data() : slots.column.data();
  index const n = detail::ceil_div(by_row ? slots.rows : slots.cols, shape.width);
  auto const groups = detail::group_slots(slots.size(), n, [&](index s) { return place[s] / shape.width; });
  buffer<double> scores(n);
  detail::with_reduction(shape.reduce, [&](auto r) {
    detail::for_groups(exec, n, slots.size(), [&](index u) {
      double sum = r.start;
      for (index p = groups.offsets[u]; p != groups.offsets[u + 1]; ++p)
        sum = r.with(sum, static_cast<double>(slots.score[groups.order[p]]));
      scores[u] = groups.offsets[u] == groups.offsets[u + 1] ? detail::take_largest::start : r.end(sum);
    });
  });
  for (index u = 0; u != n; ++u)
    if (detail::is_nan(scores[u]))
      detail::fail<value_error>("spans: the scores of unit ", u, " hold infinities of both signs: their sum is NaN");
  auto const units = detail::keep_of_units(scores.data(), n, pattern.sparsity);
  buffer<std::uint8_t> kept(slots.size());
  for (index s = 0; s != slots.size(); ++s) kept[s] = units(0, place[s] / shape.width);
  return detail::mask_of_slots(exec, slots, kept.data());
}
template <executor E>
[[nodiscard]] mask keep_slots(E&& exec, slot_scores const& slots, lacuna::rows const& pattern) {
  return keep_slots(exec, slots, spans{.sparsity = pattern.sparsity, .reduce = pattern.reduce});
}
template <executor E>
[[nodiscard]] mask keep_slots(E&& exec, slot_scores const& slots, columns const& pattern) {
  return keep_slots(exec, slots, spans{.sparsity = pattern.sparsity, .of = axis::inputs, .reduce = pattern.reduce});
}

/// A pattern that can choose among the stored slots of a packed matrix: `keep_slots(exec, slots, pattern)`, found by
/// argument-dependent lookup, gives the mask of those that stay. The counting rule is that of dense weights, the
/// candidates being the slots that are stored.
template <class P>
concept slot_pattern = requires(serial& exec, slot_scores const& slots, P const& pattern) {
  { keep_slots(exec, slots, pattern) } -> std::same_as<mask>;
};

}  // namespace lacuna::inline LACUNA_ISA
