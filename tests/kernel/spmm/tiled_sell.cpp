// SPDX-License-Identifier: MIT
#include <lacuna/core/threads.hpp>
#include <lacuna/kernel/spmm/tiled_sell.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/guarded_operands.hpp"
#include "support/oracle.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace la = lacuna;
using lacuna_test::guarded_dense;
using lacuna_test::guarded_sparse;
using lacuna_test::placement;
using arch = la::simd::default_arch;

namespace {

template <class F>
using kernel = la::kernel::few_columns<typename F::layout, arch>;

/// The kernel over all of A, everything between guard pages; "" or what is wrong.
template <class F, class X>
std::string problem(F const& a, la::dense<X> const& x, placement where) {
  guarded_sparse<F> const guarded_a(a, where);
  guarded_dense<X, la::order::col_major> in(x, 0, where);
  guarded_dense<X> out(a.rows(), x.cols(), 1, where);
  kernel<F>::run(guarded_a.view(), static_cast<X const*>(in.view().data()), a.cols(), out.view(),
                 la::identity_epilogue{}, 0, a.rows(), 0, x.cols());
  if (!out.intact()) return "written beside Y";
  return lacuna_test::check_product(a, x, out.values());
}

template <class F>
void check_edges() {
  using X = la::accumulator_t<typename F::value_type>;
  if constexpr (la::simd::has_batch<arch, X>) {
    constexpr auto window = F::layout::window, tile = F::layout::tile;
    lacuna_test::random r(1);
    for (la::index n = 2; n <= kernel<F>::template widest<la::view_t<F>>; ++n)
      for (auto const how : {lacuna_test::coverage::ragged, lacuna_test::coverage::half})
        for (la::index const cols : {la::index{1}, tile, 2 * tile + 5})
          for (la::index const rows : {la::index{1}, la::index{17}, window, window + 21}) {
            if (lacuna_test::quick() && (rows + n) % 3 == 0) continue;
            CAPTURE(rows, cols, n, lacuna_test::name_of(how));
            auto const a = la::pack<F>(lacuna_test::random_dense<typename F::value_type>(r, rows, cols),
                                       lacuna_test::random_mask(r, rows, cols, how));
            auto x = lacuna_test::random_dense<X>(r, cols, n);
            x(r.below(cols), r.below(n)) = std::numeric_limits<X>::infinity();
            x(r.below(cols), r.below(n)) = std::numeric_limits<X>::quiet_NaN();
            for (auto const where : lacuna_test::both_placements) REQUIRE(problem(a, x, where) == "");
          }
  }
}

}  // namespace

TEST_CASE("tiled_sell few columns: floats, every count, edges, Inf and NaN, between guard pages") {
  check_edges<la::tiled_sell<float>>();
  check_edges<la::tiled_sell<float, 32, 4>>();
}

TEST_CASE("tiled_sell few columns: other types, every count, edges, Inf and NaN, between guard pages") {
  check_edges<la::tiled_sell<double, 16, 4>>();
  check_edges<la::tiled_sell<la::bf16, 32, 4>>();
  STATIC_REQUIRE(kernel<la::tiled_sell<std::int8_t>>::widest<la::tiled_sell_view<std::int8_t>> == 0);
}

TEST_CASE("tiled_sell few columns: spmm takes them, in either order, bit for bit with any split of rows") {
  using F = la::tiled_sell<float, 32, 1>;
  lacuna_test::random r(2);
  auto const a = la::pack<F>(lacuna_test::random_dense<float>(r, 75, 90), lacuna_test::random_mask(r, 75, 90, 0.3));
  for (la::index n = 2; n <= 70; n += n < 10 ? 1 : 5) {
    auto const x = lacuna_test::random_dense<float>(r, 90, n);
    la::dense<float> y(75, n), again(75, n);
    la::spmm(a, x, y);
    CHECK(lacuna_test::check_product(a, x, y) == "");
    la::dense<float, la::order::col_major> turned(90, n);
    for (la::index k = 0; k != 90; ++k)
      for (la::index j = 0; j != n; ++j) turned(k, j) = x(k, j);
    la::threads pool(2);
    la::spmm(pool, a, turned, again);
    CHECK(again == y);
  }
}
