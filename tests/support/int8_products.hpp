// SPDX-License-Identifier: MIT
//
// Products of weights of int8, exact, of operands between guard pages, in all orders.
#pragma once

#include <lacuna/core/executor.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/any_executor.hpp>
#include <lacuna/kernel/epilogue.hpp>
#include <lacuna/kernel/multiply.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/plain.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lacuna_test {

/// Weights and X between guard pages, as a product by one kernel reads them, for all formats.
template <class X, lacuna::order OX, lacuna::order OY>
using int8_product =
    std::function<void(lacuna::dense_view<X const, OX> const&, lacuna::dense_view<std::int32_t, OY> const&)>;

/// What is wrong with A X, or nothing: exact int32 of operands between guard pages, of any stride.
template <class X, lacuna::order OX, lacuna::order OY>
std::string int8_product_problem(plain<std::int8_t> const& a, lacuna::dense<X> const& x, placement where,
                                 int8_product<X, OX, OY> const& product) {
  guarded_dense<X, OX> in(x, a.rows() % 3, where);
  guarded_dense<std::int32_t, OY> out(a.rows(), x.cols(), x.cols() % 3, where);
  product(in.view(), out.view());
  return out.intact() ? check_product(a, x, out.values()) : "written beside Y";
}

/// By the kernel for tiles of columns, which spmm takes for many.
struct int8_tiles {
  template <class View, class X, lacuna::order OX, lacuna::order OY>
  static void run(View const& a, lacuna::dense_view<X const, OX> const& x,
                  lacuna::dense_view<std::int32_t, OY> const& y) {
    lacuna::serial one;
    lacuna::kernel::multiply_columns(lacuna::kernel::any_executor(one), a, x, y, lacuna::identity_epilogue{});
  }
};

/// Blocks or bands of any rows: some full, some empty, some slots missing; with extremes beside each other.
template <class Format>
Format int8_matrix(random& r, lacuna::index rows, lacuna::index cols) {
  auto w = random_dense<std::int8_t>(r, rows, cols);
  for (lacuna::index i = 0; i < rows; i += 1 + r.below(3))
    for (lacuna::index j = 0; j != cols; ++j) w(i, j) = r.below(4) == 0 ? std::int8_t{127} : std::int8_t{-128};
  auto const keep = random_mask(r, rows, cols, coverage::ragged);
  if constexpr (requires { trimmed(keep, typename Format::layout{}); })
    return lacuna::pack<Format>(w, trimmed(keep, typename Format::layout{}));
  else
    return lacuna::pack<Format>(w, keep);
}
template <int R, int C>
lacuna::bsr<std::int8_t, R, C> int8_blocks(random& r, lacuna::index rows, lacuna::index cols) {
  return int8_matrix<lacuna::bsr<std::int8_t, R, C>>(r, rows, cols);
}

template <class X>
lacuna::dense<X> int8_inputs(random& r, lacuna::index rows, lacuna::index cols) {
  lacuna::dense<X> x(rows, cols);
  for (lacuna::index k = 0; k != rows; ++k)
    for (lacuna::index j = 0; j != cols; ++j)
      x(k, j) = r.below(3) == 0 ? static_cast<X>(r.bits() & 0x7Fu)
                                : (j % 2 == 0 ? std::numeric_limits<X>::min() : std::numeric_limits<X>::max());
  return x;
}

[[nodiscard]] constexpr lacuna::order opposite(lacuna::order o) noexcept {
  return o == lacuna::order::row_major ? lacuna::order::col_major : lacuna::order::row_major;
}

/// What is wrong with products of some matrix of so many rows and columns with n columns: of the first X in the orders
/// OX and OY, and of the second, if there is one, in the opposite ones.
template <class Product, class Format, lacuna::order OX, lacuna::order OY, class X = std::uint8_t, class... Second>
std::string int8_matrix_problem(random& r, lacuna::index rows, lacuna::index cols, lacuna::index n, placement where) {
  auto const a = int8_matrix<Format>(r, rows, cols);
  guarded_sparse<Format> const guarded_a(a, where);
  auto const product = [view = guarded_a.view()](auto const& x, auto const& y) { Product::run(view, x, y); };
  auto const slots = plain_of(a);
  auto wrong = int8_product_problem<X, OX, OY>(slots, int8_inputs<X>(r, cols, n), where, product);
  ((wrong +=
    int8_product_problem<Second, opposite(OX), opposite(OY)>(slots, int8_inputs<Second>(r, cols, n), where, product)),
   ...);
  return wrong;
}

/// One in so many of all combinations of rows, columns of A and of X.
struct int8_sizes {
  std::vector<lacuna::index> rows, cols, columns;
  lacuna::index every;

