// SPDX-License-Identifier: MIT
//
// Products of groups of int4 with bytes, in double.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/format/grouped_int4.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

namespace lacuna_test {

/// Bytes of X, every tenth an extreme one.
template <class X, class Random>
[[nodiscard]] lacuna::dense<X> random_bytes(Random& r, lacuna::index rows, lacuna::index cols) {
  lacuna::dense<X> x(rows, cols);
  for (lacuna::index k = 0; k != rows; ++k)
    for (lacuna::index t = 0; t != cols; ++t)
      x(k, t) = r.below(10) != 0  ? static_cast<X>(r.bits())
                : r.below(2) != 0 ? std::numeric_limits<X>::min()
                                  : std::numeric_limits<X>::max();
  return x;
}

/// What is exact before it is scaled: the sum of a group, or parts of it.
enum class exact_in { group, parts };

/// "" if `got` is the sum of row i and column t of x, within gamma of as many roundings as there are groups and three:
/// of the scaled sums of groups, or of all products where parts of groups are scaled.
template <class View, class X>
[[nodiscard]] std::string check_int4_sum(View const& a, X const& x, lacuna::index i, lacuna::index t, double got,
                                         exact_in what = exact_in::parts) {
  using layout = typename View::layout;
  auto const at = [&](auto const& values, lacuna::index n) { return values[static_cast<std::size_t>(n)]; };
  double sum = 0, size = 0;
  auto const first = static_cast<lacuna::index>(at(a.offsets(), i)),
             last = static_cast<lacuna::index>(at(a.offsets(), i + 1));
  for (auto g = first; g != last; ++g) {
    auto const column = static_cast<lacuna::index>(at(a.groups(), g)) * layout::group;
    std::int64_t exact = 0, products = 0;
    for (lacuna::index c = 0; c != layout::group && column + c < a.cols(); ++c) {
      int const product = layout::code(a.codes().data() + g * layout::bytes, c) * static_cast<int>(x(column + c, t));
      exact += product;
      products += product < 0 ? -product : product;
    }
    auto const scale = static_cast<double>(static_cast<float>(at(a.scales(), g)));
    sum += scale * static_cast<double>(exact);
    size += std::fabs(scale) * static_cast<double>(what == exact_in::parts ? products : std::abs(exact));
  }
  auto const bound = static_cast<double>(last - first + 3) * std::ldexp(1.0, -24) * size;
  if (std::fabs(got - sum) <= bound) return "";
  return "row " + std::to_string(i) + ", column " + std::to_string(t) + " is " + std::to_string(got) + ", expected " +
         std::to_string(sum) + " within " + std::to_string(bound);
}

/// The first offence of all of y, or "".
template <class View, class X, class Y>
[[nodiscard]] std::string check_int4_product(View const& a, X const& x, Y const& y, exact_in what = exact_in::parts) {
  for (lacuna::index i = 0; i != a.rows(); ++i)
    for (lacuna::index t = 0; t != y.cols(); ++t)
      if (auto const wrong = check_int4_sum(a, x, i, t, static_cast<double>(y(i, t)), what); !wrong.empty())
        return wrong;
  return "";
}

}  // namespace lacuna_test
