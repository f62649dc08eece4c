// SPDX-License-Identifier: MIT
//
// The block pattern: R x C weights stay or go together.
#pragma once

#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/bits.hpp>
#include <lacuna/prune/concepts.hpp>
#include <lacuna/prune/key_lines.hpp>
#include <lacuna/prune/reduction.hpp>
#include <lacuna/prune/scope.hpp>
#include <lacuna/prune/sort_key.hpp>
#include <lacuna/prune/unstructured.hpp>

namespace lacuna {

/// Cuts the matrix into blocks of R rows and C columns, the last ones short where the shape is no multiple, and drops
/// floor(n * sparsity) of the n blocks of the whole (or of each row or column of blocks), the lowest sum of scores
/// first, or what else `reduce` makes of them; of equal ones that of lower index, row-major. Sums are taken in double,
/// row by row. A short block has fewer terms, and so tends to go first. Throws value_error if sparsity is not in [0,
/// 1], if a score is NaN, if a block's sum is (infinities of both signs), or if the scope is per_column_block. Memory
/// beside the mask: 8 bytes and a bit for each block.
template <int R, int C>
struct blocks {
  static_assert(R >= 1 && C >= 1, "lacuna: blocks<R, C> needs at least one row and one column");

  double sparsity = 0.5;                       ///< fraction of blocks to drop
  lacuna::scope scope = lacuna::scope::whole;  ///< which blocks compete
  reduction reduce = reduction::sum;           ///< what the scores of a block become
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// A score_source of one score for each block: the sum of its scores, or another reduction of them.
template <int R, int C, score_source S>
struct block_sums {
  static constexpr order memory_order = S::memory_order;

  S const& source;
  reduction reduce = reduction::sum;

  [[nodiscard]] LACUNA_INLINE index rows() const noexcept { return ceil_div(source.rows(), R); }
  [[nodiscard]] LACUNA_INLINE index cols() const noexcept { return ceil_div(source.cols(), C); }
  [[nodiscard]] LACUNA_INLINE index last_row(index bi) const noexcept {
    return source.rows() - bi * R < R ? source.rows() : bi * R + R;
  }
  [[nodiscard]] LACUNA_INLINE index last_col(index bj) const noexcept {
    return source.cols() - bj * C < C ? source.cols() : bj * C + C;
  }
  [[nodiscard]] LACUNA_INLINE double operator()(index bi, index bj) const {
    double sum = start_of(reduce);
    for (index i = bi * R; i != last_row(bi); ++i)
      for (index j = bj * C; j != last_col(bj); ++j) sum = reduced(reduce, sum, static_cast<double>(source(i, j)));
    return reduce == reduction::l2 ? sum_squares::end(sum) : sum;
  }
  [[noreturn]] void reject(index bi, index bj) const {
    for (index i = bi * R; i != last_row(bi); ++i)
      for (index j = bj * C; j != last_col(bj); ++j)
        if (is_nan(source(i, j))) source.reject(i, j);
    fail<value_error>("blocks: the scores of the block from row ", bi * R, ", column ", bj * C,
                      " hold infinities of both signs: their sum is NaN");
  }
};

/// Sets the weights of the blocks that are kept.
template <int R, int C, executor E>
void expand_blocks(E&& exec, mask const& kept_blocks, mask& keep) {
  for_lines(exec, keep.rows(), keep.cols(), 16, [&](index first, index last, index) {
    for (index i = first; i != last; ++i)
      for (index bj = 0; bj != kept_blocks.cols(); ++bj)
        if (kept_blocks(i / R, bj)) {
          index const end = keep.cols() - bj * C < C ? keep.cols() : bj * C + C;
          set_range(keep.row(i), bj * C, end);
        }
  });
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

template <executor E, score_source S, int R, int C>
void mark_kept(E&& exec, S const& scores, blocks<R, C> const& pattern, mask& keep) {
  detail::require_fraction(pattern.sparsity, "blocks");
  if (pattern.scope == scope::per_column_block)
    detail::fail<value_error>("blocks: they compete per row, per column or as a whole, not per block of columns");
  unstructured const by_block{.sparsity = pattern.sparsity, .scope = pattern.scope};
  if constexpr (R == 1 && C == 1) {
    mark_kept(exec, scores, by_block, keep);
  } else {
    detail::block_sums<R, C, S> const sums{scores, pattern.reduce};
    mask kept_blocks(sums.rows(), sums.cols());
    mark_kept(exec, sums, by_block, kept_blocks);
    detail::expand_blocks<R, C>(exec, kept_blocks, keep);
  }
}

}  // namespace lacuna::inline LACUNA_ISA
