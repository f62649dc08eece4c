// SPDX-License-Identifier: MIT
//
// A product tried in every way against the oracle. What does not depend on the format is compiled once for each
// combination of types and orders; for a format only the calls of the verbs themselves are.
#pragma once

#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/any_executor.hpp"
#include "support/catalogue.hpp"
#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/plain.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <array>
#include <cmath>
#include <concepts>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lacuna_test {

inline constexpr auto row = lacuna::order::row_major;
inline constexpr auto col = lacuna::order::col_major;

/// The oracle's side of the epilogue bias(b), or of none if b is empty. Work is the type the epilogue computes in:
/// bringing the sum into it and adding b cost a rounding each.
template <class Work>
struct biased {
  std::vector<Work> const& b;

  [[nodiscard]] approximate operator()(lacuna::index i, lacuna::index, approximate a) const {
    if (b.empty()) return a;
    auto const u = static_cast<long double>(precision_of<Work>().unit);
    a.bound += u * (std::fabs(a.value) + a.bound);
    a.value += static_cast<long double>(b[static_cast<std::size_t>(i)]);
    a.bound += u * (std::fabs(a.value) + a.bound);
    return a;
  }
};

/// What is being tried: said with a failure.
struct trial {
  char const* format;
  lacuna::index rows, cols, columns;
  coverage how;
  placement where;
  lacuna::index gap;
  lacuna::index number;

  [[nodiscard]] std::string text() const {
    return std::string(format) + ", A " + std::to_string(rows) + "x" + std::to_string(cols) + ", " +
           std::to_string(columns) + " columns, " + name_of(how) + ", trial " + std::to_string(number) + ": ";
  }
};

/// Activations for a product; where they are floating, some rows are Inf and NaN, which may reach only those rows of Y
/// that store something opposite.
template <class X>
[[nodiscard]] lacuna::dense<X> activations(random& r, lacuna::index rows, lacuna::index cols, bool specials) {
  auto x = random_dense<X>(r, rows, cols);
  if constexpr (!std::integral<X>)
    if (specials)
      for (lacuna::index k = r.below(5); k < rows; k += 5 + r.below(9))
        for (lacuna::index j = 0; j != cols; ++j)
          x(k, j) = X(k % 2 == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN());
  return x;
}

/// A call of a verb on views: `turned` asks for linear on the transposed views, else for spmm.
template <class X, lacuna::order OX, class Y, lacuna::order OY>
using product_call =
    std::function<void(any_executor const&, lacuna::dense_view<X const, OX>, lacuna::dense_view<Y, OY>, bool turned)>;

/// Whether all bits agree, but for NaN: which of two operands' sign and payload a sum of NaN takes over is the
/// compiler's choice in each copy of a loop.
template <class T>
[[nodiscard]] bool same_results(lacuna::dense<T> const& a, lacuna::dense<T> const& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
  for (lacuna::index i = 0; i != a.rows(); ++i)
    for (lacuna::index j = 0; j != a.cols(); ++j) {
      auto const u = static_cast<double>(a(i, j)), v = static_cast<double>(b(i, j));
      if (std::memcmp(&a(i, j), &b(i, j), sizeof(T)) != 0 && !(std::isnan(u) && std::isnan(v))) return false;
    }
  return true;
}

/// Runs the call serially, compares with the oracle, then with another executor and as linear: bit for bit the same.
/// Returns what is wrong, or nothing.
template <class T, class X, lacuna::order OX, class Y, lacuna::order OY, class Work>
[[nodiscard]] std::string product_problem(plain<T> const& a, lacuna::dense<X> const& x, std::vector<Work> const& b,
                                          trial const& t, any_executor const& other,
                                          product_call<X, OX, Y, OY> const& call) {
  lacuna::serial alone;
  guarded_dense<X, OX> in(x, t.gap, t.where);
  guarded_dense<Y, OY> out(a.rows(), x.cols(), t.gap, t.where);
  lacuna::dense_view<X const, OX> const in_view = in.view();
  call(any_executor(alone), in_view, out.view(), false);
  if (!out.intact()) return t.text() + "written beside Y";
  auto const y = out.values();
  if (auto const wrong = check_product(a, x, y, biased<Work>{b}); !wrong.empty()) return t.text() + wrong;
  for (bool const turned : {false, true}) {
    guarded_dense<Y, OY> again(a.rows(), x.cols(), t.gap, t.where);
    call(turned ? any_executor(alone) : other, in_view, again.view(), turned);
    if (!same_results(again.values(), y)) return t.text() + (turned ? "linear differs" : "another executor differs");
    if (!again.intact()) return t.text() + (turned ? "linear" : "another executor") + " writes beside Y";
  }
  return "";
}

