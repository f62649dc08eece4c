// SPDX-License-Identifier: MIT
//
// What a product must be: the naive sum over the stored slots in higher precision, and the bound that any order of
// summation in the accumulator type keeps.
#pragma once

#include <lacuna/core/config.hpp>
#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/core/vector.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace lacuna_test {

/// The precision of a floating-point type: unit roundoff, half the distance of its smallest numbers, and the magnitude
/// from which on rounding gives infinity.
struct precision {
  double unit;
  double tiny;
  double overflow;
};

template <lacuna::scalar T>
[[nodiscard]] constexpr precision precision_of() noexcept {
  if constexpr (std::same_as<T, double>)
    return {0x1p-53, 0.0, std::numeric_limits<double>::infinity()};  // half of 2^-1074 is no double
  else if constexpr (std::same_as<T, float>)
    return {0x1p-24, 0x1p-150, 0x1.FFFFFFp+127};
  else if constexpr (std::same_as<T, lacuna::bf16>)
    return {0x1p-8, 0x1p-134, 0x1.FFp+127};
  else {
    static_assert(std::same_as<T, lacuna::f16>);
    return {0x1p-11, 0x1p-25, 65520.0};
  }
}

/// gamma_k = k u / (1 - k u): the relative error of k roundings. Source: N. Higham, "Accuracy and Stability of
/// Numerical Algorithms", 2nd ed., SIAM 2002, section 3.1.
[[nodiscard]] inline double gamma(double k, double unit) noexcept {
  return k * unit < 1 ? k * unit / (1 - k * unit) : std::numeric_limits<double>::infinity();
}

/// A number known up to +-bound. A double would be too coarse to judge doubles by.
struct approximate {
  long double value;
  long double bound;
};

namespace detail {

/// Sums the products of one element in double, those of doubles in long double: on x86 and 64-bit Arm it has 11 bits
/// more or better, but takes 50 times as long once a sum is NaN, and is emulated on Arm. Products of narrower numbers
/// are exact in double, as are sums of integers below 2^53.
template <class Accumulator>
class oracle_sum {
  using wide = std::conditional_t<std::same_as<Accumulator, double>, long double, double>;

 public:
  void add(double a, double x) noexcept {
    sum_ += static_cast<wide>(a) * static_cast<wide>(x);
    size_ += std::fabs(a) * std::fabs(x);
    ++count_;
  }
  [[nodiscard]] approximate result() const noexcept {
    if constexpr (std::integral<Accumulator>)
      return {sum_, 0};
    else {
      auto const k = static_cast<double>(count_);
      auto const own = gamma(k, static_cast<double>(std::numeric_limits<wide>::epsilon()) / 2);
      auto const p = precision_of<Accumulator>();
      auto const underflow = k * std::max(p.tiny, std::numeric_limits<double>::denorm_min());
      return {sum_, (gamma(k, p.unit) + own) * size_ + underflow};
    }
  }

 private:
  wide sum_ = 0;
  double size_ = 0;
  lacuna::index count_ = 0;
};

/// Adds what rounding to the output type may change, where that is narrower than the accumulator.
template <class Output, class Accumulator>
[[nodiscard]] approximate rounded(approximate a) noexcept {
  if constexpr (std::integral<Output> || std::same_as<Output, Accumulator> || std::same_as<Output, double>)
    return a;
  else {
    auto const p = precision_of<Output>();
    return {a.value, a.bound + std::max<long double>(p.unit * (std::fabs(a.value) + a.bound), p.tiny)};
  }
}

template <class Output>
[[nodiscard]] bool acceptable(double got, approximate expected) noexcept {
  if (std::isnan(expected.value)) return std::isnan(got);
  if (std::isinf(expected.value)) return got == expected.value;
  if constexpr (!std::integral<Output>)
    if (std::isinf(got))
      return std::signbit(got) == std::signbit(expected.value) &&
             std::fabs(expected.value) + expected.bound >= precision_of<Output>().overflow;
  return std::fabs(got - expected.value) <= expected.bound;
}

struct offences {
  std::string first;
  lacuna::index count = 0;

  void add(lacuna::index i, lacuna::index j, double got, approximate expected) {
    if (count++ != 0) return;
    std::ostringstream text;
    text.precision(17);
    text << "y(" << i << ", " << j << ") is " << got << ", expected " << expected.value << " +- " << expected.bound;
    first = text.str();
  }
  [[nodiscard]] std::string message() const {
    return count > 1 ? first + " (and " + std::to_string(count - 1) + " more)" : first;
  }
};

}  // namespace detail

