// SPDX-License-Identifier: MIT
//
// Attend: softmax(scale * q k^T) v over the keys that a pattern lets each query see.
#pragma once

#include <lacuna/attention/all.hpp>
#include <lacuna/attention/causal.hpp>
#include <lacuna/attention/compose.hpp>
#include <lacuna/attention/none.hpp>
#include <lacuna/attention/pattern.hpp>
#include <lacuna/attention/sink.hpp>
#include <lacuna/attention/window.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>
#include <lacuna/core/executor.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/attend.hpp>

#include <math.h>

#include <concepts>
#include <limits>
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

template <class V>
using vector_element_t = std::remove_pointer_t<decltype(vector_of(std::declval<V&>()).data())>;

/// A vector of float or double to write to, or none.
class optional_output {
 public:
  LACUNA_INLINE constexpr optional_output() noexcept = default;
  template <dense_vector V>
    requires(!std::same_as<std::remove_cvref_t<V>, optional_output>)
  LACUNA_INLINE constexpr optional_output(V&& out) : given_(true) {
    static_assert(std::same_as<vector_element_t<V>, float> || std::same_as<vector_element_t<V>, double>,
                  "lacuna: lse is written to; it is a vector of float or double");
    auto const view = vector_of(out);
    if constexpr (std::same_as<vector_element_t<V>, float>)
      floats_ = view.data();
    else
      doubles_ = view.data();
    size_ = view.size();
    stride_ = view.stride();
  }

  [[nodiscard]] LACUNA_INLINE constexpr bool given() const noexcept { return given_; }
  [[nodiscard]] LACUNA_INLINE constexpr index size() const noexcept { return size_; }
  /// Writes element i, or nothing where there is no vector.
  template <class A>
  LACUNA_INLINE constexpr void operator()(index i, A value) const noexcept {
    if (floats_ != nullptr) floats_[i * stride_] = static_cast<float>(value);
    if (doubles_ != nullptr) doubles_[i * stride_] = static_cast<double>(value);
  }

 private:
  float* floats_ = nullptr;
  double* doubles_ = nullptr;
  index size_ = 0;
  index stride_ = 1;
  bool given_ = false;
};

template <class... M>
inline constexpr bool all_floating = (... && !std::integral<element_t<M>>);

/// double if one of the matrices holds doubles, else float.
template <class... M>
using attend_accumulator_t = std::common_type_t<accumulator_t<element_t<M>>...>;

}  // namespace detail

/// What attend may be told beyond its operands.
struct attend_options {
  /// Factor of every q·k; 1 / sqrt(dk) if it is not given.
  detail::optional_number scale = {};
  /// Where to write, for each query, the logarithm (base e) of the sum of exp(logit) over the keys that it sees: -inf
  /// for an empty row. Any vector of nq floats or doubles. Two results over disjoint keys are merged with it.
  detail::optional_output lse = {};
};

}  // namespace lacuna

namespace lacuna::detail::inline LACUNA_ISA {

template <class Q, class K, class V, class Out>
void require_attend_shapes(Q const& q, K const& k, V const& v, Out const& out, attend_options const& options) {
  if (q.cols() != k.cols())
    fail<shape_error>("attend: q is ", q.rows(), "x", q.cols(), ", k has ", k.cols(), " columns");
  if (k.rows() != v.rows()) fail<shape_error>("attend: k is ", k.rows(), "x", k.cols(), ", v has ", v.rows(), " rows");
  if (out.rows() != q.rows() || out.cols() != v.cols())
    fail<shape_error>("attend: q is ", q.rows(), "x", q.cols(), " and v is ", v.rows(), "x", v.cols(), ", out is ",
                      out.rows(), "x", out.cols());
  if (options.lse.given() && options.lse.size() != q.rows())
    fail<shape_error>("attend: q is ", q.rows(), "x", q.cols(), ", lse has ", options.lse.size(), " elements");
}

/// The scale given, which has to be a finite A; else 1 / sqrt(dk), or 1 where there is nothing to scale.
template <class A>
A attend_scale(attend_options const& options, index dk) {
  if (!options.scale.given()) return static_cast<A>(dk == 0 ? 1.0 : 1.0 / ::sqrt(static_cast<double>(dk)));
  constexpr auto most = static_cast<double>(std::numeric_limits<A>::max());
  double const scale = options.scale.value();
  if (!(scale >= -most && scale <= most))
    fail<value_error>("attend: the scale is ", scale, ", which is no finite ",
                      std::is_same_v<A, float> ? "float" : "double");
  return static_cast<A>(scale);
}

}  // namespace lacuna::detail::inline LACUNA_ISA

namespace lacuna::inline LACUNA_ISA {

/// Attention of one head. q is nq x dk, k is nk x dk, v is nk x dv, out is nq x dv; each in either order, with any
/// stride, of float, double, bf16 or f16 (sums are in double if q, k or v is, else in float; out is rounded once).
/// Row i of out is the mean of the rows j of v that the pattern allows for query i, weighed by
/// exp(scale * q(i)·k(j)). The queries are the last nq of the nk positions (see attention::tile).
///
/// Inf or NaN in the rows of k and v of keys that are not allowed never reach out. A row that no key is allowed for, or
/// whose logits are all -inf, is 0, and its lse is -inf. Logits of any finite size are safe. A NaN or +inf among the
/// logits of a row makes that row NaN.
///
/// Throws shape_error if the shapes do not fit, value_error if the scale is not a finite number of the type of the
/// sums, before anything is written. out must not overlap the operands. A row has the same bits for every executor and
/// thread count, and whether its query comes alone, in a chunk, or with all others. Allocates nothing: 50 KB of stack
/// for each worker, 100 KB with double. Time is proportional to the pairs in those tiles of 32 x 64 that the pattern
/// does not classify as empty, times dk + dv.
///
///     la::attend(q, k, v, at::causal{} & (at::sink{64} | at::window{256}), out);
///     la::attend(pool, q, k, v, at::causal{}, out, {.scale = 0.125, .lse = lse});
template <executor E, dense_matrix Q, dense_matrix K, dense_matrix V, attention::pattern P, dense_matrix Out>
void attend(E&& exec, Q const& q, K const& k, V const& v, P const& pattern, Out&& out,
            attend_options const& options = {}) {
  static_assert(detail::all_floating<Q const, K const, V const, Out>,
                "lacuna: attend takes floating-point matrices; convert integers with their scale first");
  static_assert(!std::is_const_v<std::remove_reference_t<decltype(*view_of(out).data())>>, "lacuna: out is read-only");
  using A = detail::attend_accumulator_t<Q const, K const, V const>;
  auto const qv = view_of(q);
  auto const kv = view_of(k);
  auto const vv = view_of(v);
  auto const ov = view_of(out);
  detail::require_attend_shapes(qv, kv, vv, ov, options);
  auto const scale = detail::attend_scale<A>(options, qv.cols());
  exec.for_ranges(qv.rows(), kernel::attend_tile::queries, [&](index first, index last, index /*worker*/) {
    kernel::attend_rows rows(qv, kv, vv, pattern, ov, scale, options.lse);
    rows(first, last);
  });
}

/// Attention of one head in the calling thread.
template <dense_matrix Q, dense_matrix K, dense_matrix V, attention::pattern P, dense_matrix Out>
void attend(Q const& q, K const& k, V const& v, P const& pattern, Out&& out, attend_options const& options = {}) {
  attend(serial{}, q, k, v, pattern, out, options);
}

}  // namespace lacuna::inline LACUNA_ISA
