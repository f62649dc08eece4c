// SPDX-License-Identifier: MIT
//
// The first stage of an integer layer whose activations have a zero point.
//
// Bound: a multiplication and a subtraction of int32 for each register of sums where tokens have zero points of their
// own; for one zero point the product is that of a row.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/stages.hpp>
#include <lacuna/simd/math.hpp>

#include <concepts>
#include <cstdint>
#include <utility>

namespace lacuna::detail::inline LACUNA_ISA {

/// a * b and a - b, wrapping as the sums do; V is an int32 or a register of them, whose lanes wrap by themselves.
template <class V>
[[nodiscard]] LACUNA_INLINE V wrapping_multiply(V a, V b) noexcept {
  if constexpr (std::integral<V>)
    return static_cast<V>(static_cast<std::uint32_t>(a) * static_cast<std::uint32_t>(b));
  else
    return a * b;
}
template <class V>
[[nodiscard]] LACUNA_INLINE V wrapping_subtract(V a, V b) noexcept {
  if constexpr (std::integral<V>)
    return static_cast<V>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
  else
    return a - b;
}

/// What stages for zero points share.
struct zero_point_base : stage_base {
  static constexpr bool of_sums = true;
  vector_view<std::int32_t const> row_sums;

  void check(char const* who, output_shape y) const {
    if (row_sums.size() != y.outputs)
      fail<shape_error>(who, ": zero_point has sums of ", row_sums.size(), " rows, A has ", y.outputs, " rows");
  }
};

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// What `zero_point` returns for one zero of all tokens.
struct zero_point_stage : detail::zero_point_base {
  std::int32_t zero = 0;

  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V sum, At const& at) const noexcept {
    return detail::wrapping_subtract(
        sum, at.row_map([this](index i) LACUNA_INLINE_LAMBDA { return detail::wrapping_multiply(row_sums[i], zero); }));
  }
  [[nodiscard]] zero_point_stage flipped() const { return *this; }
};

/// What `zero_point` returns for a zero of each token: borrows them.
struct token_zero_point_stage : detail::zero_point_base {
  vector_view<std::int32_t const> zeros;

  void check(char const* who, detail::output_shape y) const {
    zero_point_base::check(who, y);
    if (zeros.size() != y.tokens)
      detail::fail<shape_error>(who, ": zero_point has ", zeros.size(), " zero points, X has ", y.tokens, " tokens");
  }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V sum, At const& at) const noexcept {
    return detail::wrapping_subtract(sum, detail::wrapping_multiply(at.row_value(row_sums), at.column_value(zeros)));
  }
  [[nodiscard]] token_zero_point_stage flipped() const { return *this; }
};

/// What `zero_point` returns for float sums of bytes and one zero of all tokens.
struct scaled_zero_point_stage : detail::stage_base {
  static constexpr bool of_scaled_sums = true;
  vector_view<float const> row_sums;
  std::int32_t zero = 0;

  void check(char const* who, detail::output_shape y) const {
    if (row_sums.size() != y.outputs)
      detail::fail<shape_error>(who, ": zero_point has sums of ", row_sums.size(), " rows, A has ", y.outputs, " rows");
  }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V sum, At const& at) const noexcept {
    return sum - at.row_value(row_sums) * simd::splat<V>(zero);
  }
  [[nodiscard]] scaled_zero_point_stage flipped() const { return *this; }
};

/// The same for a zero of each token: borrows them.
struct scaled_token_zero_point_stage : scaled_zero_point_stage {
  vector_view<std::int32_t const> zeros;

  void check(char const* who, detail::output_shape y) const {
    scaled_zero_point_stage::check(who, y);
    if (zeros.size() != y.tokens)
      detail::fail<shape_error>(who, ": zero_point has ", zeros.size(), " zero points, X has ", y.tokens, " tokens");
  }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V sum, At const& at) const noexcept {
    return sum - at.row_value(row_sums) * at.column_value(zeros);
  }
  [[nodiscard]] scaled_token_zero_point_stage flipped() const { return *this; }
};

/// Makes A X into A (X - z), exactly: the activations x of an int8 product stand for x - z. Subtracts z times the sum
/// of the row from each int32 sum; `row_sums` has one for each row of A (see row_sums) and is borrowed. The first
/// stage.
template <dense_vector S>
[[nodiscard]] zero_point_stage zero_point(std::int32_t z, S const& row_sums) {
  zero_point_stage stage;
  stage.row_sums = vector_of(row_sums);
  stage.zero = z;
  return stage;
}

/// The same with a zero point for each token: z[t] for column t of X in spmm, row t of X in linear. Borrows both; they
/// hold int32.
template <dense_vector Z, dense_vector S>
[[nodiscard]] token_zero_point_stage zero_point(Z const& z, S const& row_sums) {
  token_zero_point_stage stage;
  stage.row_sums = vector_of(row_sums);
  stage.zeros = vector_of(z);
  return stage;
}

/// The same for weights with scales of their own, grouped_int4, whose sums are float: `row_sums` holds float, and what
/// is subtracted is rounded, as those sums are.
template <dense_vector S>
  requires std::same_as<typename decltype(vector_of(std::declval<S const&>()))::value_type, float>
[[nodiscard]] scaled_zero_point_stage zero_point(std::int32_t z, S const& row_sums) {
  scaled_zero_point_stage stage;
  stage.row_sums = vector_of(row_sums);
  stage.zero = z;
  return stage;
}
template <dense_vector Z, dense_vector S>
  requires std::same_as<typename decltype(vector_of(std::declval<S const&>()))::value_type, float>
[[nodiscard]] scaled_token_zero_point_stage zero_point(Z const& z, S const& row_sums) {
  scaled_token_zero_point_stage stage;
  stage.row_sums = vector_of(row_sums);
  stage.zeros = vector_of(z);
  return stage;
}

}  // namespace lacuna::inline LACUNA_ISA
