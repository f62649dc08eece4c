// SPDX-License-Identifier: MIT
//
// How good a selection was: how much of the softmax it kept, and what it did to the output.
#pragma once

#include <lacuna/attention/heads_view.hpp>
#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/error.hpp>

#include <math.h>

namespace lacuna::attention {

/// Shares of the mass of a softmax, over queries.
struct recall {
  double mean = 1;
  double least = 1;
  index queries = 0;  ///< that see anything at all; the others do not count
};

/// Differences of two outputs, over all of their numbers.
struct output_error {
  double relative = 0;  ///< sum of |a - b| by sum of |b|; 0 if both are 0
  double mean = 0;      ///< mean of |a - b|
  double largest = 0;   ///< largest |a - b|
};

}  // namespace lacuna::attention

namespace lacuna::attention::inline LACUNA_ISA {

/// The share of each query's softmax that lies on the keys of a plan: exp(selected - all), from the log-sum-exps that
/// `attend` writes with the plan and with what the plan is to stand for (at::causal{}, at::all{}). Matrices of heads x
/// queries. The same scale and no bias are expected of both. Throws shape_error if shapes differ, value_error for a
/// NaN. O(heads * queries).
template <dense_matrix S, dense_matrix A>
[[nodiscard]] recall mass_recall(S const& selected, A const& all) {
  auto const s = view_of(selected);
  auto const a = view_of(all);
  if (s.rows() != a.rows() || s.cols() != a.cols())
    detail::fail<shape_error>("mass_recall: selected is ", s.rows(), "x", s.cols(), ", all is ", a.rows(), "x",
                              a.cols());
  recall r;
  double sum = 0;
  for (index h = 0; h != s.rows(); ++h)
    for (index i = 0; i != s.cols(); ++i) {
      auto const part = static_cast<double>(s(h, i)), whole = static_cast<double>(a(h, i));
      if (whole < 0 && whole - whole != 0) continue;  // -inf: nothing to see
      double const share = ::exp(part - whole);
      if (!(share >= 0))
        detail::fail<value_error>("mass_recall: head ", h, ", query ", i, ": the log-sum-exps are ", part,
                                  " of selected keys and ", whole, " of all, expected numbers");
      sum += share;
      if (share < r.least) r.least = share;
      ++r.queries;
    }
  if (r.queries != 0) r.mean = sum / static_cast<double>(r.queries);
  return r;
}

/// How far output a is from b, which counts as right. Throws shape_error if shapes differ. O(numbers).
template <class T, class U>
[[nodiscard]] output_error error_of(heads_view<T> const a, heads_view<U> const b) {
  if (a.heads != b.heads || a.tokens != b.tokens || a.dim != b.dim)
    detail::fail<shape_error>("error_of: a is ", a.heads, "x", a.tokens, "x", a.dim, ", b is ", b.heads, "x", b.tokens,
                              "x", b.dim);
  output_error e;
  double difference = 0, size = 0;
  for (index h = 0; h != a.heads; ++h)
    for (index t = 0; t != a.tokens; ++t)
      for (index d = 0; d != a.dim; ++d) {
        double const is = static_cast<double>(a.row(h, t)[d]), wanted = static_cast<double>(b.row(h, t)[d]);
        double const apart = ::fabs(is - wanted);
        difference += apart;
        size += ::fabs(wanted);
        if (apart > e.largest || apart != apart) e.largest = apart;  // a NaN stays
      }
  if (auto const count = a.heads * a.tokens * a.dim; count != 0) e.mean = difference / static_cast<double>(count);
  e.relative = difference == 0 ? 0 : difference / size;
  return e;
}

}  // namespace lacuna::attention::inline LACUNA_ISA