  [[nodiscard]] std::string problem(unsigned seed, std::string (*of)(random& r, lacuna::index rows, lacuna::index cols,
                                                                     lacuna::index n, placement where)) const {
    random r(seed);
    lacuna::index number = 0;
    for (auto const m : rows)
      for (auto const k : cols)
        for (auto const n : columns) {
          if (++number % every != 0) continue;
          auto const wrong = of(r, m, k, n, both_placements[static_cast<std::size_t>(number / 2 % 2)]);
          if (!wrong.empty())
            return std::to_string(m) + "x" + std::to_string(k) + ", " + std::to_string(n) + " columns: " + wrong;
        }
    return "";
  }
};

/// Remainders of blocks, of tiles of columns, and of quads. Orders do not change what a kernel computes, so a shape of
/// blocks takes them one way.
template <int R, int C, lacuna::order OX = lacuna::order::row_major, lacuna::order OY = lacuna::order::row_major>
[[nodiscard]] std::string int8_problem(unsigned seed) {
  int8_sizes const tried{{0, 1, R - 1, R, 2 * R + 1, 40},
                         {0, 1, C, 3 * C + 1, 67},
                         {2, 9, 15, 16, 17, 33, 64, 97, 128, 131, 0},
                         quick() ? 11 : 3};
  return tried.problem(
      seed, int8_matrix_problem<int8_tiles, lacuna::bsr<std::int8_t, R, C>, OX, OY, std::uint8_t, std::int8_t>);
}

/// By spmm, whatever it takes.
struct int8_spmm {
  template <lacuna::executor E, class View, class X, lacuna::order OX, class Y, lacuna::order OY, class Epilogue>
  static void run_with(E& exec, View const& a, lacuna::dense_view<X const, OX> const& x,
                       lacuna::dense_view<Y, OY> const& y, Epilogue const& ep) {
    lacuna::spmm(exec, a, x, y, ep);
  }
};

/// Products of a matrix of 203x133 with 200 columns in one thread and in three: int32 against the oracle, and scaled
/// and with a bias, which has to be what is made of those; "" or what is wrong.
template <class Format, class Product = int8_spmm>
[[nodiscard]] std::string int8_epilogue_problem(unsigned seed) {
  random r(seed);
  auto const a = int8_matrix<Format>(r, 203, 133);
  auto const x = int8_inputs<std::int8_t>(r, 133, 200);
  std::vector<float> b(203);
  for (auto& value : b) value = static_cast<float>(r.below(100));
  lacuna::dense<float> one(203, 200), many(203, 200);
  lacuna::dense<std::int32_t> sums(203, 200), sums_of_many(203, 200);
  lacuna::serial alone;
  lacuna::threads pool(3);
  auto const product = [&](auto& exec, auto& y, auto const& ep) {
    Product::run_with(exec, a.view(), x.view(), y.view(), lacuna::detail::as_epilogue(ep));
  };
  product(alone, sums, lacuna::identity_epilogue{});
  product(pool, sums_of_many, lacuna::identity_epilogue{});
  product(alone, one, lacuna::scale(0.5f) | lacuna::bias(b));
  product(pool, many, lacuna::scale(0.5f) | lacuna::bias(b));
  if (auto wrong = check_product(plain_of(a), x, sums); !wrong.empty()) return wrong;
  lacuna::index wrong = 0;
  for (lacuna::index i = 0; i != 203; ++i)
    for (lacuna::index j = 0; j != 200; ++j)
      wrong += one(i, j) != static_cast<float>(sums(i, j)) * 0.5f + b[static_cast<std::size_t>(i)] ||
               many(i, j) != one(i, j) || sums_of_many(i, j) != sums(i, j);
  return wrong == 0 ? "" : std::to_string(wrong) + " elements behind the epilogue, or of three threads, differ";
}

/// Products of an empty row and of one of -128 with n columns of the largest X, whose sums leave int32, also those of
/// bytes that are made unsigned: they have to wrap around. "" or what is wrong.
template <class Format, class X, class Product = int8_spmm>
[[nodiscard]] std::string wrapping_problem(lacuna::index n) {
  constexpr lacuna::index inputs = 140000;
  constexpr auto most = std::numeric_limits<X>::max();
  lacuna::dense<std::int8_t> w(2, inputs);
  for (lacuna::index k = 0; k != inputs; ++k) w(1, k) = -128;
  auto const a = lacuna::pack<Format>(w);
  lacuna::dense<X> x(inputs, n);
  for (lacuna::index k = 0; k != inputs; ++k)
    for (lacuna::index t = 0; t != n; ++t) x(k, t) = most;
  lacuna::dense<std::int32_t> y(2, n);
  lacuna::serial one;
  Product::run_with(one, a.view(), std::as_const(x).view(), y.view(), lacuna::identity_epilogue{});
  constexpr auto expected = static_cast<std::uint32_t>(std::int64_t{-128} * most * inputs);
  lacuna::index wrong = 0;
  for (lacuna::index t = 0; t != n; ++t) wrong += y(0, t) != 0 || static_cast<std::uint32_t>(y(1, t)) != expected;
  return wrong == 0 ? "" : std::to_string(wrong) + " of " + std::to_string(n) + " columns are wrong";
}

}  // namespace lacuna_test
