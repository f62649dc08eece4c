// SPDX-License-Identifier: MIT
//
// What every kernel of spmv has to pass, written once.
#pragma once

#include <lacuna/core/dense.hpp>
#include <lacuna/core/vector.hpp>
#include <lacuna/kernel/epilogue.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <limits>
#include <string>
#include <vector>

namespace lacuna_test {

/// Runs a kernel for rows first .. last, behind the copy of x that some ask for, which stands between guard pages too.
template <class Kernel, class View, class X, class Y>
void run_spmv(View a, lacuna::vector_view<X const> x, lacuna::vector_view<Y> y, lacuna::index first, lacuna::index last,
              placement where = placement::upper) {
  if constexpr (requires { Kernel::prepared_size(a); }) {
    guarded<lacuna::accumulator_t<typename View::value_type>> copy(Kernel::prepared_size(a), where);
    auto const in = Kernel::prepare(a, x, copy.data());
    copy.make_read_only();
    Kernel::run(a, in, y, lacuna::identity_epilogue{}, first, last);
  } else {
    Kernel::run(a, x, y, lacuna::identity_epilogue{}, first, last);
  }
}

/// The kernel over all of A, everything between guard pages; "" or what is wrong.
template <class Kernel, class Format, class X>
[[nodiscard]] std::string spmv_problem(Format const& a, lacuna::dense<X> const& x, placement where) {
  guarded_sparse<Format> const guarded_a(a, where);
  guarded_dense<X> in(x, 0, where), out(a.rows(), 1, 0, where);
  run_spmv<Kernel>(guarded_a.view(), lacuna::vector_view<X const>(in.view().data(), a.cols()),
                   lacuna::vector_view<X>(out.view().data(), a.rows()), 0, a.rows(), where);
  if (!out.intact()) return "written beside y";
  return check_product(a, x, out.values());
}

/// Any range of rows: no other element is written, and each has the same bits as in one piece.
template <class Kernel, class Format, class X>
void check_spmv_ranges(Format const& a, lacuna::dense<X> const& x) {
  using lacuna::index;
  auto const rows = a.rows();
  auto const run = [&](std::vector<X>& y, index first, index last) {
    run_spmv<Kernel>(a.view(), lacuna::vector_view<X const>(x.data(), a.cols()), lacuna::vector_of(y), first, last);
  };
  std::vector<X> all(static_cast<std::size_t>(rows));
  run(all, 0, rows);
  for (index first = 0; first <= rows; ++first)
    for (index last = first; last <= rows; last += 1 + last % 4) {
      std::vector<X> some(all.size(), X(77));
      run(some, first, last);
      bool fine = true;
      for (index i = 0; i != rows; ++i) {
        auto const at = static_cast<std::size_t>(i);
        fine = fine && some[at] == (i >= first && i < last ? all[at] : X(77));
      }
      REQUIRE(fine);
    }
}

/// Inf and NaN in each element of x in turn: the oracle says where y must be NaN, and where finite.
template <class Kernel, class Format>
void check_spmv_non_finite(random& r, Format const& a) {
  for (lacuna::index bad = 0; bad != a.cols(); ++bad) {
    auto x = random_dense<float>(r, a.cols(), 1);
    x(bad, 0) = bad % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : -std::numeric_limits<float>::infinity();
    CAPTURE(a.cols(), bad);
    REQUIRE(spmv_problem<Kernel>(a, x, placement::upper) == "");
  }
}

}  // namespace lacuna_test
