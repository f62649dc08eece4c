// SPDX-License-Identifier: MIT
//
// Weights as small integers and scales, and the error that this makes.
#pragma once

#include <lacuna/core/buffer.hpp>
#include <lacuna/core/checked.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace lacuna {

/// Which weights share a scale: those of an output, all of them, or those of so many neighbouring inputs of an output.
enum class scales : unsigned char { per_row, per_tensor, per_group };

/// How weights are quantised.
struct quantization {
  lacuna::scales scales = lacuna::scales::per_row;
  index group = 32;  ///< inputs that share a scale, where it is per_group; the last group of a row may be short
  int bits = 8;      ///< integers of +-(2^(bits - 1) - 1): 127 of 8 bits, 7 of 4; 2 to 8
};

/// What quantising has changed, measured on the weights that it was to keep.
struct quantization_error {
  double max_abs = 0;   ///< the largest |w - scale * q|
  double relative = 0;  ///< the Frobenius norm of all differences over that of the weights; 0 if these are all 0
};

/// W(i, j) is about scale(i, j) * values(i, j).
struct quantized {
  dense<std::int8_t> values;
  buffer<float> scales;      ///< one; or one for each row; or those of the groups of a row, row after row
  index group = 0;           ///< inputs that share a scale
  index groups = 0;          ///< scales of a row; 0 where one serves all rows
  quantization_error error;  ///< what `values` and `scales` miss

