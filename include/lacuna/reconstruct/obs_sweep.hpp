// SPDX-License-Identifier: MIT
//
// The arithmetic of SparseGPT: weights are dropped from left to right, and those behind make up for each.
//
// Bound: rows * inputs^2 / 2 multiply-adds, of which all but block / inputs are one product by Eigen for each block of
// inputs. Within a block each dropped weight is a step of one row: a load, a multiply-add and a store for each
// register. Patterns that choose row by row are swept eight rows at a time, which stay in L1, and whose chains of steps
// hide behind each other. Reached, of the rate of Eigen's product, float, AVX-512: for half of each row 54 % at
// 1024x1024, 75 % at 2048x2048, 72 % at 4096x4096; for 2:4 41, 63 and 72 %. Of 17 ms for 2:4 at 1024x1024 the product
// takes 7, steps 5, scores and choices of four 4.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/bits.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/sort_key.hpp>
#include <lacuna/reconstruct/sweep_block.hpp>

#include <concepts>
#include <cstdint>
#include <limits>

namespace lacuna::detail::inline LACUNA_ISA {

/// A score_source: (w / u_jj)^2, the loss of dropping a weight alone while those behind it move, times two.
template <std::floating_point S>
struct sweep_scores {
  static constexpr order memory_order = order::row_major;

  sweep_block<S> const* block;
  index from;  // columns of the block
  index width;

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return block->rows; }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return width; }
  [[nodiscard]] LACUNA_INLINE S operator()(index i, index j) const noexcept {
    S const error = block->weights(i)[from + j] * block->inverse_diag[from + j];
    return error * error;
  }
  [[noreturn]] void reject(index i, index j) const {
    fail<value_error>("sparsegpt: the score in row ", i, ", column ", block->first + from + j,
                      " is NaN: the weights before it have grown beyond all bounds");
  }
};

/// What says which weights stay: choose(scores, first) returns the mask of a group of columns from `first` on, in all
/// rows.
template <class C, class S>
concept sweep_choice = requires(C const& choose, sweep_scores<S> const& scores) {
  { choose(scores, index{}) } -> std::convertible_to<mask>;
};

/// A choice that can do so row by row, if by_rows() says that it does: row(i, first, count, keys, bits) sets the bits
/// of what stays of row i, columns first .. first + count; keys() gives the sort keys of their scores.
template <class C, class S>
concept sweep_row_choice =
    sweep_choice<C, S> && requires(C const& choose, sort_key_t<S> const* (*keys)(), std::uint64_t* bits) {
      { choose.by_rows() } -> std::same_as<bool>;
      choose.row(index{}, index{}, index{}, keys, bits);
    };

/// Sweeps columns [from, to) of the block, heights of rows [first, last), by the mask `chosen` of those columns, and
/// takes note of it.
template <std::floating_point S>
void sweep_chosen(sweep_block<S>& block, index from, index to, index first, index last, mask const& chosen,
                  mask& keep) {
  for (index height = first; height != last; ++height) {
    index const row = height * sweep_height;
    std::uint64_t const* bits[sweep_height];  // what lies behind the last row is as that
    for (index r = 0; r != sweep_height; ++r) {
      index const i = row + r;
      bits[r] = chosen.row(i < block.rows ? i : block.rows - 1);
      if (i >= block.rows) continue;
      for (index j = 0; j < to - from; j += 64) set_bits(keep.row(i), block.first + from + j, bits[r][j / 64]);
    }
    sweep_columns(block, row, from, to, bits);
  }
}

/// The sort keys of one row's scores of columns [from, to), which are no less than 0 and so have the keys of their
/// bits; notes a NaN at its place, group by group, row-major in each.
template <std::floating_point S>
LACUNA_INLINE void sweep_keys(sweep_block<S> const& block, index i, index from, index to, sort_key_t<S>* keys,
                              nan_place& nans) {
  using Key = sort_key_t<S>;
  constexpr Key infinity = sort_key(std::numeric_limits<S>::infinity());
  S const* const weights = block.weights(i) + from;
  S const* const inverse = block.inverse_diag.data() + from;
  index const n = to - from;
  Key bad = 0;
  auto const take = [&](index j) LACUNA_INLINE_LAMBDA {
    S const error = weights[j] * inverse[j];
    keys[j] = sort_key(S{0}) | __builtin_bit_cast(Key, error * error);
    bad |= static_cast<Key>(keys[j] > infinity);
  };
  index j = 0;
  for (; j + 4 <= n; j += 4)  // most groups are of four
    for (index l = 0; l != 4; ++l) take(j + l);
  for (; j != n; ++j) take(j);
  if (bad == 0) return;
  for (j = 0; j != n; ++j)
    if (keys[j] > infinity) nans.note(from * block.rows + i * n + j);
}

