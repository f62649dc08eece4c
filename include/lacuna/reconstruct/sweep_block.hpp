// SPDX-License-Identifier: MIT
//
// A block of columns of the weights while SparseGPT sweeps it, and what its steps do to the columns behind it.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/executor.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstdint>

namespace lacuna::detail::inline LACUNA_ISA {

/// Rows that are swept together, and neighbours that are a step of a loop without a tail.
inline constexpr index sweep_height = 8;
inline constexpr index sweep_lanes = 16;
/// Rows at least for which a thread is woken.
inline constexpr index sweep_grain = 64;

/// Some columns of the weights while they are swept, and what each step of them took away. What belongs to a row stands
/// side by side, an odd number of cache lines apart, so that no store holds up a load 4096 bytes from it.
template <std::floating_point S>
struct sweep_block {
  index rows = 0;
  index first = 0;  // column of W
  index width = 0;
  index stride = 0;        // of the factor, and from one part of a row to the next: whole lanes
  buffer<S> parts;         // of each row, and up to whole heights more: weights, errors, what is kept
  buffer<S> factor;        // width x width: what stands above the diagonal of U
  buffer<S> inverse_diag;  // 1 / u_jj
  buffer<double> losses;   // of each row, all blocks so far

  sweep_block(index row_count, index most)
      : rows(row_count),
        stride((ceil_div(most, sweep_lanes) | 1) * sweep_lanes),
        parts(checked_multiply(heights() * sweep_height, checked_multiply(3, stride, "sweep"), "sweep")),
        factor(checked_multiply(most, stride, "sweep")),
        inverse_diag(most),
        losses(row_count) {}
  [[nodiscard]] index heights() const { return ceil_div(rows, sweep_height); }
  /// From one row to the next.
  [[nodiscard]] LACUNA_INLINE index pitch() const noexcept { return 3 * stride; }
  [[nodiscard]] LACUNA_INLINE S* weights(index i) noexcept { return parts.data() + i * pitch(); }
  [[nodiscard]] LACUNA_INLINE S const* weights(index i) const noexcept { return parts.data() + i * pitch(); }
  /// (w - what is kept of it) / u_jj.
  [[nodiscard]] LACUNA_INLINE S const* errors(index i) const noexcept { return weights(i) + stride; }
  /// What W becomes.
  [[nodiscard]] LACUNA_INLINE S const* kept(index i) const noexcept { return weights(i) + 2 * stride; }
};

/// Copies the diagonal block of U (cols x cols, row-major), and the block's columns of W (rows x cols).
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
    for (index c = 0; c != block.width; ++c) block.weights(i)[c] = w[i * cols + block.first + c];
}

/// The other way, when all columns are swept, and what that has cost: in sixteen sums a row, whatever the registers.
template <std::floating_point S>
void store_rows(sweep_block<S>& block, S* w, index cols, index first, index last) {
  using lanes = Eigen::Array<S, 1, int{sweep_lanes}>;
  index const whole = block.width / sweep_lanes * sweep_lanes;
  for (index i = first; i != last; ++i) {
    for (index c = 0; c != block.width; ++c) w[i * cols + block.first + c] = block.kept(i)[c];
    S const* const errors = block.errors(i);
    lanes squares = lanes::Zero();
    for (index c = 0; c != whole; c += sweep_lanes)
      squares += Eigen::Map<lanes const, Eigen::Aligned64>(errors + c).square();
    for (index c = whole; c != block.width; ++c) squares[c - whole] += errors[c] * errors[c];
    double loss = 0.0;
    for (index l = 0; l != sweep_lanes; ++l) loss += static_cast<double>(squares[l]);
    block.losses[i] += 0.5 * loss;
  }
}

/// One column of eight rows: where `dropped` is 1, not 0, the weight goes, and the columns behind it, up to the end of
/// the block, move. What stands on and below the diagonal of the factor is zero, so whole lanes can be taken from
/// before the column on. No branch: which weights go is as good as random.
template <std::floating_point S>
LACUNA_INLINE void sweep_column(sweep_block<S>& block, index row, index column, S const (&dropped)[sweep_height]) {
  using lanes = Eigen::Array<S, 1, int{sweep_lanes}>;
  index const stride = block.stride;
  index const pitch = block.pitch();
  S* const weights = block.weights(row);
  S const* const factor = block.factor.data() + column * stride;
  S const inverse = block.inverse_diag[column];
  S error[sweep_height];
  for (index r = 0; r != sweep_height; ++r) {
    S* const at = weights + r * pitch + column;
    S const gone = dropped[r] * at[0];
    at[2 * stride] = at[0] - gone;
    at[stride] = error[r] = gone * inverse;
  }
  for (index k = column / sweep_lanes * sweep_lanes; k < block.width; k += sweep_lanes) {
    lanes const step = Eigen::Map<lanes const, Eigen::Aligned64>(factor + k);
    for (index r = 0; r != sweep_height; ++r)
      Eigen::Map<lanes, Eigen::Aligned64>(weights + r * pitch + k) -= error[r] * step;
  }
}

/// Sweeps columns [from, to) of the block in eight rows; the bits of what stays of row r begin at bits[r].
template <std::floating_point S>
void sweep_columns(sweep_block<S>& block, index row, index from, index to,
                   std::uint64_t const* const (&bits)[sweep_height]) {
  for (index first = from; first < to; first += 64) {
    std::uint64_t gone[sweep_height];
    for (index r = 0; r != sweep_height; ++r) gone[r] = ~bits[r][(first - from) / 64];
    for (index column = first; column != (to - first < 64 ? to : first + 64); ++column) {
      S dropped[sweep_height];
      for (index r = 0; r != sweep_height; ++r) {
        dropped[r] = static_cast<S>(static_cast<int>(gone[r] & 1u));
        gone[r] >>= 1;
      }
      sweep_column(block, row, column, dropped);
    }
  }
}

/// The lazy update: columns [first, last) of rows [top, bottom) behind the block, all steps of the block at once.
template <std::floating_point S>
void apply_block(sweep_block<S> const& block, S const* u, S* w, index cols, index top, index bottom, index first,
                 index last) {
  using matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using stride = Eigen::OuterStride<>;
  Eigen::Map<matrix const, 0, stride> const errors(block.errors(top), bottom - top, block.width, stride(block.pitch()));
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

}  // namespace lacuna::detail::inline LACUNA_ISA
