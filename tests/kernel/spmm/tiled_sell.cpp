// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/tiled_sell.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/guarded_operands.hpp"
#include "support/lanes.hpp"
#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/spmm_checks.hpp"

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdint>

namespace tests_of_spmm_tiled_sell {

namespace la = lacuna;
using arch = la::simd::default_arch;

namespace {

struct shape {
  la::index rows, cols, percent, empty;
};

/// Rows around windows of 16 to 256; columns around tiles of 3 to 64; few and many diagonals, around the eight that are
/// added at a time and the four, two or one rows in step; first and last tiles without a slot.
constexpr shape shapes[] = {{1, 1, 100, 0},   {3, 63, 50, 0},   {5, 64, 30, 0},    {17, 65, 90, 0},  {64, 129, 12, 0},
                            {66, 70, 60, 0},  {256, 64, 5, 0},  {259, 200, 25, 0}, {70, 200, 3, 64}, {33, 65, 0, 65},
                            {300, 130, 1, 0}, {520, 33, 9, 32}, {7, 0, 0, 0},      {0, 7, 0, 0}};

/// Columns that the kernel for few leaves to this one, if there are `more` than those.
template <class M>
la::index many(M const& a, la::index more) {
  using few = la::kernel::chosen_few<la::view_t<M>, arch>;
  if constexpr (few::template widest<la::view_t<M>> != 0)
    return few::most(a.view()) + more;
  else
    return 1 + more;
}

}  // namespace

TEMPLATE_TEST_CASE("tiled_sell: every way through the kernel, between guard pages", "", la::tiled_sell<float>,
                   (la::tiled_sell<float, 24, 4>), (la::tiled_sell<float, 3, 1>), la::tiled_sell<double>,
                   (la::tiled_sell<double, 40, 3>), la::tiled_sell<la::bf16>, (la::tiled_sell<la::f16, 100, 2>)) {
  using S = la::accumulator_t<typename TestType::value_type>;
  if constexpr (la::simd::has_batch<arch, S>) {
    constexpr auto lanes = lacuna_test::lanes_of<S>;
    lacuna_test::random r(1);
    la::index number = 0;
    for (auto const& s : shapes) {
      auto const w = lacuna_test::random_dense<S>(r, s.rows, s.cols);
      auto const a = la::pack<TestType>(w, lacuna_test::uneven_mask(r, s.rows, s.cols, s.percent, s.empty));
      for (la::index const more : {1, 2, 8, 15}) {
        if (lacuna_test::quick() && ++number % 3 != 0) continue;
        auto const where = lacuna_test::both_placements[more % 2];
        auto const n = more == 1 ? many(a, 1) : more * lanes + (more % 4 == 3 ? 2 : 0);
        auto const x = lacuna_test::random_dense<S>(r, s.cols, n);
        CAPTURE(s.rows, s.cols, s.percent, n, where);
        REQUIRE(lacuna_test::product_problem(a, x, where) == "");
      }
    }
  }
}

TEST_CASE("tiled_sell: infinities and NaN of X reach the rows that store something opposite, and no others") {
  lacuna_test::random r(3);
  for (la::index const percent : {3, 40}) {
    auto const keep = lacuna_test::uneven_mask(r, 300, 90, percent);
    auto const w = lacuna_test::random_dense<float>(r, 300, 90);
    auto const n = 64 + 8 * lacuna_test::lanes_of<float> + 1;
    CHECK(lacuna_test::wrongly_reached(la::pack<la::tiled_sell<float>>(w, keep), keep, 17, n) == 0);
    CHECK(lacuna_test::wrongly_reached(la::pack<la::tiled_sell<la::bf16>>(w, keep), keep, 17, n) == 0);
  }
}

TEST_CASE("tiled_sell: rows of X that stand apart and are read seldom are read in place, to the same bits") {
  lacuna_test::random r(4);
  for (auto const& [rows, cols, percent] : {std::array{9, 400, 2}, std::array{21, 90, 30}, std::array{131, 700, 4}})
    lacuna_test::check_seldom_read_rows<la::tiled_sell<float>>(r, rows, cols, percent);
}

TEST_CASE("tiled_sell: tiles take floating weights") {
  using kernel = la::kernel::spmm<la::tiled_sell<float>::layout, arch>;
  STATIC_REQUIRE(kernel::accepts<la::tiled_sell_view<la::f16>, float>);
  STATIC_REQUIRE(kernel::accepts<la::tiled_sell_view<float>, float>);
  STATIC_REQUIRE_FALSE(kernel::accepts<la::tiled_sell_view<std::int8_t>, std::int32_t>);
}

}  // namespace tests_of_spmm_tiled_sell