/// What spmv gives for contiguous and strided vectors, against the oracle.
template <class T, class X, class Y, class Work>
[[nodiscard]] std::string vector_problem(
    plain<T> const& a, lacuna::dense<X> const& x, std::vector<Work> const& b, trial const& t, any_executor const& other,
    std::function<void(any_executor const&, lacuna::vector_view<X const>, lacuna::vector_view<Y>)> const& call) {
  lacuna::serial alone;
  for (lacuna::index const stride : {1, 3}) {
    guarded_dense<X> in(x, stride - 1, t.where);
    guarded_dense<Y> out(a.rows(), 1, stride - 1, t.where), again(a.rows(), 1, stride - 1, t.where);
    lacuna::vector_view<X const> const in_view(in.view().data(), a.cols(), stride);
    call(any_executor(alone), in_view, {out.view().data(), a.rows(), stride});
    call(other, in_view, {again.view().data(), a.rows(), stride});
    auto const y = out.values();
    auto const text = t.text() + "spmv, stride " + std::to_string(stride) + ", ";
    if (!out.intact() || !again.intact()) return text + "written beside y";
    if (auto const wrong = check_product(a, x, y, biased<Work>{b}); !wrong.empty()) return text + wrong;
    if (!same_results(again.values(), y)) return text + "another executor differs";
  }
  return "";
}

/// Rows around strips of 4, 8 and 16, columns around groups, blocks, words and tiles of panels.
inline constexpr lacuna::index trial_shapes[][2] = {{0, 0},   {0, 3},   {3, 0},   {1, 1},   {1, 67},  {2, 9},
                                                    {3, 16},  {4, 31},  {5, 257}, {7, 13},  {8, 64},  {9, 65},
                                                    {15, 17}, {16, 32}, {17, 33}, {33, 15}, {67, 23}, {40, 129}};
/// Columns of X around the tiles: 16 of the transposed product, 64 of the fallback, up to 8 registers of 4 to 16 lanes.
inline constexpr lacuna::index trial_columns[] = {1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 63, 64, 65, 97, 129, 0};

/// The combinations of orders of X and Y.
inline constexpr std::array<std::pair<lacuna::order, lacuna::order>, 4> order_pairs = {
    {{row, row}, {col, col}, {row, col}, {col, row}}};

/// What varies between the formats of a sweep.
struct variant {
  int orders;       ///< of X and Y: an element of order_pairs
  bool biased;      ///< the epilogue bias(b); else none
  bool transposed;  ///< transposed(A); else A, and spmv as well
};

namespace detail {

template <variant V, class Work>
[[nodiscard]] auto epilogue_of(std::vector<Work> const& b) {
  if constexpr (V.biased)
    return lacuna::bias(b);
  else
    return (static_cast<void>(b), lacuna::identity_epilogue{});
}

/// A matrix and all that does not depend on its format.
template <class T, class X, class Work>
struct sample {
  trial t;
  lacuna::dense<T> w;
  lacuna::mask keep;
  lacuna::dense<X> x;  // for A, or its transpose
  lacuna::dense<X> x_column;
  std::vector<Work> b;

