// SPDX-License-Identifier: MIT
#include <lacuna/kernel/spmm/bsr.hpp>
#include <lacuna/pack.hpp>
#include <lacuna/spmm.hpp>

#include "support/quick.hpp"
#include "support/random.hpp"
#include "support/tiles.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>

namespace la = lacuna;
using arch = la::simd::default_arch;
using lacuna_test::ranges;
using lacuna_test::widths;
template <int R, int C>
using kernel = la::kernel::spmm<la::bsr_layout<R, C>, arch>;

namespace {

/// Blocks of any rows: some full, some empty.
template <class T, int R, int C>
la::bsr<T, R, C> sparse(lacuna_test::random& r, la::index rows, la::index cols) {
  return la::pack<la::bsr<T, R, C>>(lacuna_test::random_dense<T>(r, rows, cols),
                                    lacuna_test::random_mask(r, rows, cols, lacuna_test::coverage::ragged));
}

/// Every remainder of a block's rows and columns, and all ranges of rows of one shape.
template <class T, int R, int C, widths Which>
void check(unsigned seed) {
  if constexpr (la::simd::has_batch<arch, la::accumulator_t<T>>) {
    lacuna_test::random r(seed);
    auto const whole = [&](la::index rows, la::index cols, ranges which) {
      CAPTURE(R, C, rows, cols);
      REQUIRE(lacuna_test::tiles_problem<kernel<R, C>, Which>(sparse<T, R, C>(r, rows, cols), which) == "");
    };
    whole(2 * R + 1, 3 * C + 1, ranges::all);
    for (la::index const rows : {1, R - 1, R, R + 1})
      for (la::index const cols : {0, 1, C, 2 * C - 1, 40}) whole(rows, cols, ranges::whole);
    if (!lacuna_test::quick()) whole(3 * R, 530, ranges::whole);  // more than one piece of widened weights
  }
}

}  // namespace

TEST_CASE("bsr spmm: takes floating weights, and nothing else") {
  STATIC_REQUIRE(kernel<4, 1>::accepts<la::bsr_view<float, 4, 1>, float>);
  STATIC_REQUIRE(kernel<4, 1>::accepts<la::bsr_view<la::bf16, 4, 1>, float>);
  STATIC_REQUIRE(kernel<4, 1>::accepts<la::bsr_view<double, 4, 1>, double> == la::simd::has_batch<arch, double>);
  STATIC_REQUIRE_FALSE(kernel<4, 1>::accepts<la::bsr_view<std::int8_t, 4, 1>, std::int32_t>);
}

TEST_CASE("bsr spmm: blocks that fit a register tile, float") {
  check<float, 4, 1, widths::all>(1);
  check<float, 8, 1, widths::narrowest>(2);
  check<float, 4, 4, widths::narrowest>(3);
  check<float, 5, 3, widths::widest>(4);
}

TEST_CASE("bsr spmm: blocks that are cut into parts, float") {
  check<float, 16, 1, widths::all>(5);
  check<float, 9, 2, widths::narrowest>(6);
  check<float, 17, 5, widths::widest>(7);
}

TEST_CASE("bsr spmm: blocks of few rows, which want X in the L1 cache, float") {
  check<float, 1, 4, widths::all>(8);
  check<float, 2, 1, widths::narrowest>(9);
  check<float, 3, 5, widths::widest>(10);
  lacuna_test::random r(11);  // more rows than stop together
  CHECK(lacuna_test::tile_problem<kernel<1, 4>, 8>(sparse<float, 1, 4>(r, 150, 700), lacuna_test::placement::upper,
                                                   ranges::whole) == "");
}

TEST_CASE("bsr spmm: double and 16-bit weights") {
  check<double, 4, 1, widths::widest>(12);
  check<double, 2, 3, widths::narrowest>(13);
  check<la::bf16, 8, 1, widths::ends>(14);
  check<la::f16, 3, 5, widths::widest>(15);
}
