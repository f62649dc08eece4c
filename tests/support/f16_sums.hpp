// SPDX-License-Identifier: MIT
//
// What a product with sums of f16 must be, and a kernel for one by itself.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/scalar.hpp>
#include <lacuna/simd/arch.hpp>

#include "support/conformance.hpp"
#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"
#include "support/tiles.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace lacuna_test {

/// As check_product, with the bound of f16_sums: (gamma_64(2^-11) + gamma_k(2^-24)) sum |a||x| + k 2^-25, and rounding
/// to y.
template <class A, class X, class Y>
[[nodiscard]] std::string check_f16_sums(A const& a, X const& x, Y const& y) {
  auto const xs = lacuna::view_of(x);
  auto const ys = lacuna::view_of(y);
  using output = typename decltype(ys)::value_type;
  detail::offences wrong;
  for (lacuna::index i = 0; i != a.rows(); ++i)
    for (lacuna::index n = 0; n != ys.cols(); ++n) {
      double sum = 0, size = 0, count = 0;  // products of f16 are exact in double, and their sum to 2^-42
      a.visit_row(i, [&](lacuna::index j, lacuna::f16 value) {
        auto const product = static_cast<double>(value) * static_cast<double>(xs(j, n));
        sum += product;
        size += std::fabs(product);
        ++count;
      });
      auto const bound = (gamma(std::fmin(count, 64), 0x1p-11) + gamma(count + 1, 0x1p-24)) * size + count * 0x1p-25;
      auto const expected = detail::rounded<output, float>({sum, bound});
      auto const got = static_cast<double>(ys(i, n));
      if (!detail::acceptable<output>(got, expected)) wrong.add(i, n, got, expected);
    }
  return wrong.message();
}

/// Runs tiles of N registers over all of A and compares with the oracle, X having NaN and Inf in some rows; then over
/// ranges of rows, which have to give the same bits. Returns what is wrong, or nothing.
template <class Kernel, int N, class Format>
[[nodiscard]] std::string f16_tile_problem(Format const& a, placement where, ranges which) {
  constexpr lacuna::index width = N * lanes_of<float>;
  random r(N);
  auto x = random_dense<lacuna::f16>(r, a.cols(), width);
  for (lacuna::index k = 3; k < a.cols(); k += 17)
    for (lacuna::index j = 0; j != width; ++j)
      x(k, j) =
          lacuna::f16(k % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity());
  guarded_sparse<Format> const guarded_a(a, where);
  guarded_dense<lacuna::f16> in(x, 0, where);
  lacuna::dense<float> all(a.rows(), width);
  for (lacuna::index first = 0; first <= (which == ranges::all ? a.rows() : 0); ++first)
    for (lacuna::index last = first == 0 ? a.rows() : first; last <= a.rows(); ++last) {
      auto const name =
          std::to_string(N) + " registers, rows " + std::to_string(first) + " to " + std::to_string(last) + ": ";
      guarded_dense<float> out(last - first, width, 0, where);
      Kernel::template run<N>(guarded_a.view(), static_cast<lacuna::f16 const*>(in.view().data()), out.view().data(),
                              first, last);
      if (!out.intact()) return name + "written outside";
      if (first == 0) {
        all = out.values();
        if (auto problem = check_f16_sums(a, x, all); !problem.empty()) return name + problem;
      } else if (last != first) {
        lacuna::dense_view<float const> const part(all.data() + first * width, last - first, width);
        if (!same_bits(lacuna::dense_view<float const>(out.view()), part)) return name + "other bits";
      }
    }
  return "";
}

/// The same for every width of tiles and both placements.
template <class Kernel, class Format>
[[nodiscard]] std::string f16_tiles_problem(Format const& a, ranges which) {
  for (auto const where : both_placements)
    for (auto const& problem :
         {f16_tile_problem<Kernel, 8>(a, where, which), f16_tile_problem<Kernel, 4>(a, where, which),
          f16_tile_problem<Kernel, 2>(a, where, which), f16_tile_problem<Kernel, 1>(a, where, which)})
      if (!problem.empty()) return problem;
  return "";
}

}  // namespace lacuna_test