/// Sweeps the block eight rows at a time, from its first column to its last, while they are in the first cache.
template <std::floating_point S, executor E, sweep_row_choice<S> Choice>
void sweep_by_rows(E&& exec, sweep_block<S>& block, S* w, index group, mask& keep, Choice const& choose) {
  index const words = ceil_div(group, 64);
  auto const workers = static_cast<index>(exec.concurrency());
  buffer<sort_key_t<S>> keys(checked_multiply(workers, group + 16, "sweep"));  // workers do not share a cache line
  buffer<std::uint64_t> bits(checked_multiply(workers, sweep_height * words, "sweep"));
  nan_place nans;
  exec.for_ranges(block.heights(), sweep_grain / sweep_height, [&](index first, index last, index worker) {
    auto* const own_keys = keys.data() + worker * (group + 16);
    auto* const own_bits = bits.data() + worker * sweep_height * words;
    std::uint64_t const* starts[sweep_height];
    for (index r = 0; r != sweep_height; ++r) starts[r] = own_bits + r * words;
    for (index height = first; height != last; ++height) {
      index const row = height * sweep_height;
      index const end = block.rows - row < sweep_height ? block.rows : row + sweep_height;
      load_rows(block, w, keep.cols(), row, end);
      for (index from = 0; from < block.width; from += group) {
        index const to = block.width - from < group ? block.width : from + group;
        for (index k = 0; k != sweep_height * words; ++k) own_bits[k] = 0;
        for (index i = row; i != end; ++i) {
          auto* const chosen = own_bits + (i - row) * words;
          choose.row(
              i, block.first + from, to - from,
              [&] {
                sweep_keys(block, i, from, to, own_keys, nans);
                return static_cast<sort_key_t<S> const*>(own_keys);
              },
              chosen);
          for (index j = 0; j < to - from; j += 64) set_bits(keep.row(i), block.first + from + j, chosen[j / 64]);
        }
        sweep_columns(block, row, from, to, starts);
      }
      store_rows(block, w, keep.cols(), row, end);
    }
  });
  if (nans.place() < 0) return;
  index const from = nans.place() / (block.rows * group) * group;
  index const width = block.width - from < group ? block.width - from : group;
  index const at = nans.place() - from * block.rows;
  sweep_scores<S>{&block, from, width}.reject(at / width, at % width);
}

/// Sweeps the block group by group, as it must be where rows choose together.
template <std::floating_point S, executor E, sweep_choice<S> Choice>
void sweep_by_groups(E&& exec, sweep_block<S>& block, S* w, index group, mask& keep, Choice const& choose) {
  exec.for_ranges(block.rows, sweep_grain,
                  [&](index first, index last, index) { load_rows(block, w, keep.cols(), first, last); });
  for (index from = 0; from < block.width; from += group) {
    index const to = block.width - from < group ? block.width : from + group;
    mask const chosen = choose(sweep_scores<S>{&block, from, to - from}, block.first + from);
    exec.for_ranges(block.heights(), sweep_grain / sweep_height,
                    [&](index first, index last, index) { sweep_chosen(block, from, to, first, last, chosen, keep); });
  }
  exec.for_ranges(block.rows, sweep_grain,
                  [&](index first, index last, index) { store_rows(block, w, keep.cols(), first, last); });
}

/// Sweeps all columns of W (rows x cols, row-major without gaps) with U, by a choice for each `group` of columns (fewer
/// at the end); `most` columns, a multiple of it, are a block.
template <std::floating_point S, executor E, sweep_choice<S> Choice>
[[nodiscard]] double obs_sweep(E&& exec, S* w, index rows, index cols, S const* u, index group, index most, mask& keep,
                               Choice const& choose) {
  sweep_block<S> block(rows, most < cols ? most : cols);
  for (block.first = 0; block.first < cols; block.first += block.width) {
    block.width = cols - block.first < most ? cols - block.first : most;
    load_factor(block, u, cols);
    bool by_rows = false;
    if constexpr (sweep_row_choice<Choice, S>) {
      by_rows = choose.by_rows();
      if (by_rows) sweep_by_rows(exec, block, w, group < block.width ? group : block.width, keep, choose);
    }
    if (!by_rows) sweep_by_groups(exec, block, w, group, keep, choose);
    apply_block(exec, block, u, w, cols);
  }
  double loss = 0.0;
  for (index i = 0; i != rows; ++i) loss += block.losses[i];
  return loss;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
