// SPDX-License-Identifier: MIT
//
// The arithmetic of SparseGPT: weights are dropped from left to right, and those behind make up for each.
//
// Bound: rows * inputs^2 / 2 multiply-adds, of which all but block / inputs are one product by Eigen for each block of
// inputs. Within a block each dropped weight is a step of one row; rows are taken eight at a time, so that one row's
// chain of steps hides behind the others'. Reached, of the rate of Eigen's product, 2:4 in float, AVX-512: 61 % for
// 4096x4096, 30 % for 1024x1024; unstructured at 50 % 58 and 25 %.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/prune/concepts.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstdint>

namespace lacuna::detail::inline LACUNA_ISA {

/// Rows that are swept together, and neighbours that are a step of a loop without a tail.
inline constexpr index sweep_height = 8;
inline constexpr index sweep_lanes = 16;

/// Some columns of the weights while they are swept, and what each step of them took away.
template <std::floating_point S>
struct sweep_block {
  index rows = 0;
  index first = 0;  // column of W
  index width = 0;
  index stride = 0;        // of all three matrices, whole lanes
  buffer<S> weights;       // rows, and up to whole heights more, x width
  buffer<S> errors;        // likewise: (w - what is kept of it) / u_jj
  buffer<S> factor;        // width x width: what stands above the diagonal of U
  buffer<S> inverse_diag;  // 1 / u_jj
  buffer<double> losses;   // of each row, all blocks so far

  sweep_block(index row_count, index most)
      : rows(row_count),
        stride(ceil_div(most, sweep_lanes) * sweep_lanes),
        weights(checked_multiply(heights() * sweep_height, stride, "sweep")),
        errors(weights.size()),
        factor(checked_multiply(most, stride, "sweep")),
        inverse_diag(most),
        losses(row_count) {}
  [[nodiscard]] index heights() const { return ceil_div(rows, sweep_height); }
};

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
    S const error = block->weights[i * block->stride + from + j] * block->inverse_diag[from + j];
    return error * error;
  }
  [[noreturn]] void reject(index i, index j) const {
    fail<value_error>("sparsegpt: the score in row ", i, ", column ", block->first + from + j,
                      " is NaN: the weights before it have grown beyond all bounds");
  }
};

/// Copies the diagonal block of U (cols x cols, row-major), the block's columns of W (rows x cols), and those back.
template <std::floating_point S>
void load_factor(sweep_block<S>& block, S const* u, index cols) {
  for (index r = 0; r != block.width; ++r) {
    S const* const from = u + (block.first + r) * cols + block.first;
    for (index c = 0; c != block.width; ++c) block.factor[r * block.stride + c] = c > r ? from[c] : S{0};
    block.inverse_diag[r] = S{1} / from[r];
  }
}
template <std::floating_point S>
void load_rows(sweep_block<S>& block, S const* w, index cols, index first, index last) {
  for (index i = first; i != last; ++i)
    for (index c = 0; c != block.width; ++c) block.weights[i * block.stride + c] = w[i * cols + block.first + c];
}
template <std::floating_point S>
void store_rows(sweep_block<S> const& block, S* w, index cols, index first, index last) {
  for (index i = first; i != last; ++i)
    for (index c = 0; c != block.width; ++c) w[i * cols + block.first + c] = block.weights[i * block.stride + c];
}

/// One column of eight rows: where `dropped` is 1, not 0, the weight goes, and the columns behind it, up to the end of
/// the block, move. What stands on and below the diagonal of the factor is zero, so whole lanes can be taken from
/// before the column on. No branch: which weights go is as good as random.
template <std::floating_point S>
void sweep_column(sweep_block<S>& block, index row, index column, S const (&dropped)[sweep_height]) {
  using lanes = Eigen::Array<S, 1, int{sweep_lanes}>;
  index const stride = block.stride;
  S* const weights = block.weights.data() + row * stride;
  S* const errors = block.errors.data() + row * stride;
  S const* const factor = block.factor.data() + column * stride;
  S const inverse = block.inverse_diag[column];
  S error[sweep_height];
  for (index r = 0; r != sweep_height; ++r) {
    error[r] = dropped[r] * weights[r * stride + column] * inverse;
    errors[r * stride + column] = error[r];
  }
  for (index k = column / sweep_lanes * sweep_lanes; k < block.width; k += sweep_lanes) {
    lanes const step = Eigen::Map<lanes const, Eigen::Aligned64>(factor + k);
    for (index r = 0; r != sweep_height; ++r)
      Eigen::Map<lanes, Eigen::Aligned64>(weights + r * stride + k) -= error[r] * step;
  }
}