  [[nodiscard]] LACUNA_INLINE float scale(index i, index j) const noexcept {
    return groups == 0 ? scales[0] : scales[i * groups + j / group];
  }
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

/// The scale with which the largest integer stands for the largest magnitude. Not below the smallest normal float,
/// where scales would have few bits, or none: weights below half of it become 0. Nor so large that rounding it takes
/// the largest integer beyond float.
[[nodiscard]] LACUNA_INLINE float symmetric_scale(double largest, int most) noexcept {
  constexpr auto least = static_cast<double>(std::numeric_limits<float>::min());
  auto const exact = largest / most;
  auto const scale = static_cast<float>(exact < least ? least : exact);
  bool const beyond = static_cast<double>(scale) * most > static_cast<double>(std::numeric_limits<float>::max());
  return beyond ? scale * (1 - 0x1p-24f) : scale;  // the float below
}

/// w / scale, rounded to the nearest integer, ties to even, and held to +-most: the scale is rounded, so the largest
/// weight may come out a little above.
[[nodiscard]] LACUNA_INLINE std::int8_t symmetric_code(double w, float scale, int most) noexcept {
  auto const q = std::nearbyint(w / static_cast<double>(scale));
  auto const limit = static_cast<double>(most);
  return static_cast<std::int8_t>(q > limit ? limit : q < -limit ? -limit : q);
}

/// Every weight is kept.
struct keep_all {
  [[nodiscard]] LACUNA_INLINE constexpr bool operator()(index, index) const noexcept { return true; }
};

/// The largest magnitude of W(i, first .. last) where `keep` is true. Throws value_error, naming the place, where one
/// is no finite float.
template <class T, order Order, class Keep>
[[nodiscard]] double largest_weight(dense_view<T const, Order> w, Keep const& keep, index i, index first, index last) {
  double largest = 0;
  for (index j = first; j != last; ++j) {
    if (!keep(i, j)) continue;
    auto const magnitude = std::fabs(static_cast<double>(w(i, j)));
    if (!(magnitude <= static_cast<double>(std::numeric_limits<float>::max())))
      fail<value_error>("quantize: the weight in row ", i, ", column ", j, " is ", static_cast<double>(w(i, j)),
                        ", expected a finite float");
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/// The largest difference and the sums of squares of a row.
struct row_error {
  double largest, difference, weights;
};

template <class T, order Order, class Keep>
[[nodiscard]] row_error quantize_row(dense_view<T const, Order> w, Keep const& keep, quantized& q, int most, index i) {
  row_error error{0, 0, 0};
  for (index j = 0; j != w.cols(); ++j) {
    if (!keep(i, j)) continue;
    auto const value = static_cast<double>(w(i, j));
    auto const scale = q.scale(i, j);
    q.values(i, j) = symmetric_code(value, scale, most);
    auto const missed = std::fabs(value - static_cast<double>(scale) * q.values(i, j));
    if (missed > error.largest) error.largest = missed;
    error.difference += missed * missed;
    error.weights += value * value;
  }
  return error;
}

inline void require_quantization(quantization const& how) {
  if (how.bits < 2 || how.bits > 8) fail<value_error>("quantize: ", how.bits, " bits, expected 2 to 8");
  if (how.group < 1) fail<value_error>("quantize: groups of ", how.group, " inputs, expected at least 1");
}

/// The scale of all weights.
template <executor E, class T, order Order, class Keep>
void find_scale(E&& exec, dense_view<T const, Order> w, Keep const& keep, quantized& q, int most, index grain) {
  buffer<double> largest(w.rows());
  exec.for_ranges(w.rows(), grain, [&](index begin, index end, index) {
    for (index i = begin; i != end; ++i) largest[i] = largest_weight(w, keep, i, 0, w.cols());
  });
  double of_all = 0;
  for (auto const v : largest) of_all = v > of_all ? v : of_all;
  q.scales[0] = symmetric_scale(of_all, most);
}

/// The scales of each row.
template <executor E, class T, order Order, class Keep>
void find_scales(E&& exec, dense_view<T const, Order> w, Keep const& keep, quantized& q, int most, index grain) {
  exec.for_ranges(w.rows(), grain, [&](index begin, index end, index) {
    for (index i = begin; i != end; ++i)
      for (index g = 0; g != q.groups; ++g) {
        auto const first = g * q.group;
        auto const last = w.cols() - first < q.group ? w.cols() : first + q.group;
        q.scales[i * q.groups + g] = symmetric_scale(largest_weight(w, keep, i, first, last), most);
      }
  });
}

/// The weights for which keep(i, j) is true as integers, others 0, with their scales and the error that they make.
template <executor E, class T, order Order, class Keep>
[[nodiscard]] quantized quantize_kept(E&& exec, dense_view<T const, Order> w, Keep const& keep,
                                      quantization const& how) {
  require_quantization(how);
  quantized q;
  q.values = dense<std::int8_t>(w.rows(), w.cols());
  q.group = how.scales == scales::per_group ? how.group : w.cols() > 0 ? w.cols() : 1;
  q.groups = how.scales == scales::per_tensor ? 0 : how.scales == scales::per_row ? 1 : ceil_div(w.cols(), q.group);
  bool const one = how.scales == scales::per_tensor;
  q.scales = buffer<float>(one ? 1 : checked_multiply(w.rows(), q.groups, "quantize: scales"));
  int const most = (1 << (how.bits - 1)) - 1;
  index const grain = 16384 / (w.cols() + 1) + 1;
  if (one)
    find_scale(exec, w, keep, q, most, grain);
  else
    find_scales(exec, w, keep, q, most, grain);
  buffer<row_error> errors(w.rows());
  exec.for_ranges(w.rows(), grain, [&](index begin, index end, index) {
    for (index i = begin; i != end; ++i) errors[i] = quantize_row(w, keep, q, most, i);
  });
  row_error all{0, 0, 0};  // added row by row, so that no bit depends on the executor
  for (auto const& row : errors) {
    if (row.largest > all.largest) all.largest = row.largest;
    all.difference += row.difference;
    all.weights += row.weights;
  }
  q.error = {all.largest, all.weights > 0 ? std::sqrt(all.difference / all.weights) : 0};
  return q;
}

/// A view to read through.
template <dense_matrix W>
[[nodiscard]] auto read_weights(W const& w) {
  auto const view = view_of(w);
  using view_type = std::remove_const_t<decltype(view)>;
  return dense_view<typename view_type::value_type const, view_type::memory_order>(view);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// W (outputs x inputs, any order, any floating type) as symmetric integers: the largest magnitude that shares a scale
/// becomes the largest integer, zero stays zero, the others are rounded to nearest, ties to even. Weights that are
/// pruned are zero in `values`: pack<bsr<std::int8_t, 16, 4>>(q.values, keep), and scale(q.scales) is the epilogue of a
/// product with a scale for each row. The same bits for every executor. Throws value_error, naming row and column,
/// where a weight is NaN, infinite or beyond float. O(rows * cols) time; one byte a weight, 4 a scale, 24 a row.
template <executor E, dense_matrix W>
[[nodiscard]] quantized quantize(E&& exec, W const& w, quantization const& how = {}) {
  return detail::quantize_kept(exec, detail::read_weights(w), detail::keep_all{}, how);
}
template <dense_matrix W>
[[nodiscard]] quantized quantize(W const& w, quantization const& how = {}) {
  return lacuna::quantize(serial{}, w, how);
}

/// The same for the weights that a mask keeps: the others become 0, whatever they are, and neither stretch a scale nor
/// count as an error. Throws shape_error unless the mask has W's shape.
template <executor E, dense_matrix W>
[[nodiscard]] quantized quantize(E&& exec, W const& w, mask const& keep, quantization const& how = {}) {
  auto const view = detail::read_weights(w);
  if (keep.rows() != view.rows() || keep.cols() != view.cols())
    detail::fail<shape_error>("quantize: W is ", view.rows(), "x", view.cols(), ", the mask is ", keep.rows(), "x",
                              keep.cols());
  return detail::quantize_kept(exec, view, keep, how);
}
template <dense_matrix W>
[[nodiscard]] quantized quantize(W const& w, mask const& keep, quantization const& how = {}) {
  return lacuna::quantize(serial{}, w, keep, how);
}

/// scale(i, j) * values(i, j), each rounded once to float. O(rows * cols).
[[nodiscard]] inline dense<float> dequantize(quantized const& q) {
  dense<float> w(q.values.rows(), q.values.cols());
  for (index i = 0; i != w.rows(); ++i)
    for (index j = 0; j != w.cols(); ++j) w(i, j) = q.scale(i, j) * static_cast<float>(q.values(i, j));
  return w;
}

}  // namespace lacuna::inline LACUNA_ISA
