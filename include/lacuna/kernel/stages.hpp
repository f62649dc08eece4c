// SPDX-License-Identifier: MIT
//
// What a stage of an epilogue is, and those that combine a sum with other numbers: accumulate, bias, scale,
// scale_tokens, add. Each is written once, for a scalar and for a register: arithmetic, comparison and the functions of
// simd/math.hpp are all it uses.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/simd/math.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace lacuna::detail {

/// What the operands of an epilogue have to fit: the rows of A, the shape of Y as the caller wrote it (in `linear` that
/// is the transpose of what kernels see), and the tokens.
struct output_shape {
  index outputs = 0;
  index rows = 0;
  index cols = 0;
  index tokens = 0;  // columns of X, or rows of linear's X
};

}  // namespace lacuna::detail

namespace lacuna::detail::inline LACUNA_ISA {

/// What every stage has unless it says otherwise.
struct stage_base {
  static constexpr bool is_epilogue_stage = true;
  static constexpr bool requantizes = false;
  static constexpr bool of_sums = false;  // works on int32 sums, before the others
  template <class Y>
  static constexpr bool requantizes_to = false;
  void check(char const*, output_shape) const {}
};

/// A stage that works on float sums of bytes (of grouped_int4), before the others.
template <class S>
concept corrects_scaled_sums = requires { requires S::of_scaled_sums; };

/// lo where value < lo, hi where value > hi; NaN stays NaN.
template <class V>
[[nodiscard]] LACUNA_INLINE V clamped(V value, V lo, V hi) noexcept {
  value = simd::choose(value < lo, lo, value);
  return simd::choose(value > hi, hi, value);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// A step between the sum and Y: callable as stage(value, at), where value is a float, double or register of them, and
/// `at` answers row_value(b) (b at the row of A), column_value(b) (b at the column of X), row_map(f) (f of that row)
/// and entry(R) (R at the place in Y); with check, flipped, requantizes, of_sums. One whose steps wait for each other
/// may take an array of registers in together(values), in place.
template <class S>
concept epilogue_stage = S::is_epilogue_stage && requires(S const& s, char const* who, detail::output_shape y) {
  s.check(who, y);
  s.flipped();
};

/// Y = Y + A X in place of Y = A X. Where it stands in a composition is where Y's old value is added. Integers wrap, as
/// their sums do.
struct accumulate_stage : detail::stage_base {
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    if constexpr (std::integral<V>)
      return static_cast<V>(static_cast<std::uint32_t>(value) + static_cast<std::uint32_t>(at.output()));
    else
      return value + at.output();
  }
  [[nodiscard]] accumulate_stage flipped() const { return *this; }
};
inline constexpr accumulate_stage accumulate{};

/// What `bias` returns: borrows its values.
template <class T>
struct bias_stage : detail::stage_base {
  vector_view<T const> values;

  void check(char const* who, detail::output_shape y) const {
    if (values.size() != y.outputs)
      detail::fail<shape_error>(who, ": bias has ", values.size(), " values, A has ", y.outputs, " rows");
  }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    return value + at.row_value(values);
  }
  [[nodiscard]] bias_stage flipped() const { return *this; }
};

/// Adds b[i] to every value that row i of A gives: one bias for each output. Borrows b.
template <dense_vector B>
[[nodiscard]] auto bias(B const& b) {
  auto const view = vector_of(b);
  bias_stage<typename decltype(view)::value_type> stage;
  stage.values = view;
  return stage;
}

/// What `scale` returns for one factor.
template <class T>
struct scale_stage : detail::stage_base {
  T factor{};

  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const&) const noexcept {
    return value * simd::splat<V>(factor);
  }
  [[nodiscard]] scale_stage flipped() const { return *this; }
};

/// What `scale` returns for a factor of each output: borrows them.
template <class T>
struct row_scale_stage : detail::stage_base {
  vector_view<T const> factors;

  void check(char const* who, detail::output_shape y) const {
    if (factors.size() != y.outputs)
      detail::fail<shape_error>(who, ": scale has ", factors.size(), " values, A has ", y.outputs, " rows");
  }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    return value * at.row_value(factors);
  }
  [[nodiscard]] row_scale_stage flipped() const { return *this; }
};

/// Multiplies by one number.
template <class T>
  requires std::is_arithmetic_v<T>
[[nodiscard]] auto scale(T factor) {
  scale_stage<std::conditional_t<std::integral<T>, double, T>> stage;
  stage.factor = static_cast<decltype(stage.factor)>(factor);
  return stage;
}

/// Multiplies every value that row i of A gives by s[i]. Borrows s.
template <dense_vector S>
[[nodiscard]] auto scale(S const& s) {
  auto const view = vector_of(s);
  row_scale_stage<typename decltype(view)::value_type> stage;
  stage.factors = view;
  return stage;
}

/// What `scale_tokens` returns: borrows its factors.
template <class T>
struct token_scale_stage : detail::stage_base {
  vector_view<T const> factors;

  void check(char const* who, detail::output_shape y) const {
    if (factors.size() != y.tokens)
      detail::fail<shape_error>(who, ": scale_tokens has ", factors.size(), " values, X has ", y.tokens, " tokens");
  }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    return value * at.column_value(factors);
  }
  [[nodiscard]] token_scale_stage flipped() const { return *this; }
};

/// Multiplies every value that token t gives by s[t], a token being a column of X in spmm and a row of X in linear: the
/// scales of activations that were quantised token by token. Borrows s.
template <dense_vector S>
[[nodiscard]] auto scale_tokens(S const& s) {
  auto const view = vector_of(s);
  token_scale_stage<typename decltype(view)::value_type> stage;
  stage.factors = view;
  return stage;
}

/// What `add` returns: borrows its summand.
template <class T, order Order>
struct add_stage : detail::stage_base {
  dense_view<T const, Order> summand;

  void check(char const* who, detail::output_shape y) const {
    if (summand.rows() != y.rows || summand.cols() != y.cols)
      detail::fail<shape_error>(who, ": the matrix to add is ", summand.rows(), "x", summand.cols(), ", Y is ", y.rows,
                                "x", y.cols);
  }
  template <class V, class At>
  [[nodiscard]] LACUNA_INLINE V operator()(V value, At const& at) const noexcept {
    return value + at.entry(summand);
  }
  [[nodiscard]] add_stage<T, lacuna::flipped(Order)> flipped() const {
    add_stage<T, lacuna::flipped(Order)> stage;
    stage.summand = transpose(summand);
    return stage;
  }
};

/// Adds R, a dense matrix of Y's shape in either order: a residual connection. Borrows R.
template <dense_matrix R>
[[nodiscard]] auto add(R const& r) {
  auto const view = view_of(r);
  add_stage<typename decltype(view)::value_type, decltype(view)::memory_order> stage;
  stage.summand = view;
  return stage;
}

/// Adds r, a vector of as many elements as A has rows, to what spmv gives for one token. Borrows r.
template <dense_vector R>
  requires(!dense_matrix<R>)
[[nodiscard]] auto add(R const& r) {
  return add(as_column(vector_of(r)));
}

}  // namespace lacuna::inline LACUNA_ISA
