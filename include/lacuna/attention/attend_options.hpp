// SPDX-License-Identifier: MIT
//
// What attend may be told beyond its operands: the scale, and outputs that are wanted beside the values.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace lacuna {
namespace detail {

/// A number, or the choice left to the verb.
class optional_number {
 public:
  LACUNA_INLINE constexpr optional_number() noexcept = default;
  LACUNA_INLINE constexpr optional_number(double value) noexcept : value_(value), given_(true) {}
  [[nodiscard]] LACUNA_INLINE constexpr bool given() const noexcept { return given_; }
  [[nodiscard]] LACUNA_INLINE constexpr double value() const noexcept { return value_; }

 private:
  double value_ = 0;
  bool given_ = false;
};

template <class T>
inline constexpr bool float_or_double = std::same_as<T, float> || std::same_as<T, double>;

template <class V>
using vector_element_t = std::remove_pointer_t<decltype(vector_of(std::declval<V&>()).data())>;
template <class M>
using matrix_element_t = std::remove_pointer_t<decltype(view_of(std::declval<M&>()).data())>;

/// A vector (one row) or a matrix of float or double to write to, or none.
class optional_output {
 public:
  LACUNA_INLINE constexpr optional_output() noexcept = default;
  template <dense_vector V>
    requires(!std::same_as<std::remove_cvref_t<V>, optional_output> && !dense_matrix<V>)
  LACUNA_INLINE constexpr optional_output(V&& out) : cols_(vector_of(out).size()), rows_(1), given_(true) {
    static_assert(float_or_double<vector_element_t<V>>, "lacuna: lse is written to; it is a vector of float or double");
    auto const view = vector_of(out);
    take(view.data(), 0, view.stride());
  }
  template <dense_matrix M>
  LACUNA_INLINE constexpr optional_output(M&& out)
      : cols_(view_of(out).cols()), rows_(view_of(out).rows()), given_(true) {
    static_assert(float_or_double<matrix_element_t<M>>, "lacuna: lse is written to; it is a matrix of float or double");
    auto const view = view_of(out);
    take(view.data(), view.row_stride(), view.col_stride());
  }

  [[nodiscard]] LACUNA_INLINE constexpr bool given() const noexcept { return given_; }
  [[nodiscard]] LACUNA_INLINE constexpr index rows() const noexcept { return rows_; }
  [[nodiscard]] LACUNA_INLINE constexpr index size() const noexcept { return cols_; }  ///< elements of a row
  /// Writes an element, or nothing where there is nothing to write to.
  template <class A>
  LACUNA_INLINE constexpr void operator()(index i, index j, A value) const noexcept {
    index const at = i * row_stride_ + j * col_stride_;
    if (floats_ != nullptr) floats_[at] = static_cast<float>(value);
    if (doubles_ != nullptr) doubles_[at] = static_cast<double>(value);
  }

 private:
  LACUNA_INLINE constexpr void take(float* data, index row_stride, index col_stride) noexcept {
    floats_ = data;
    row_stride_ = row_stride;
    col_stride_ = col_stride;
  }
  LACUNA_INLINE constexpr void take(double* data, index row_stride, index col_stride) noexcept {
    doubles_ = data;
    row_stride_ = row_stride;
    col_stride_ = col_stride;
  }

  float* floats_ = nullptr;
  double* doubles_ = nullptr;
  index row_stride_ = 0;
  index col_stride_ = 1;
  index cols_ = 0;
  index rows_ = 0;
  bool given_ = false;
};

}  // namespace detail

/// What attend may be told beyond its operands.
struct attend_options {
  /// Factor of every q·k; 1 / sqrt(dk) if it is not given.
  detail::optional_number scale = {};
  /// Where to write, for each query, the logarithm (base e) of the sum of exp(logit) over the keys that it sees: -inf
  /// for an empty row. A matrix of heads x queries, floats or doubles, in either order; for one head any vector of
  /// queries as well. Two results over disjoint keys are merged with it.
  detail::optional_output lse = {};
  /// Where to write, for each query, the share of its weights that each block of `mass_keys` neighbouring keys has:
  /// heads x queries x blocks, which sum up to 1, or to 0 for an empty row. Costs the logits and the exponentials once
  /// more, and goes with `exact` alone.
  heads_view<float> block_mass = {};
  index mass_keys = 64;
};

}  // namespace lacuna