  sample(random& r, trial const& named, variant v, lacuna::mask (*trim)(lacuna::mask))
      : t(named),
        w(random_dense<T>(r, t.rows, t.cols)),
        keep(trim(random_mask(r, t.rows, t.cols, t.how))),
        x(activations<X>(r, v.transposed ? t.rows : t.cols, t.columns, t.number % 2 == 0)),
        x_column(activations<X>(r, t.cols, 1, t.number % 2 == 0)),
        b(v.biased ? random_vector<Work>(r, v.transposed ? t.cols : t.rows) : std::vector<Work>{}) {}
};

template <class Entry, class X, class Y, variant V, class T, class Work>
[[nodiscard]] std::string sample_problem(sample<T, X, Work> const& s, any_executor const& other) {
  constexpr auto orders = order_pairs[V.orders];
  auto const a = lacuna::pack<typename Entry::format>(s.w, s.keep);
  guarded_sparse<typename Entry::format> const guarded_a(a, s.t.where);
  auto const view = guarded_a.view();
  auto const slots = plain_of(a);
  auto const ep = epilogue_of<V>(s.b);
  auto const operand = [&] {
    if constexpr (V.transposed)
      return lacuna::transposed(view);
    else
      return view;
  }();
  auto const call = [&](any_executor const& exec, lacuna::dense_view<X const, orders.first> x,
                        lacuna::dense_view<Y, orders.second> y, bool turned) {
    if (turned)
      lacuna::linear(exec, lacuna::transpose(x), operand, lacuna::transpose(y), ep);
    else
      lacuna::spmm(exec, operand, x, y, ep);
  };
  auto problem = product_problem<T, X, orders.first, Y, orders.second, Work>(V.transposed ? slots.transposed() : slots,
                                                                             s.x, s.b, s.t, other, call);
  if constexpr (!V.transposed)
    if (problem.empty())
      problem = vector_problem<T, X, Y, Work>(slots, s.x_column, s.b, s.t, other,
                                              [&](any_executor const& exec, lacuna::vector_view<X const> x,
                                                  lacuna::vector_view<Y> y) { lacuna::spmv(exec, view, x, y, ep); });
  return problem;
}

/// What the trials of a format differ in.
template <class T, class X, class Work>
struct trials {
  char const* format;
  variant v;
  lacuna::mask (*trim)(lacuna::mask);
  std::string (*problem)(sample<T, X, Work> const&, any_executor const&);

  /// All shapes, from the trial of this number on. Returns the first problem.
  [[nodiscard]] std::string run(executors const& pool, lacuna::index number) const {
    random r(static_cast<std::uint64_t>(number) + 100);
    for (auto const& [rows, cols] : trial_shapes) {
      for (int repeat = 0; repeat != (quick() ? 1 : 3); ++repeat, ++number) {
        if (quick() && number % 3 != 0) continue;
        trial const t{format,
                      rows,
                      cols,
                      trial_columns[(number * 7 + repeat) % 16],
                      all_coverages[number % 6],
                      both_placements[number / 2 % 2],
                      number % 4,
                      number};
        sample<T, X, Work> const s(r, t, v, trim);
        if (auto const wrong = problem(s, pool.turn(number)); !wrong.empty())
          return (v.transposed ? "transposed " : "") + wrong;
      }
    }
    return "";
  }
};

}  // namespace detail

/// One format with one combination of types, orders, epilogue: the trials of all shapes. Returns the first problem.
template <class Entry, class X, class Result, variant V>
[[nodiscard]] std::string format_problem(executors const& pool, lacuna::index number) {
  using T = typename Entry::value_type;
  using Y = std::conditional_t<V.biased && std::integral<Result>, float, Result>;
  using work = std::conditional_t<std::same_as<T, double>, double, float>;
  auto const trim = [](lacuna::mask keep) {
    return lacuna_test::trimmed(std::move(keep), typename Entry::format::layout{});
  };
  return detail::trials<T, X, work>{Entry::name, V, trim, detail::sample_problem<Entry, X, Y, V, T, work>}.run(pool,
                                                                                                               number);
}

/// Every format of the catalogue with weights of T. Orders, epilogue and transposition change from format to format,
/// each at its own pace, and `Phase` shifts them; so do the types: X and Y, or X2 and Y2. So no format and no type
/// escapes, at a fifth of the cost of the full product. An integer Y of a biased product becomes float. Returns the
/// problems, or nothing.
template <class T, class X, class Y, class X2, class Y2, int Phase>
[[nodiscard]] std::vector<std::string> catalogue_problems() {
  executors const pool;
  std::vector<std::string> problems;
  auto const note = [&](std::string const& problem) {
    if (!problem.empty()) problems.push_back(problem);
  };
  [&]<class... E>(type_list<E...>) {
    [&]<int... K>(std::integer_sequence<int, K...>) {
      (note(format_problem<E, std::conditional_t<(K + Phase) % 2 == 0, X, X2>,
                           std::conditional_t<(K + Phase) % 2 == 0, Y, Y2>,
                           variant{(K / 2 + Phase) % 4, (K + Phase) % 3 == 0, (K / 4 + K + Phase) % 2 == 1}>(pool, K)),
       ...);
    }(std::make_integer_sequence<int, static_cast<int>(sizeof...(E))>{});
  }(catalogue<T>{});
  return problems;
}

}  // namespace lacuna_test
