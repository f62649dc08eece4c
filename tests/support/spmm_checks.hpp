// SPDX-License-Identifier: MIT
//
// What the kernels of spmm for single slots in rows have to pass through the whole product, written once.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/mask.hpp>
#include <lacuna/core/threads.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/any_executor.hpp"
#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace lacuna_test {

/// Some rows are empty, one is full, the others hold each column with the same chance, in percent; the first `empty`
/// columns hold nothing.
[[nodiscard]] inline lacuna::mask uneven_mask(random& r, lacuna::index rows, lacuna::index cols, lacuna::index percent,
                                              lacuna::index empty = 0) {
  lacuna::mask keep(rows, cols);
  for (lacuna::index i = 0; i != rows; ++i)
    for (lacuna::index j = empty; j < cols; ++j)
      if (i == 1 || (i % 7 != 3 && r.below(100) < percent)) keep.set(i, j);
  return keep;
}

/// A X of operands between guard pages, of any stride, against the oracle, and by three threads into a Y by columns, to
/// the same bits; "" or what is wrong.
template <class Format, class T>
[[nodiscard]] std::string product_problem(Format const& a, lacuna::dense<T> const& x, placement where) {
  using lacuna::order;
  lacuna::threads static pool{3};
  guarded_sparse<Format> const guarded_a(a, where);
  guarded_dense<T> in(x, x.cols() % 3, where), out(a.rows(), x.cols(), x.cols() % 4, where);
  lacuna::spmm(guarded_a.view(), lacuna::dense_view<T const>(in.view()), out.view());
  if (!out.intact()) return "written beside Y";
  auto const y = out.values();
  if (auto wrong = check_product(a, x, y); !wrong.empty()) return wrong;
  guarded_dense<T, order::col_major> by_column(a.rows(), x.cols(), 1, where);
  lacuna::spmm(pool, guarded_a.view(), lacuna::dense_view<T const>(in.view()), by_column.view());
  if (!by_column.intact()) return "written beside Y by columns";
  return same_bits(by_column.values(), y) ? "" : "threads, or Y by columns, differ";
}

/// How many elements of A X are wrong where row k of X, with n columns, is not finite: it reaches the rows of A that
/// store something opposite, and no others. `keep` are the slots of A.
template <class Format>
[[nodiscard]] lacuna::index wrongly_reached(Format const& a, lacuna::mask const& keep, lacuna::index k,
                                            lacuna::index n) {
  using limits = std::numeric_limits<float>;
  random r(static_cast<std::uint64_t>(n));
  auto const clean = random_dense<float>(r, a.cols(), n);
  auto x = clean;
  for (lacuna::index j = 0; j != n; ++j) x(k, j) = j % 2 == 0 ? limits::quiet_NaN() : limits::infinity();
  lacuna::dense<float> y(a.rows(), n), expected(a.rows(), n);
  lacuna::spmm(a, x, y);
  lacuna::spmm(a, clean, expected);
  lacuna::index wrong = 0;
  for (lacuna::index i = 0; i != a.rows(); ++i)
    for (lacuna::index j = 0; j != n; ++j) wrong += keep(i, k) ? y(i, j) - y(i, j) == 0 : y(i, j) != expected(i, j);
  return wrong;
}

/// Rows of an X by rows, `apart` columns more than are multiplied, which few slots read, give the bits that X by
/// columns gives, of which tiles are packed: with every executor, in tiles of all widths.
template <class Format>
void check_seldom_read_rows(random& r, lacuna::index rows, lacuna::index cols, lacuna::index percent) {
  using lacuna::order;
  executors const pool;
  auto const a = lacuna::pack<Format>(random_dense<float>(r, rows, cols), uneven_mask(r, rows, cols, percent));
  REQUIRE(a.stored() <= 8 * a.cols());
  for (lacuna::index const n : {11 * lanes_of<float>, 16 * lanes_of<float> + 5})
    for (lacuna::index const apart : {5, 16})
      for (auto const where : both_placements) {
        auto const x = random_dense<float>(r, cols, n);
        guarded_dense<float> in(x, apart, where);
        guarded_dense<float, order::col_major> packed(x, 0, where);
        guarded_dense<float> out(rows, n, 0, where), expected(rows, n, 0, where);
        lacuna::spmm(a, lacuna::dense_view<float const, order::col_major>(packed.view()), expected.view());
        CAPTURE(rows, cols, n, apart, where);
        REQUIRE(check_product(a, x, expected.values()) == "");
        for (auto const& [name, exec] : pool.all()) {
          lacuna::spmm(exec, a, lacuna::dense_view<float const>(in.view()), out.view());
          CAPTURE(name);
          REQUIRE(out.intact());
          REQUIRE(same_bits(out.values(), expected.values()));
        }
      }
}

}  // namespace lacuna_test