/// Sweeps columns [from, to) of the block, heights of rows [first, last), by the mask `chosen` of those columns.
template <std::floating_point S>
void sweep_rows(sweep_block<S>& block, index from, index to, index first, index last, mask const& chosen) {
  for (index height = first; height != last; ++height) {
    index const row = height * sweep_height;
    std::uint64_t const* bits[sweep_height];  // what lies behind the last row is as that
    for (index r = 0; r != sweep_height; ++r) bits[r] = chosen.row(row + r < block.rows ? row + r : block.rows - 1);
    for (index column = from; column != to; ++column) {
      index const at = column - from;
      S dropped[sweep_height];
      for (index r = 0; r != sweep_height; ++r) dropped[r] = static_cast<S>(~bits[r][at / 64] >> (at % 64) & 1u);
      sweep_column(block, row, column, dropped);
    }
  }
}

/// Takes note of columns [from, to) of rows [first, last) when they are swept: what is dropped is zero, and what that
/// has cost.
template <std::floating_point S>
void close_rows(sweep_block<S>& block, index from, index to, index first, index last, mask const& chosen, mask& keep) {
  for (index i = first; i != last; ++i) {
    double loss = 0.0;
    for (index column = from; column != to; ++column) {
      bool const kept = chosen(i, column - from);
      index const at = block.first + column;
      keep.row(i)[at / 64] |= static_cast<std::uint64_t>(kept) << (at % 64);
      S& w = block.weights[i * block.stride + column];
      w = kept ? w : S{0};
      auto const error = static_cast<double>(block.errors[i * block.stride + column]);
      loss += 0.5 * error * error;
    }
    block.losses[i] += loss;
  }
}

/// The lazy update: columns [first, last) of rows [top, bottom) behind the block, all steps of the block at once.
template <std::floating_point S>
void apply_block(sweep_block<S> const& block, S const* u, S* w, index cols, index top, index bottom, index first,
                 index last) {
  using matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using stride = Eigen::OuterStride<>;
  Eigen::Map<matrix const, 0, stride> const errors(block.errors.data() + top * block.stride, bottom - top, block.width,
                                                   stride(block.stride));
  Eigen::Map<matrix const, 0, stride> const steps(u + block.first * cols + first, block.width, last - first,
                                                  stride(cols));
  Eigen::Map<matrix, 0, stride> to(w + top * cols + first, bottom - top, last - first, stride(cols));
  for (index k = 0; k < block.width; k += 128) {  // see multiply_by_hessian
    index const depth = block.width - k < 128 ? block.width - k : 128;
    to.noalias() -= errors.middleCols(k, depth) * steps.middleRows(k, depth);
  }
}

/// The same for all rows and all columns behind the block: tiles whose size depends on nothing, so that neither do
/// bits.
template <std::floating_point S, executor E>
void apply_block(E&& exec, sweep_block<S> const& block, S const* u, S* w, index cols) {
  constexpr index height = 256;
  constexpr index width = 1024;
  index const begin = block.first + block.width;
  index const across = ceil_div(cols - begin, width);
  if (across == 0) return;
  exec.for_ranges(ceil_div(block.rows, height) * across, 1, [&](index first, index last, index) {
    for (index tile = first; tile != last; ++tile) {
      index const top = tile / across * height;
      index const left = begin + tile % across * width;
      apply_block(block, u, w, cols, top, block.rows - top < height ? block.rows : top + height, left,
                  cols - left < width ? cols : left + width);
    }
  });
}

/// Sweeps all columns of W (rows x cols, row-major without gaps) with U. `select(scores, first)` returns the mask of
/// what stays of `group` columns (fewer at the end) from `first` on; `most` columns, a multiple of it, are a block.
template <std::floating_point S, executor E, class Select>
[[nodiscard]] double obs_sweep(E&& exec, S* w, index rows, index cols, S const* u, index group, index most, mask& keep,
                               Select const& select) {
  constexpr index grain = 64;  // rows: a forked thread should have more to do than to wake
  sweep_block<S> block(rows, most < cols ? most : cols);
  for (block.first = 0; block.first < cols; block.first += block.width) {
    block.width = cols - block.first < most ? cols - block.first : most;
    load_factor(block, u, cols);
    exec.for_ranges(rows, grain, [&](index first, index last, index) { load_rows(block, w, cols, first, last); });
    for (index from = 0; from < block.width; from += group) {
      index const to = block.width - from < group ? block.width : from + group;
      mask const chosen = select(sweep_scores<S>{&block, from, to - from}, block.first + from);
      exec.for_ranges(block.heights(), grain / sweep_height, [&](index first, index last, index) {
        sweep_rows(block, from, to, first, last, chosen);
        close_rows(block, from, to, first * sweep_height, last * sweep_height < rows ? last * sweep_height : rows,
                   chosen, keep);
      });
    }
    exec.for_ranges(rows, grain, [&](index first, index last, index) { store_rows(block, w, cols, first, last); });
    apply_block(exec, block, u, w, cols);
  }
  double loss = 0.0;
  for (index i = 0; i != rows; ++i) loss += block.losses[i];
  return loss;
}

}  // namespace lacuna::detail::inline LACUNA_ISA
