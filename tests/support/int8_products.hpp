// SPDX-License-Identifier: MIT
//
// Products of blocks of int8, exact, of operands between guard pages, in all orders.
#pragma once

#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace lacuna_test {

/// What is wrong with A X, or nothing: exact int32 of operands between guard pages, of any stride, and as linear too.
template <class X, lacuna::order OX, lacuna::order OY, class Format>
std::string int8_product_problem(Format const& a, lacuna::dense<X> const& x, placement where) {
  guarded_sparse<Format> const guarded_a(a, where);
  guarded_dense<X, OX> in(x, a.rows() % 3, where);
  lacuna::dense_view<X const, OX> const in_view = in.view();
  for (bool const turned : {false, true}) {
    guarded_dense<std::int32_t, OY> out(a.rows(), x.cols(), x.cols() % 3, where);
    if (turned)
      lacuna::linear(lacuna::transpose(in_view), guarded_a.view(), lacuna::transpose(out.view()));
    else
      lacuna::spmm(guarded_a.view(), in_view, out.view());
    if (!out.intact()) return "written beside Y";
    if (auto wrong = check_product(a, x, out.values()); !wrong.empty()) return wrong;
  }
  return "";
}

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

/// Remainders of blocks, of tiles of columns, and of quads.
template <int R, int C>
[[nodiscard]] std::string int8_problem(unsigned seed) {
  constexpr auto row = lacuna::order::row_major, col = lacuna::order::col_major;
  random r(seed);
  lacuna::index number = 0;
  for (lacuna::index const rows : {0, 1, R - 1, R, 2 * R + 1, 40})
    for (lacuna::index const cols : {0, 1, C, 3 * C + 1, 67})
      for (lacuna::index const n : {2, 9, 15, 16, 17, 33, 64, 97, 128, 131, 0}) {
        if (++number % (quick() ? 11 : 3) != 0) continue;
        auto const a = int8_blocks<R, C>(r, rows, cols);
        auto const where = both_placements[static_cast<std::size_t>(number % 2)];
        auto const u = int8_inputs<std::uint8_t>(r, cols, n);
        auto const s = int8_inputs<std::int8_t>(r, cols, n);
        for (auto const& wrong : {int8_product_problem<std::uint8_t, row, row>(a, u, where),
                                  int8_product_problem<std::uint8_t, col, col>(a, u, where),
                                  int8_product_problem<std::int8_t, row, col>(a, s, where),
                                  int8_product_problem<std::int8_t, col, row>(a, s, where)})
          if (!wrong.empty())
            return std::to_string(rows) + "x" + std::to_string(cols) + ", " + std::to_string(n) + " columns: " + wrong;
      }
  return "";
}

}  // namespace lacuna_test