/// The epilogue of check_product that changes nothing. Another one takes (row, column, approximate) and returns the
/// approximate after it, its own rounding errors added to the bound.
struct unchanged {
  [[nodiscard]] approximate operator()(lacuna::index, lacuna::index, approximate a) const noexcept { return a; }
};

/// Compares every element of y with epilogue(A x). `a` offers rows(), cols() and visit_row (a format, a view, or
/// kept_entries below); x and y are dense matrices in any order. Returns "" if all is well, else the first offence:
/// where, what was got, what was expected, within which bound. Integers have to be exact. Floats have to lie within
/// gamma_k * sum |a| |x| of the sum taken in higher precision, for k slots in the row, plus half a unit in the last
/// place of y where y is narrower than the accumulator.
template <class A, class X, class Y, class Epilogue = unchanged>
[[nodiscard]] std::string check_product(A const& a, X const& x, Y const& y, Epilogue const& epilogue = {}) {
  using lacuna::index;
  auto const xs = lacuna::view_of(x);
  auto const ys = lacuna::view_of(y);
  using T = typename A::value_type;
  using output = typename decltype(ys)::value_type;
  using accumulator = lacuna::accumulator_t<T>;
  if (a.cols() != xs.rows() || a.rows() != ys.rows() || xs.cols() != ys.cols()) return "the shapes do not fit";
  detail::offences wrong;
  std::vector<std::pair<index, double>> slots;
  for (index i = 0; i != a.rows(); ++i) {
    slots.clear();
    a.visit_row(i, [&](index j, T value) { slots.emplace_back(j, static_cast<double>(value)); });
    for (index n = 0; n != ys.cols(); ++n) {
      detail::oracle_sum<accumulator> sum;
      for (auto const& [j, value] : slots) sum.add(value, static_cast<double>(xs(j, n)));
      auto const expected = detail::rounded<output, accumulator>(epilogue(i, n, sum.result()));
      auto const got = static_cast<double>(ys(i, n));
      if (!detail::acceptable<output>(got, expected)) wrong.add(i, n, got, expected);
    }
  }
  return wrong.message();
}

/// The same for vectors: y = A x.
template <class A, class X, class Y, class Epilogue = unchanged>
[[nodiscard]] std::string check_vector_product(A const& a, X const& x, Y const& y, Epilogue const& epilogue = {}) {
  return check_product(a, lacuna::as_column(lacuna::vector_of(x)), lacuna::as_column(lacuna::vector_of(y)), epilogue);
}

/// The transpose of anything with visit_row, as plain lists: an oracle's operand that shares no code with the library.
template <class T>
class plain_transpose {
 public:
  using value_type = T;

  template <class A>
  explicit plain_transpose(A const& a) : cols_(a.rows()), rows_(static_cast<std::size_t>(a.cols())) {
    for (lacuna::index i = 0; i != a.rows(); ++i)
      a.visit_row(i, [&](lacuna::index j, T value) { rows_[static_cast<std::size_t>(j)].emplace_back(i, value); });
  }
  [[nodiscard]] lacuna::index rows() const noexcept { return static_cast<lacuna::index>(rows_.size()); }
  [[nodiscard]] lacuna::index cols() const noexcept { return cols_; }
  template <class F>
  void visit_row(lacuna::index i, F&& f) const {
    for (auto const& [j, value] : rows_[static_cast<std::size_t>(i)]) f(j, value);
  }

 private:
  lacuna::index cols_ = 0;
  std::vector<std::vector<std::pair<lacuna::index, T>>> rows_;
};
template <class A>
plain_transpose(A const&) -> plain_transpose<typename A::value_type>;

/// What a mask keeps of a dense matrix: the same as an oracle's operand, so that the oracle need not trust a format.
template <class View>
struct kept_entries {
  using value_type = typename View::value_type;
  View w;
  lacuna::mask const& keep;

  [[nodiscard]] lacuna::index rows() const noexcept { return w.rows(); }
  [[nodiscard]] lacuna::index cols() const noexcept { return w.cols(); }
  template <class F>
  void visit_row(lacuna::index i, F&& f) const {
    for (lacuna::index j = 0; j != w.cols(); ++j)
      if (keep(i, j)) f(j, w(i, j));
  }
};
template <class View>
kept_entries(View, lacuna::mask const&) -> kept_entries<View>;

}  // namespace lacuna_test
