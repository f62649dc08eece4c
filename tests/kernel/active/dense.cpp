// SPDX-License-Identifier: MIT
#include <lacuna/active.hpp>
#include <lacuna/kernel/active/dense.hpp>

#include "support/active.hpp"
#include "support/guard.hpp"
#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <string>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::guarded_dense;
using lacuna_test::placement;

namespace {

/// The kernel, range by range, on a W whose first and last column lie in no memory at all: no list names them. Returns
/// "" or what is wrong.
template <class A, la::order Order>
std::string problem(lacuna_test::random& r, la::index rows, la::index cols, double share, placement where) {
  using S = la::accumulator_t<A>;
  using kernel = la::kernel::active_dense<Order, arch>;
  constexpr bool by_column = Order == la::order::col_major;
  auto const x = lacuna_test::random_list<S>(r, cols + 2, share, 1);
  guarded_dense<A, Order> inner(lacuna_test::random_dense<A>(r, rows, cols), 3, where);
  auto const in = inner.view();
  la::dense_view<A const, Order> const w(in.data() - (by_column ? in.stride() : 1), rows, cols + 2, in.stride());
  lacuna_test::guarded<S> sums(rows, where);
  la::dense<S> y(rows, 1);
  kernel::run(w, x.view(), sums.data(), 0, rows);
  for (la::index i = 0; i != rows; ++i) y(i, 0) = sums[i];
  auto const wrong = lacuna_test::check_product(lacuna_test::active_columns{w, x}, lacuna_test::whole(x), y);
  if (!wrong.empty()) return wrong;
  for (la::index first = 0; first < rows; first += 64 * (1 + first % 3)) {
    auto const last = std::min(first + 64 * (1 + r.below(4)), rows);
    lacuna_test::guarded<S> some(last - first, where);
    kernel::run(w, x.view(), some.data(), first, last);
    if (!some.intact()) return "written beside a range";
    if (std::memcmp(some.data(), sums.data() + first, static_cast<std::size_t>(last - first) * sizeof(S)) != 0)
      return "a range differs";
  }
  return "";
}

}  // namespace

TEMPLATE_TEST_CASE("active dense: every count of outputs and inputs around registers and lines in flight", "", float,
                   double, la::bf16, la::f16) {
  using A = TestType;
  if constexpr (la::simd::has_batch<arch, la::accumulator_t<A>>) {
    lacuna_test::random r(1);
    constexpr double shares[] = {0, 0.1, 0.5, 1};
    auto const step = lacuna_test::quick() ? 17 : 1;
    for (la::index rows = 0; rows <= 150; rows += step)
      for (auto const where : lacuna_test::both_placements) {
        la::index const cols = 1 + rows % 37;
        CAPTURE(rows, cols, where);
        REQUIRE(problem<A, la::order::col_major>(r, rows, cols, shares[rows % 4], where) == "");
        REQUIRE(problem<A, la::order::row_major>(r, rows, cols, shares[rows % 4], where) == "");
      }
  }
}

TEST_CASE("active dense: more outputs than a tile, many inputs") {
  using kernel = la::kernel::active_dense<la::order::col_major, arch>;
  lacuna_test::random r(2);
  for (la::index const rows : {kernel::tile - 1, kernel::tile, kernel::tile + 1, 2 * kernel::tile + 70}) {
    CAPTURE(rows);
    REQUIRE(problem<float, la::order::col_major>(r, rows, 30, 0.7, placement::upper) == "");
  }
  REQUIRE(problem<float, la::order::col_major>(r, 33, 3000, 0.5, placement::upper) == "");
  REQUIRE(problem<float, la::order::row_major>(r, 33, 3000, 0.5, placement::upper) == "");
}
